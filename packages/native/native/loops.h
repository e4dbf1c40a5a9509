// Inner loops are compiled once for each instruction set: *_loops.cc fill a table for the set of their compilation, and the fastest is picked
// when the program runs.
#pragma once

#ifndef GLEANER_SET
#define GLEANER_SET Baseline
#endif
#define GLEANER_JOIN_AGAIN(a, b) a##b
#define GLEANER_JOIN(a, b) GLEANER_JOIN_AGAIN(a, b)
// The name of a table in this compilation.
#define GLEANER_TABLE(name) GLEANER_JOIN(name, GLEANER_SET)

#ifdef GLEANER_HAS_AVX2
#define GLEANER_DECLARE_TABLES(Type, name) \
  extern const Type name##Baseline;        \
  extern const Type name##Avx2;
#define GLEANER_FASTEST(name) (::gleaner::HasAvx2() ? name##Avx2 : name##Baseline)
namespace gleaner {
inline bool HasAvx2() {
  static const bool there = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
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
