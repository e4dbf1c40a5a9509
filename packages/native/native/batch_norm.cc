// Batch normalization of a training step (Ioffe and Szegedy, ICML 2015) followed by LeakyReLU, forward and backward, as two operators.
//   GleanerBatchNorm      x [N, ..., C], gamma [C], beta [C] -> y, mean [C], variance [C] (divided by n - 1), center [C] (mean again),
//                         inverse [C] (1 / standard deviation)
//   GleanerBatchNormGrad  dy, x, gamma, beta, center, inverse -> dx, dgamma, dbeta
// The gradient asks x again on which side of 0 the outputs were, so the output need not be kept.
#include "batch_norm.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "norm_blocks.h"
#include "norm_loops.h"
#include "op.h"

namespace gleaner {
namespace {

std::vector<float> Scale(const NormBlocks& s, const Tensor& inverse, const Tensor& gamma) {
  std::vector<float> scale(s.channels);
  for (int64_t c = 0; c < s.channels; ++c) scale[c] = inverse.data()[c] * gamma.data()[c];
  return scale;
}

class BatchNorm {
 public:
  explicit BatchNorm(Construction& c) : epsilon_(c.Float("epsilon")), slope_(c.Float("slope")) {}

  void Compute(Call& call) const {
    const Tensor x = call.Input(0), gamma = call.Input(1), beta = call.Input(2);
    NormBlocks s;
    if (!call.ok() || !MakeNormBlocks(call, x, gamma, beta, true, &s)) return;
    const Tensor y = call.Output(0, x.shape()), mean = call.Output(1, {s.channels});
    const Tensor variance = call.Output(2, {s.channels}), center = call.Output(3, {s.channels}), inverse = call.Output(4, {s.channels});
    if (!call.ok()) return;
    if (x.size() == 0) {
      for (const Tensor* none : {&mean, &variance, &center, &inverse}) std::fill_n(none->data(), none->size(), 0.f);
      return;
    }
    const NormLoops& loops = FastestNormLoops();
    const float* in = x.data();

    // Sums are taken of differences to the first row, so that a large mean costs no digits.
    std::vector<float> partial = s.Partial();
    s.ForEachBlock([&](int64_t job, int64_t, int64_t rows, int64_t at) {
      float* sums = partial.data() + job * 2 * s.channels;
      loops.moments(in + at, in, rows, s.channels, sums, sums + s.channels);
    });
    const std::vector<double> sums = s.Collect(partial, 0);
    const double n = static_cast<double>(s.rows);
    for (int64_t c = 0; c < s.channels; ++c) {
      const double squares = std::max(0.0, sums[s.channels + c] - sums[c] * sums[c] / n);
      mean.data()[c] = center.data()[c] = static_cast<float>(in[c] + sums[c] / n);
      variance.data()[c] = static_cast<float>(squares / std::max(1.0, n - 1));
      inverse.data()[c] = static_cast<float>(1.0 / std::sqrt(squares / n + epsilon_));
    }

    const std::vector<float> scale = Scale(s, inverse, gamma);
    float* out = y.data();
    s.ForEachBlock([&](int64_t, int64_t, int64_t rows, int64_t at) {
      loops.normalize(in + at, mean.data(), scale.data(), beta.data(), slope_, rows, s.channels, out + at);
    });
  }

 private:
  const float epsilon_, slope_;
};

class BatchNormGrad {
 public:
  explicit BatchNormGrad(Construction& c) : slope_(c.Float("slope")) {}

  void Compute(Call& call) const {
    const Tensor dy = call.Input(0), x = call.Input(1), gamma = call.Input(2), beta = call.Input(3), mean = call.Input(4), inverse = call.Input(5);
    NormBlocks s;
    if (!call.ok() || !MakeNormBlocks(call, x, gamma, beta, true, &s)) return;
    if (dy.size() != x.size() || mean.size() != s.channels || inverse.size() != s.channels) return call.Fail("dy, mean or inverse do not fit x");
    const Tensor dx = call.Output(0, x.shape()), dgamma = call.Output(1, {s.channels}), dbeta = call.Output(2, {s.channels});
    if (!call.ok()) return;
    const NormLoops& loops = FastestNormLoops();
    const std::vector<float> scale = Scale(s, inverse, gamma);
    const float *in = x.data(), *up = dy.data();

    std::vector<float> partial = s.Partial();
    s.ForEachBlock([&](int64_t job, int64_t, int64_t rows, int64_t at) {
      float* sums = partial.data() + job * 2 * s.channels;
      loops.gradient_moments(up + at, in + at, mean.data(), scale.data(), beta.data(), slope_, rows, s.channels, sums, sums + s.channels);
    });

    // With e the gradient behind the activation, r = 1 / deviation, h = (x - mean) r and n rows: dx = gamma r (e - sum(e) / n - h sum(e h) / n).
    const std::vector<double> sums = s.Collect(partial, 0);
    std::vector<float> tilt(s.channels), offset(s.channels);
    const double n = static_cast<double>(std::max<int64_t>(1, s.rows));
    for (int64_t c = 0; c < s.channels; ++c) {
      const double r = inverse.data()[c], weighted = sums[s.channels + c] * r;
      dgamma.data()[c] = static_cast<float>(weighted);
      dbeta.data()[c] = static_cast<float>(sums[c]);
      tilt[c] = static_cast<float>(-scale[c] * r * weighted / n);
      offset[c] = static_cast<float>(-scale[c] * sums[c] / n);
    }
    float* out = dx.data();
    s.ForEachBlock([&](int64_t, int64_t, int64_t rows, int64_t at) {
      loops.gradient(up + at, in + at, mean.data(), scale.data(), beta.data(), tilt.data(), offset.data(), slope_, rows, s.channels, out + at);
    });
  }

 private:
  const float slope_;
};

}  // namespace

void RegisterBatchNorm() {
  Register<BatchNorm>("GleanerBatchNorm", {"x: float", "gamma: float", "beta: float"},
                      {"y: float", "mean: float", "variance: float", "center: float", "inverse: float"}, {"epsilon: float", "slope: float"});
  Register<BatchNormGrad>("GleanerBatchNormGrad", {"dy: float", "x: float", "gamma: float", "beta: float", "mean: float", "inverse: float"},
                          {"dx: float", "dgamma: float", "dbeta: float"}, {"slope: float"});
}

}  // namespace gleaner
