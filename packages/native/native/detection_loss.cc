// The loss of a detector on labeled and unlabeled patches in one pass: the soft-target focal loss of all anchors (see focal_loss.cc), the smooth L1
// loss (Girshick, Fast R-CNN, ICCV 2015) of the boxes of positive ones, both over the number of positives, and how they are added up.
//   GleanerDetectionLoss      targets, logits, weights, positives [B, N], wanted, deltas [B, N, 6] -> parts [4] (total, classification, box,
//                             unlabeled), by_logits [B, N] and by_deltas [B, N, 6], the slopes of the parts that a number has a share in
//   GleanerDetectionLossGrad  d_parts [4], by_logits, by_deltas -> d_logits, d_deltas
#include "detection_loss.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "focal_loops.h"
#include "op.h"
#include "pool.h"

namespace gleaner {
namespace {

constexpr int64_t kBlock = 4096;
constexpr int64_t kCoder = 6;

// What the total is made of: classification + box_weight * box + unlabeled_weight * unlabeled. The first patches are the labeled ones.
struct Shares {
  float box_weight, unlabeled_weight;
  int64_t labeled;
  explicit Shares(Construction& c) : box_weight(c.Float("box_weight")), unlabeled_weight(c.Float("unlabeled_weight")), labeled(c.Int("labeled")) {}
};

// The anchors of each patch in blocks: no block has two patches.
struct Blocks {
  int64_t patches, anchors, each;
  Blocks(int64_t patches, int64_t anchors) : patches(patches), anchors(anchors), each((anchors + kBlock - 1) / kBlock) {}
  int64_t jobs() const { return patches * each; }

  // Calls body(job, patch, at, size).
  template <class Body>
  void ForEach(const Body& body) const {
    Pool::Get().Run(jobs(), [&](int64_t job) {
      const int64_t patch = job / each, begin = job % each * kBlock;
      body(job, patch, patch * anchors + begin, std::min(kBlock, anchors - begin));
    });
  }
};

bool Fits(Call& call, const std::vector<int64_t>& shape, std::initializer_list<const Tensor*> flat, std::initializer_list<const Tensor*> boxes) {
  if (!call.ok()) return false;
  if (shape.size() != 2) {
    call.Fail("logits have rank " + std::to_string(shape.size()) + " where 2 is needed");
    return false;
  }
  for (const Tensor* tensor : flat) {
    if (tensor->shape() != shape) call.Fail("targets, weights and positives do not have the shape of the logits");
  }
  for (const Tensor* tensor : boxes) {
    if (tensor->shape() != std::vector<int64_t>{shape[0], shape[1], kCoder}) call.Fail("deltas do not have six numbers for each logit");
  }
  return call.ok();
}

class DetectionLoss {
 public:
  explicit DetectionLoss(Construction& c)
      : focal_{c.Float("alpha0"), c.Float("alpha1"), c.Float("gamma"), c.Bool("soft_alpha"), c.Bool("soft_beta")}, beta_(c.Float("box_beta")), shares_(c) {}

  void Compute(Call& call) const {
    const Tensor targets = call.Input(0), logits = call.Input(1), weights = call.Input(2), positives = call.Input(3);
    const Tensor wanted = call.Input(4), deltas = call.Input(5);
    if (!call.ok() || !Fits(call, logits.shape(), {&targets, &weights, &positives}, {&wanted, &deltas})) return;
    const Tensor parts = call.Output(0, {4}), by_logits = call.Output(1, logits.shape()), by_deltas = call.Output(2, deltas.shape());
    if (!call.ok()) return;
    double count = 0;
    for (int64_t i = 0; i < positives.size(); ++i) count += positives.data()[i];
    const float share = static_cast<float>(1 / std::max(count, 1.));
    const Blocks blocks(logits.dim(0), logits.dim(1));
    std::vector<double> losses(blocks.jobs()), boxes(blocks.jobs());
    blocks.ForEach([&](int64_t job, int64_t, int64_t at, int64_t size) {
      losses[job] = Classify(targets.data() + at, logits.data() + at, weights.data() + at, share, size, by_logits.data() + at);
      boxes[job] = Regress(positives.data() + at, wanted.data() + at * kCoder, deltas.data() + at * kCoder, share, size, by_deltas.data() + at * kCoder);
    });
    double classification = 0, box = 0, unlabeled = 0;
    for (int64_t job = 0; job < blocks.jobs(); ++job) {
      (job / blocks.each < shares_.labeled ? classification : unlabeled) += losses[job];
      box += boxes[job];
    }
    float* out = parts.data();
    out[1] = static_cast<float>(classification * share);
    out[2] = static_cast<float>(box * share);
    out[3] = static_cast<float>(unlabeled * share);
    out[0] = out[1] + shares_.box_weight * out[2] + shares_.unlabeled_weight * out[3];
  }

