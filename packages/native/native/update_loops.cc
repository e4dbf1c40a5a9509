#include "update_loops.h"

#include <algorithm>
#include <cmath>

namespace gleaner {
namespace {

void AdamW(const float* __restrict w, const float* __restrict g, const float* __restrict mean, const float* __restrict square,
           const AdamWRates& rates, float kept, int64_t n, float* __restrict new_w, float* __restrict new_mean, float* __restrict new_square) {
  const float to_mean = rates.to_mean, to_square = rates.to_square, shift = rates.shift, rate = rates.rate;
  for (int64_t i = 0; i < n; ++i) {
    const float m = mean[i] + (g[i] - mean[i]) * to_mean;
    const float s = square[i] + (g[i] * g[i] - square[i]) * to_square;
    new_mean[i] = m;
    new_square[i] = s;
    new_w[i] = w[i] * kept - m / (std::sqrt(s) + shift) * rate;
  }
}

template <bool kNesterov>
void Momentum(const float* __restrict w, const float* __restrict g, const float* __restrict v, float rate, float momentum, float decay, int64_t n,
              float* __restrict new_w, float* __restrict new_v) {
  for (int64_t i = 0; i < n; ++i) {
    const float d = g[i] + decay * w[i];
    const float u = momentum * v[i] + d;
    new_v[i] = u;
    new_w[i] = w[i] - rate * (kNesterov ? d + momentum * u : u);
  }
}

void Sgd(const float* w, const float* g, const float* v, const SgdRates& rates, float decay, int64_t n, float* new_w, float* new_v) {
  if (rates.nesterov) return Momentum<true>(w, g, v, rates.rate, rates.momentum, decay, n, new_w, new_v);
  Momentum<false>(w, g, v, rates.rate, rates.momentum, decay, n, new_w, new_v);
}

void PlainSgd(const float* __restrict w, const float* __restrict g, float rate, float decay, int64_t n, float* __restrict new_w) {
  for (int64_t i = 0; i < n; ++i) new_w[i] = w[i] - rate * (g[i] + decay * w[i]);
}

void Average(const float* __restrict w, const float* __restrict average, float toward, int64_t n, float* __restrict new_average) {
  for (int64_t i = 0; i < n; ++i) new_average[i] = average[i] + (w[i] - average[i]) * toward;
}

void Scale(const float* __restrict x, float factor, int64_t n, float* __restrict y) {
  for (int64_t i = 0; i < n; ++i) y[i] = factor * x[i];
}

double Squares(const float* __restrict x, int64_t n) {
  // Lanes of their own: a compiler may not reorder one sum into several.
  constexpr int64_t kLanes = 16;
  double lanes[kLanes] = {};
  const int64_t whole = n - n % kLanes;
  for (int64_t i = 0; i < whole; i += kLanes) {
    GLEANER_KEEP_LOOP for (int64_t k = 0; k < kLanes; ++k) lanes[k] += static_cast<double>(x[i + k]) * static_cast<double>(x[i + k]);
  }
  double sum = 0;
  for (int64_t i = whole; i < n; ++i) sum += static_cast<double>(x[i]) * static_cast<double>(x[i]);
  for (double lane : lanes) sum += lane;
  return sum;
}

}  // namespace

extern const UpdateLoops GLEANER_TABLE(kUpdateLoops);
const UpdateLoops GLEANER_TABLE(kUpdateLoops) = {AdamW, Sgd, PlainSgd, Average, Scale, Squares};

}  // namespace gleaner
