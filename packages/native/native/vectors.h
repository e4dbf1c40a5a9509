// Vectors as wide as the registers of the instruction set that is compiled for. For *_loops.cc alone: other files see one set only.
#pragma once
#include <cstdint>

#include "loops.h"

#define GLEANER_INLINE inline __attribute__((always_inline))
// For loops over registers, which have no index when the program runs.
#if defined(__GNUC__) && !defined(__clang__)
#define GLEANER_UNROLL _Pragma("GCC unroll 32")
#else
#define GLEANER_UNROLL _Pragma("clang loop unroll(full)")
#endif

namespace gleaner {
namespace {

#if defined(__AVX512F__)
constexpr int kLanes = 16;
#elif defined(__AVX2__)
constexpr int kLanes = 8;
#else
constexpr int kLanes = 4;
#endif
typedef float Vector __attribute__((vector_size(4 * kLanes)));
typedef float LooseVector __attribute__((vector_size(4 * kLanes), aligned(4), may_alias));

GLEANER_INLINE Vector Load(const float* from) { return *reinterpret_cast<const LooseVector*>(from); }
GLEANER_INLINE void Store(float* to, Vector v) { *reinterpret_cast<LooseVector*>(to) = v; }

}  // namespace
}  // namespace gleaner
