import { type KernelCall, registerOperator } from "./operator.js";

/** How the parts of the loss make up its total. */
const sharesOf = ({ attrs, attribute }: KernelCall) => [
  attribute.float("box_weight", attrs["boxWeight"] as number),
  attribute.float("unlabeled_weight", attrs["unlabeledWeight"] as number),
  attribute.int("labeled", attrs["labeled"] as number),
];

/**
 * The whole loss of a detector and its slopes in one pass, written in C++ beside the binding (native/detection_loss.cc).
 *
 * `GleanerDetectionLoss`: inputs targets, logits, weights, positives [B, N], wanted and deltas [B, N, 6]; attributes those of the soft-target focal loss,
 * boxBeta, boxWeight, unlabeledWeight and labeled (patches at the head of the batch); outputs parts [4] (total, classification, box, unlabeled), and the
 * slope of the part that each logit and each delta has a share in. `GleanerDetectionLossGrad`: inputs dParts [4] and both slopes; attributes boxWeight,
 * unlabeledWeight and labeled; outputs dLogits and dDeltas. No gradient is registered: TensorFlow.js would hand it zeros of the slopes' sizes.
 */
export function registerDetectionLoss(): void {
  registerOperator("GleanerDetectionLoss", (call) => {
    const { inputs, attrs, attribute, run } = call;
    const { alpha0, alpha1, gamma, softAlpha, softBeta, boxBeta } = attrs as Record<string, number> &
      Record<"softAlpha" | "softBeta", boolean>;
    const names = ["targets", "logits", "weights", "positives", "wanted", "deltas"] as const;
    const tensors = names.map((name) => inputs[name]!);
    return run("GleanerDetectionLoss", tensors, 3, [
      attribute.float("alpha0", alpha0!),
      attribute.float("alpha1", alpha1!),
      attribute.float("gamma", gamma!),
      attribute.bool("soft_alpha", softAlpha),
      attribute.bool("soft_beta", softBeta),
      attribute.float("box_beta", boxBeta!),
      ...sharesOf(call),
    ]);
  });
  registerOperator("GleanerDetectionLossGrad", (call) => {
    const { dParts, byLogits, byDeltas } = call.inputs;
    return call.run("GleanerDetectionLossGrad", [dParts!, byLogits!, byDeltas!], 2, sharesOf(call));
  });
}
