// The inner loops of optimizers, averages and clipping, over n numbers. update_loops.cc is compiled once for each instruction set.
#pragma once
#include <cstdint>

#include "loops.h"

namespace gleaner {

struct AdamWRates {
  // 1 - beta1, 1 - beta2, epsilon and the learning rate with both corrections of the start in them.
  float to_mean, to_square, shift, rate;
};

struct SgdRates {
  float rate, momentum;
  bool nesterov;
};

struct UpdateLoops {
  // mean += (g - mean) to_mean; square += (g g - square) to_square; w = w kept - rate mean / (sqrt(square) + shift), into new arrays.
  void (*adam_w)(const float* w, const float* g, const float* mean, const float* square, const AdamWRates& rates, float kept, int64_t n,
                 float* new_w, float* new_mean, float* new_square);
  // g += decay w; v = momentum v + g; w -= rate (nesterov ? g + momentum v : v), into new arrays.
  void (*sgd)(const float* w, const float* g, const float* v, const SgdRates& rates, float decay, int64_t n, float* new_w, float* new_v);
  // The same without momentum: w -= rate (g + decay w).
  void (*plain_sgd)(const float* w, const float* g, float rate, float decay, int64_t n, float* new_w);
  // average += (w - average) toward.
  void (*average)(const float* w, const float* average, float toward, int64_t n, float* new_average);
  // y = factor x.
  void (*scale)(const float* x, float factor, int64_t n, float* y);
  // The sum of x x.
  double (*squares)(const float* x, int64_t n);
};

GLEANER_DECLARE_TABLES(UpdateLoops, kUpdateLoops)

inline const UpdateLoops& FastestUpdateLoops() { return GLEANER_FASTEST(kUpdateLoops); }

}  // namespace gleaner
