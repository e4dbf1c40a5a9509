#include "norm_loops.h"

namespace gleaner {

const NormLoops& FastestNormLoops() {
#ifdef GLEANER_HAS_AVX2
  static const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  if (avx2) return kNormLoopsAvx2;
#endif
  return kNormLoopsBaseline;
}

}  // namespace gleaner
