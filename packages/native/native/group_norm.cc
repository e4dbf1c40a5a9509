// Group normalization (Wu and He, ECCV 2018) with an optional ReLU, forward and backward, as two operators, and the end of a residual block,
// ReLU(norm(x) + residual), as two more.
//   GleanerGroupNorm             x [N, ..., C], gamma [C], beta [C] -> y, statistics [N, groups, 2] (mean, 1 / standard deviation)
//   GleanerGroupNormGrad         dy, x, gamma, beta, statistics     -> dx, dgamma, dbeta
//   GleanerGroupNormAddRelu      x, gamma, beta, residual           -> y, statistics
//   GleanerGroupNormAddReluGrad  dy, x, gamma, beta, statistics, y  -> dx, dgamma, dbeta, dresidual
// The first gradient asks x again which outputs were above 0, so the output need not be kept. The second asks y: what follows a block keeps it.
#include "group_norm.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "norm_blocks.h"
#include "norm_loops.h"
#include "op.h"

namespace gleaner {
namespace {

struct Attributes {
  int64_t groups;
  float epsilon;
  float slope;
  Attributes(Construction& c, bool add) : groups(c.Int("groups")), epsilon(c.Float("epsilon")), slope(add || c.Bool("relu") ? 0.f : 1.f) {}
};

struct Split : NormBlocks {
  int64_t groups, width;

  static bool Make(Call& call, const Tensor& x, const Tensor& gamma, const Tensor& beta, int64_t groups, Split* split) {
    if (!MakeNormBlocks(call, x, gamma, beta, false, split)) return false;
    if (groups < 1 || split->channels % groups != 0) {
      call.Fail(std::to_string(split->channels) + " channels cannot be parted into " + std::to_string(groups) + " groups");
      return false;
    }
    split->groups = groups;
    split->width = split->channels / groups;
    return true;
  }
};

// Mean, gamma / standard deviation and 1 / standard deviation of every sample and channel.
struct Rows {
  std::vector<float> mean, scale;
  Rows(const Split& s, const float* statistics, const float* gamma) : mean(s.samples * s.channels), scale(s.samples * s.channels) {
    for (int64_t i = 0; i < s.samples * s.channels; ++i) {
      const int64_t sample = i / s.channels, c = i % s.channels;
      const float* pair = statistics + (sample * s.groups + c / s.width) * 2;
      mean[i] = pair[0];
      scale[i] = pair[1] * gamma[c];
    }
  }
};

template <bool kAdd>
class GroupNorm {
 public:
  explicit GroupNorm(Construction& construction) : attributes_(construction, kAdd) {}

  void Compute(Call& call) const {
    const Tensor x = call.Input(0), gamma = call.Input(1), beta = call.Input(2);
    const Tensor residual = kAdd ? call.Input(3) : Tensor();
    Split s;
    if (!call.ok() || !Split::Make(call, x, gamma, beta, attributes_.groups, &s)) return;
    if (kAdd && residual.shape() != x.shape()) return call.Fail("the residual does not have the shape of x");
    const Tensor y = call.Output(0, x.shape()), statistics = call.Output(1, {s.samples, s.groups, 2});
    if (!call.ok()) return;
    std::fill_n(statistics.data(), statistics.size(), 0.f);
    if (x.size() == 0) return;
    const NormLoops& loops = FastestNormLoops();
    const float* in = x.data();

    // Sums are taken of differences to the sample's first row, so that a large mean costs no digits.
    std::vector<float> partial = s.Partial();
    s.ForEachBlock([&](int64_t job, int64_t sample, int64_t rows, int64_t at) {
      float* sums = partial.data() + job * 2 * s.channels;
      loops.moments(in + at, in + sample * s.rows * s.channels, rows, s.channels, sums, sums + s.channels);
    });
    for (int64_t sample = 0; sample < s.samples; ++sample) Summarize(s, s.Collect(partial, sample), in, sample, statistics.data());

    const Rows per(s, statistics.data(), gamma.data());
    float* out = y.data();
    s.ForEachBlock([&](int64_t, int64_t sample, int64_t rows, int64_t at) {
      const int64_t row = sample * s.channels;
      if (kAdd) {
        loops.normalize_add(in + at, &per.mean[row], &per.scale[row], beta.data(), residual.data() + at, rows, s.channels, out + at);
      } else {
        loops.normalize(in + at, &per.mean[row], &per.scale[row], beta.data(), attributes_.slope, rows, s.channels, out + at);
      }
    });
  }

 private:
  void Summarize(const Split& s, const std::vector<double>& sums, const float* in, int64_t sample, float* statistics) const {
    const double rows = static_cast<double>(s.rows), width = static_cast<double>(s.width);
    for (int64_t g = 0; g < s.groups; ++g) {
      double mean = 0, squares = 0;
      std::vector<double> means(s.width);
      for (int64_t i = 0; i < s.width; ++i) {
        const int64_t c = g * s.width + i;
        means[i] = in[sample * s.rows * s.channels + c] + sums[c] / rows;
        mean += means[i] / width;
        squares += std::max(0.0, sums[s.channels + c] - sums[c] * sums[c] / rows);
      }
      for (double m : means) squares += rows * (m - mean) * (m - mean);
      float* pair = statistics + (sample * s.groups + g) * 2;
      pair[0] = static_cast<float>(mean);
      pair[1] = static_cast<float>(1.0 / std::sqrt(squares / (rows * width) + attributes_.epsilon));
    }
  }

