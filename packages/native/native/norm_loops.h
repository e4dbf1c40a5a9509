// The inner loops of normalizations over rows of channels. norm_loops.cc is compiled once for each instruction set.
#pragma once
#include <cstdint>

#include "loops.h"

namespace gleaner {

// What follows the normalization: max(z, slope z). A slope of 1 is nothing, 0 ReLU, between them LeakyReLU.
struct NormLoops {
  // first[c] += x - shift[c], second[c] += (x - shift[c])^2 over rows of x.
  void (*moments)(const float* x, const float* shift, int64_t rows, int64_t channels, float* first, float* second);
  // y = activation((x - mean) * scale + beta).
  void (*normalize)(const float* x, const float* mean, const float* scale, const float* beta, float slope, int64_t rows, int64_t channels, float* y);
  // first[c] += e, second[c] += e (x - mean[c]), where e is dy times the slope of the activation.
  void (*gradient_moments)(const float* dy, const float* x, const float* mean, const float* scale, const float* beta, float slope, int64_t rows,
                           int64_t channels, float* first, float* second);
  // dx = e * scale + (x - mean) * tilt + offset.
  void (*gradient)(const float* dy, const float* x, const float* mean, const float* scale, const float* beta, const float* tilt, const float* offset,
                   float slope, int64_t rows, int64_t channels, float* dx);
  // y = ReLU((x - mean) * scale + beta + residual).
  void (*normalize_add)(const float* x, const float* mean, const float* scale, const float* beta, const float* residual, int64_t rows,
                        int64_t channels, float* y);
  // e = dy where y is above 0, else 0; first[c] += e, second[c] += e (x - mean[c]).
  void (*masked_moments)(const float* dy, const float* y, const float* x, const float* mean, int64_t rows, int64_t channels, float* e, float* first,
                         float* second);
};

GLEANER_DECLARE_TABLES(NormLoops, kNormLoops)

// Those for the processor that this runs on.
inline const NormLoops& FastestNormLoops() { return GLEANER_FASTEST(kNormLoops); }

}  // namespace gleaner
