// The soft-target focal loss (Wang et al., FocalMix, CVPR 2020, section 3.2) of each element and its slope by the logit, in one pass.
//   GleanerSoftTargetFocalLoss  targets, logits of one shape -> loss, slope
#include "focal_loss.h"

#include <algorithm>

#include "focal_loops.h"
#include "op.h"
#include "pool.h"

namespace gleaner {
namespace {

class SoftTargetFocalLoss {
 public:
  explicit SoftTargetFocalLoss(Construction& c)
      : settings_{c.Float("alpha0"), c.Float("alpha1"), c.Float("gamma"), c.Bool("soft_alpha"), c.Bool("soft_beta")} {}

  void Compute(Call& call) const {
    const Tensor targets = call.Input(0), logits = call.Input(1);
    if (!call.ok()) return;
    if (targets.shape() != logits.shape()) return call.Fail("targets and logits do not have the same shape");
    const Tensor value = call.Output(0, logits.shape()), slope = call.Output(1, logits.shape());
    if (!call.ok()) return;
    constexpr int64_t kBlock = 4096;
    const int64_t size = logits.size();
    const FocalLoops& loops = FastestFocalLoops();
    Pool::Get().Run((size + kBlock - 1) / kBlock, [&](int64_t block) {
      const int64_t at = block * kBlock;
      loops.loss(targets.data() + at, logits.data() + at, settings_, std::min(kBlock, size - at), value.data() + at, slope.data() + at);
    });
  }

 private:
  const FocalSettings settings_;
};

}  // namespace

void RegisterFocalLoss() {
  Register<SoftTargetFocalLoss>("GleanerSoftTargetFocalLoss", {"targets: float", "logits: float"}, {"loss: float", "slope: float"},
                                {"alpha0: float", "alpha1: float", "gamma: float", "soft_alpha: bool", "soft_beta: bool"});
}

}  // namespace gleaner
