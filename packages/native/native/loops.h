// Inner loops are compiled once for each instruction set: *_loops.cc fill a table for the set of their compilation, and the fastest is picked
// when the program runs.
#pragma once
#include <cstdlib>
#include <cstring>

#ifndef GLEANER_SET
#define GLEANER_SET Baseline
#endif
#define GLEANER_JOIN_AGAIN(a, b) a##b
#define GLEANER_JOIN(a, b) GLEANER_JOIN_AGAIN(a, b)
// The name of a table in this compilation.
#define GLEANER_TABLE(name) GLEANER_JOIN(name, GLEANER_SET)

#ifdef GLEANER_ON_X64
#define GLEANER_DECLARE_TABLES(Type, name) \
  extern const Type name##Baseline;        \
  extern const Type name##Avx2;            \
  extern const Type name##Avx512;
#define GLEANER_FASTEST(name) (::gleaner::HasAvx512() ? name##Avx512 : (::gleaner::HasAvx2() ? name##Avx2 : name##Baseline))
namespace gleaner {
// GLEANER_INSTRUCTIONS, "baseline" or "avx2", keeps to fewer than the processor has: so the others can be tested on it.
inline bool MayUse(const char* set) {
  const char* said = std::getenv("GLEANER_INSTRUCTIONS");
  return said == nullptr || (std::strcmp(said, "baseline") != 0 && (std::strcmp(said, "avx2") != 0 || std::strcmp(set, "avx2") == 0));
}
inline bool HasAvx2() {
  static const bool there = MayUse("avx2") && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  return there;
}
inline bool HasAvx512() {
  static const bool there = HasAvx2() && MayUse("avx512") && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
                            __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq");
  return there;
}
}  // namespace gleaner
#else
#define GLEANER_DECLARE_TABLES(Type, name) extern const Type name##Baseline;
#define GLEANER_FASTEST(name) name##Baseline
#endif

// GCC unrolls short loops before it looks for vectors in them, and then finds few.
#if defined(__GNUC__) && !defined(__clang__)
#define GLEANER_KEEP_LOOP _Pragma("GCC unroll 1")
#else
#define GLEANER_KEEP_LOOP
#endif