  Attributes attributes_;
};

template <bool kAdd>
class GroupNormGrad {
 public:
  explicit GroupNormGrad(Construction& construction) : attributes_(construction, kAdd) {}

  void Compute(Call& call) const {
    const Tensor dy = call.Input(0), x = call.Input(1), gamma = call.Input(2), beta = call.Input(3), statistics = call.Input(4);
    const Tensor y = kAdd ? call.Input(5) : Tensor();
    Split s;
    if (!call.ok() || !Split::Make(call, x, gamma, beta, attributes_.groups, &s)) return;
    if (dy.size() != x.size() || (kAdd && y.size() != x.size()) || statistics.size() != s.samples * s.groups * 2) {
      return call.Fail("dy, y or statistics do not fit x");
    }
    const Tensor dx = call.Output(0, x.shape()), dgamma = call.Output(1, {s.channels}), dbeta = call.Output(2, {s.channels});
    const Tensor dresidual = kAdd ? call.Output(3, x.shape()) : Tensor();
    if (!call.ok()) return;
    std::fill_n(dgamma.data(), s.channels, 0.f);
    std::fill_n(dbeta.data(), s.channels, 0.f);
    if (x.size() == 0) return;
    const NormLoops& loops = FastestNormLoops();
    const Rows per(s, statistics.data(), gamma.data());
    const float *in = x.data(), *up = dy.data();
    // Behind an addition the gradient of the sum is the residual's gradient: it is made once, and then no activation is left.
    float* masked = kAdd ? dresidual.data() : nullptr;

    std::vector<float> partial = s.Partial();
    s.ForEachBlock([&](int64_t job, int64_t sample, int64_t rows, int64_t at) {
      const int64_t row = sample * s.channels;
      float* sums = partial.data() + job * 2 * s.channels;
      if (kAdd) return loops.masked_moments(up + at, y.data() + at, in + at, &per.mean[row], rows, s.channels, masked + at, sums, sums + s.channels);
      loops.gradient_moments(up + at, in + at, &per.mean[row], &per.scale[row], beta.data(), attributes_.slope, rows, s.channels, sums,
                             sums + s.channels);
    });

    // With e the gradient behind the ReLU, r = 1 / standard deviation, h = (x - mean) r and M values in a group:
    // dx = gamma r e - (r / M) (sum(gamma e) + h sum(gamma e h)).
    std::vector<float> tilt(s.samples * s.channels), offset(s.samples * s.channels);
    std::vector<double> gammas(s.channels, 0.0), betas(s.channels, 0.0);
    for (int64_t sample = 0; sample < s.samples; ++sample) {
      const std::vector<double> sums = s.Collect(partial, sample);
      for (int64_t g = 0; g < s.groups; ++g) {
        const double r = statistics.data()[(sample * s.groups + g) * 2 + 1];
        double plain = 0, weighted = 0;
        for (int64_t c = g * s.width; c < (g + 1) * s.width; ++c) {
          const double h = sums[s.channels + c] * r;
          gammas[c] += h;
          betas[c] += sums[c];
          plain += sums[c] * gamma.data()[c];
          weighted += h * gamma.data()[c];
        }
        const double count = static_cast<double>(s.rows * s.width);
        for (int64_t c = g * s.width; c < (g + 1) * s.width; ++c) {
          tilt[sample * s.channels + c] = static_cast<float>(-r * r * weighted / count);
          offset[sample * s.channels + c] = static_cast<float>(-r * plain / count);
        }
      }
    }
    for (int64_t c = 0; c < s.channels; ++c) {
      dgamma.data()[c] = static_cast<float>(gammas[c]);
      dbeta.data()[c] = static_cast<float>(betas[c]);
    }
    float* out = dx.data();
    const float* behind = kAdd ? masked : up;
    const float slope = kAdd ? 1.f : attributes_.slope;
    s.ForEachBlock([&](int64_t, int64_t sample, int64_t rows, int64_t at) {
      const int64_t row = sample * s.channels;
      loops.gradient(behind + at, in + at, &per.mean[row], &per.scale[row], beta.data(), &tilt[row], &offset[row], slope, rows, s.channels, out + at);
    });
  }

 private:
  Attributes attributes_;
};

}  // namespace

void RegisterGroupNorm() {
  const auto attributes = {"groups: int", "epsilon: float", "relu: bool"};
  Register<GroupNorm<false>>("GleanerGroupNorm", {"x: float", "gamma: float", "beta: float"}, {"y: float", "statistics: float"}, attributes);
  Register<GroupNormGrad<false>>("GleanerGroupNormGrad", {"dy: float", "x: float", "gamma: float", "beta: float", "statistics: float"},
                                 {"dx: float", "dgamma: float", "dbeta: float"}, attributes);
  const auto without_relu = {"groups: int", "epsilon: float"};
  Register<GroupNorm<true>>("GleanerGroupNormAddRelu", {"x: float", "gamma: float", "beta: float", "residual: float"},
                            {"y: float", "statistics: float"}, without_relu);
  Register<GroupNormGrad<true>>("GleanerGroupNormAddReluGrad",
                                {"dy: float", "x: float", "gamma: float", "beta: float", "statistics: float", "y: float"},
                                {"dx: float", "dgamma: float", "dbeta: float", "dresidual: float"}, without_relu);
}

}  // namespace gleaner
