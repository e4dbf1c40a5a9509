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
typedef float HalfVector __attribute__((vector_size(2 * kLanes)));

// Any place will do, not multiples of the size alone.
template <class T>
struct Loose {
  typedef float Type __attribute__((vector_size(sizeof(T)), aligned(4), may_alias));
};
template <class T>
GLEANER_INLINE T LoadAs(const float* from) {
  return *reinterpret_cast<const typename Loose<T>::Type*>(from);
}
template <class T>
GLEANER_INLINE void StoreAs(float* to, T v) {
  *reinterpret_cast<typename Loose<T>::Type*>(to) = v;
}
GLEANER_INLINE Vector Load(const float* from) { return LoadAs<Vector>(from); }
GLEANER_INLINE void Store(float* to, Vector v) { StoreAs(to, v); }

}  // namespace
}  // namespace gleaner