 private:
  double Classify(const float* targets, const float* logits, const float* weights, float share, int64_t size, float* slope) const {
    float value[kBlock];
    FastestFocalLoops().loss(targets, logits, focal_, size, value, slope);
    double sum = 0;
    for (int64_t i = 0; i < size; ++i) {
      sum += value[i] * weights[i];
      slope[i] *= weights[i] * share;
    }
    return sum;
  }

  // Deltas are read where an anchor is positive; few are.
  double Regress(const float* positives, const float* wanted, const float* deltas, float share, int64_t size, float* slope) const {
    std::fill_n(slope, size * kCoder, 0.f);
    double sum = 0;
    for (int64_t i = 0; i < size; ++i) {
      if (positives[i] == 0) continue;
      for (int64_t k = i * kCoder; k < (i + 1) * kCoder; ++k) {
        const float difference = deltas[k] - wanted[k], clipped = std::fmin(std::fmax(difference / beta_, -1.f), 1.f);
        // A comparison would make 1 of NaN.
        const float direction = std::isnan(difference) ? difference : clipped;
        sum += positives[i] * (direction * (difference - direction * (beta_ / 2)));
        slope[k] = positives[i] * share * direction;
      }
    }
    return sum;
  }

  const FocalSettings focal_;
  const float beta_;
  const Shares shares_;
};

class DetectionLossGrad {
 public:
  explicit DetectionLossGrad(Construction& c) : shares_(c) {}

  void Compute(Call& call) const {
    const Tensor d_parts = call.Input(0), by_logits = call.Input(1), by_deltas = call.Input(2);
    if (!call.ok() || !Fits(call, by_logits.shape(), {}, {&by_deltas})) return;
    if (d_parts.size() != 4) return call.Fail("there are " + std::to_string(d_parts.size()) + " parts of the loss where 4 are needed");
    const Tensor d_logits = call.Output(0, by_logits.shape()), d_deltas = call.Output(1, by_deltas.shape());
    if (!call.ok()) return;
    const float* d = d_parts.data();
    const float labeled = d[0] + d[1], box = d[0] * shares_.box_weight + d[2], unlabeled = d[0] * shares_.unlabeled_weight + d[3];
    const Blocks blocks(by_logits.dim(0), by_logits.dim(1));
    blocks.ForEach([&](int64_t, int64_t patch, int64_t at, int64_t size) {
      const float factor = patch < shares_.labeled ? labeled : unlabeled;
      const auto scale = [](const float* from, float by, int64_t n, float* to) {
        for (int64_t i = 0; i < n; ++i) to[i] = from[i] * by;
      };
      scale(by_logits.data() + at, factor, size, d_logits.data() + at);
      scale(by_deltas.data() + at * kCoder, box, size * kCoder, d_deltas.data() + at * kCoder);
    });
  }

 private:
  const Shares shares_;
};

}  // namespace

void RegisterDetectionLoss() {
  Register<DetectionLoss>("GleanerDetectionLoss",
                          {"targets: float", "logits: float", "weights: float", "positives: float", "wanted: float", "deltas: float"},
                          {"parts: float", "by_logits: float", "by_deltas: float"},
                          {"alpha0: float", "alpha1: float", "gamma: float", "soft_alpha: bool", "soft_beta: bool", "box_beta: float",
                           "box_weight: float", "unlabeled_weight: float", "labeled: int"});
  Register<DetectionLossGrad>("GleanerDetectionLossGrad", {"d_parts: float", "by_logits: float", "by_deltas: float"},
                              {"d_logits: float", "d_deltas: float"}, {"box_weight: float", "unlabeled_weight: float", "labeled: int"});
}

}  // namespace gleaner
