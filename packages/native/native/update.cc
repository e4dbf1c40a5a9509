// What a training step does to all weights of a network, each as one operator over `count` arrays. Nothing is changed in place, since a tensor
// of TensorFlow.js may be shared.
//   GleanerAdamWUpdate         rates [4 + count], weights, gradients, means, squares -> weights, means, squares
//                              rates: 1 - beta1, 1 - beta2, shift, rate, then what each weight is multiplied by
//   GleanerSgdUpdate           rates [3 + count], weights, gradients, velocities -> weights, velocities
//                              rates: rate, momentum, 1 for Nesterov's or 0, then the L2 decay of each; without velocities where momentum is 0
//   GleanerEmaUpdate           rate [1], weights, averages -> averages
//   GleanerClipByGlobalNorm    limit [1], gradients -> norm, gradients
#include "update.h"

#include <cmath>
#include <string>
#include <vector>

#include "op.h"
#include "pieces.h"
#include "update_loops.h"

namespace gleaner {
namespace {

using Tensors = std::vector<Tensor>;

// `count` inputs from an index on, each of the size that the first list has.
bool Inputs(Call& call, int first, int64_t count, const Tensors* like, Tensors* tensors) {
  for (int64_t i = 0; i < count; ++i) {
    tensors->push_back(call.Input(first + static_cast<int>(i)));
    if (!call.ok()) return false;
    if (like != nullptr && tensors->back().size() != (*like)[i].size()) {
      call.Fail("array " + std::to_string(i) + " has " + std::to_string(tensors->back().size()) + " numbers in one list and " +
                std::to_string((*like)[i].size()) + " in the first");
      return false;
    }
  }
  return true;
}

bool Outputs(Call& call, int first, const Tensors& like, Tensors* tensors) {
  for (size_t i = 0; i < like.size(); ++i) tensors->push_back(call.Output(first + static_cast<int>(i), like[i].shape()));
  return call.ok();
}

bool HasRates(Call& call, const Tensor& rates, int64_t size) {
  if (call.ok() && rates.size() != size) call.Fail("rates has " + std::to_string(rates.size()) + " numbers where " + std::to_string(size) + " are needed");
  return call.ok();
}

class AdamWUpdate {
 public:
  explicit AdamWUpdate(Construction& c) : count_(c.Int("count")) {}

  void Compute(Call& call) const {
    const Tensor rates = call.Input(0);
    const int n = static_cast<int>(count_);
    Tensors w, g, m, s, new_w, new_m, new_s;
    if (!HasRates(call, rates, 4 + count_) || !Inputs(call, 1, count_, nullptr, &w) || !Inputs(call, 1 + n, count_, &w, &g) ||
        !Inputs(call, 1 + 2 * n, count_, &w, &m) || !Inputs(call, 1 + 3 * n, count_, &w, &s) || !Outputs(call, 0, w, &new_w) ||
        !Outputs(call, n, w, &new_m) || !Outputs(call, 2 * n, w, &new_s)) {
      return;
    }
    const float* r = rates.data();
    const AdamWRates shared = {r[0], r[1], r[2], r[3]};
    const UpdateLoops& loops = FastestUpdateLoops();
    Pieces(w).ForEach([&](int64_t, size_t i, int64_t at, int64_t size) {
      loops.adam_w(w[i].data() + at, g[i].data() + at, m[i].data() + at, s[i].data() + at, shared, r[4 + i], size, new_w[i].data() + at,
                   new_m[i].data() + at, new_s[i].data() + at);
    });
  }

 private:
  const int64_t count_;
};

class SgdUpdate {
 public:
  explicit SgdUpdate(Construction& c) : count_(c.Int("count")), velocities_(c.Int("velocities")) {}

