import * as tf from "@tensorflow/tfjs-core";
import { registerOperator } from "./operator.js";

/**
 * The soft-target focal loss and its slope by the logit as one operator, written in C++ beside the binding (native/focal_loss.cc).
 *
 * `GleanerSoftTargetFocalLoss`: inputs targets and logits, float32 of one shape; attributes alpha0, alpha1, gamma, softAlpha, softBeta;
 * outputs the loss of each element and its derivative by the logit. The loss has a gradient; the derivative and the targets have none.
 */
export function registerFocalLoss(): void {
  registerOperator("GleanerSoftTargetFocalLoss", ({ inputs, attrs, attribute, run }) => {
    const { alpha0, alpha1, gamma, softAlpha, softBeta } = attrs as Record<string, number> & Record<"softAlpha" | "softBeta", boolean>;
    return run("GleanerSoftTargetFocalLoss", [inputs["targets"]!, inputs["logits"]!], 2, [
      attribute.float("alpha0", alpha0!),
      attribute.float("alpha1", alpha1!),
      attribute.float("gamma", gamma!),
      attribute.bool("soft_alpha", softAlpha),
      attribute.bool("soft_beta", softBeta),
    ]);
  });
  if (tf.getGradient("GleanerSoftTargetFocalLoss")) return;
  tf.registerGradient({
    kernelName: "GleanerSoftTargetFocalLoss",
    outputsToSave: [false, true],
    gradFunc: (dys, [slope]) => {
      const [dy] = dys as tf.Tensor[];
      return { targets: () => tf.zerosLike(dy!), logits: () => tf.mul(dy!, slope!) };
    },
  });
}
