// The inner loops of group normalization over rows of channels. group_norm_loops.cc is compiled once for each instruction set.
#pragma once
#include <cstdint>

namespace gleaner {

struct GroupNormLoops {
  // first[c] += x - shift[c], second[c] += (x - shift[c])^2 over rows of x.
  void (*moments)(const float* x, const float* shift, int64_t rows, int64_t channels, float* first, float* second);
  // y = (x - mean) * scale + beta, at least 0 where relu is set.
  void (*normalize)(const float* x, const float* mean, const float* scale, const float* beta, bool relu, int64_t rows, int64_t channels, float* y);
  // first[c] += e, second[c] += e (x - mean[c]), where e is dy, or 0 where relu is set and the output was not above 0.
  void (*gradient_moments)(const float* dy, const float* x, const float* mean, const float* scale, const float* beta, bool relu, int64_t rows,
                           int64_t channels, float* first, float* second);
  // dx = e * scale + (x - mean) * slope + offset.
  void (*gradient)(const float* dy, const float* x, const float* mean, const float* scale, const float* beta, const float* slope, const float* offset,
                   bool relu, int64_t rows, int64_t channels, float* dx);
};

extern const GroupNormLoops kGroupNormLoopsBaseline;
#ifdef GLEANER_HAS_AVX2
extern const GroupNormLoops kGroupNormLoopsAvx2;
#endif

}  // namespace gleaner