  void Compute(Call& call) const {
    const Tensor rates = call.Input(0);
    const int n = static_cast<int>(count_);
    if (call.ok() && velocities_ != 0 && velocities_ != count_) return call.Fail("velocities is neither 0 nor count");
    Tensors w, g, v, new_w, new_v;
    if (!HasRates(call, rates, 3 + count_) || !Inputs(call, 1, count_, nullptr, &w) || !Inputs(call, 1 + n, count_, &w, &g) ||
        !Inputs(call, 1 + 2 * n, velocities_, &w, &v) || !Outputs(call, 0, w, &new_w) || !Outputs(call, n, v, &new_v)) {
      return;
    }
    const float* r = rates.data();
    const SgdRates shared = {r[0], r[1], r[2] != 0.f};
    const UpdateLoops& loops = FastestUpdateLoops();
    Pieces(w).ForEach([&](int64_t, size_t i, int64_t at, int64_t size) {
      const float *weight = w[i].data() + at, *gradient = g[i].data() + at, decay = r[3 + i];
      if (v.empty()) return loops.plain_sgd(weight, gradient, shared.rate, decay, size, new_w[i].data() + at);
      loops.sgd(weight, gradient, v[i].data() + at, shared, decay, size, new_w[i].data() + at, new_v[i].data() + at);
    });
  }

 private:
  const int64_t count_, velocities_;
};

class EmaUpdate {
 public:
  explicit EmaUpdate(Construction& c) : count_(c.Int("count")) {}

  void Compute(Call& call) const {
    const Tensor rate = call.Input(0);
    const int n = static_cast<int>(count_);
    Tensors w, a, new_a;
    if (!HasRates(call, rate, 1) || !Inputs(call, 1, count_, nullptr, &w) || !Inputs(call, 1 + n, count_, &w, &a) || !Outputs(call, 0, w, &new_a)) return;
    const UpdateLoops& loops = FastestUpdateLoops();
    Pieces(w).ForEach([&](int64_t, size_t i, int64_t at, int64_t size) {
      loops.average(w[i].data() + at, a[i].data() + at, rate.data()[0], size, new_a[i].data() + at);
    });
  }

 private:
  const int64_t count_;
};

class ClipByGlobalNorm {
 public:
  explicit ClipByGlobalNorm(Construction& c) : count_(c.Int("count")) {}

  void Compute(Call& call) const {
    const Tensor limit = call.Input(0);
    Tensors g, clipped;
    if (!HasRates(call, limit, 1) || !Inputs(call, 1, count_, nullptr, &g)) return;
    const Tensor norm = call.Output(0, {});
    if (!call.ok()) return;
    const UpdateLoops& loops = FastestUpdateLoops();
    const Pieces pieces(g);
    std::vector<double> squares(pieces.jobs(), 0.0);
    pieces.ForEach([&](int64_t job, size_t i, int64_t at, int64_t size) { squares[job] += loops.squares(g[i].data() + at, size); });
    double sum = 0;
    for (double square : squares) sum += square;
    const double root = std::sqrt(sum), most = limit.data()[0];
    norm.data()[0] = static_cast<float>(root);
    // Nothing to scale: the gradients themselves are the answer. A norm that is no number does not pass here.
    if (root <= most) {
      for (int64_t i = 0; i < count_; ++i) call.Pass(1 + static_cast<int>(i), g[i]);
      return;
    }
    if (!Outputs(call, 1, g, &clipped)) return;
    const float factor = static_cast<float>(most / root);
    pieces.ForEach([&](int64_t, size_t i, int64_t at, int64_t size) { loops.scale(g[i].data() + at, factor, size, clipped[i].data() + at); });
  }

 private:
  const int64_t count_;
};

}  // namespace

void RegisterUpdates() {
  const auto count = {"count: int >= 1"};
  Register<AdamWUpdate>(
      "GleanerAdamWUpdate",
      {"rates: float", "weights: count * float", "gradients: count * float", "means: count * float", "squares: count * float"},
      {"new_weights: count * float", "new_means: count * float", "new_squares: count * float"}, count);
  Register<SgdUpdate>("GleanerSgdUpdate",
                      {"rates: float", "weights: count * float", "gradients: count * float", "old_velocities: velocities * float"},
                      {"new_weights: count * float", "new_velocities: velocities * float"}, {"count: int >= 1", "velocities: int >= 0"});
  Register<EmaUpdate>("GleanerEmaUpdate", {"rate: float", "weights: count * float", "averages: count * float"}, {"new_averages: count * float"}, count);
  Register<ClipByGlobalNorm>("GleanerClipByGlobalNorm", {"limit: float", "gradients: count * float"}, {"norm: float", "clipped: count * float"}, count);
}

}  // namespace gleaner
