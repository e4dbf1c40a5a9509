import { giouLoss, type SoftTargetFocalLossOptions, smoothL1Loss, softTargetFocalLoss } from "@gleaner/losses";
import * as tf from "@tensorflow/tfjs-core";
import type { DetectionBatch, DetectionPredict } from "./detection.js";
import { detectionLossAtOnce } from "./detection-loss-at-once.js";

export interface DetectionLossOptions {
  /** α and γ of the soft-target focal loss, and its two switches. */
  focal?: SoftTargetFocalLossOptions;
  /** Weight of the box regression. Default 0.5 (ours). */
  boxWeight?: number;
  /** β of the smooth L1 loss, in the coder's units. Default 1/9. */
  boxBeta?: number;
  /**
   * The boxes of deltas, `[batch, N, 6]` both, with a gradient (`decodeBoxTensors` of the detector). Where it is given, the loss of a box is 1 − GIoU of the
   * boxes instead of the smooth L1 loss of the deltas.
   */
  decodeBoxes?: (deltas: tf.Tensor3D) => tf.Tensor3D;
  /** How many patches at the head of the batch are labeled; the others count as unlabeled. Default all. */
  labeledCount?: number;
  /** Weight of the classification loss of the unlabeled patches. Default 1. */
  unlabeledWeight?: number;
}

/** The loss and its parts, all scalars; `total = classification + boxWeight · box + unlabeledWeight · unlabeled`. */
export interface DetectionLoss {
  total: tf.Scalar;
  classification: tf.Scalar;
  box: tf.Scalar;
  unlabeled: tf.Scalar;
}

/**
 * The loss of a detector on a batch whose first patches are labeled and whose others carry soft targets.
 *
 * ```
 * L = (Σ SFL over labeled anchors + boxWeight · Σ box loss over positives + unlabeledWeight · Σ SFL over unlabeled anchors) / max(1, positives)
 * ```
 *
 * SFL is the soft-target focal loss of FocalMix (Wang et al., CVPR 2020, section 3.2). Both sums are divided by the number of positive anchors of the
 * labeled patches. The paper does not state its normalization; this one is ours: dividing by the sum of soft targets would let the background's
 * small targets, which add up to several objects a patch, set the scale. Call it inside `tf.variableGrads`. Where the engine has the kernel
 * `GleanerDetectionLoss` and no boxes are decoded, it does all of it.
 *
 * @param predict the student; called once on the whole batch, so that a batch norm sees one batch
 * @param batch `positives` of unlabeled patches are to be 0: no box is regressed where none is known
 * @returns four scalars which the caller disposes; 0, never NaN, for a batch without objects
 * @throws RangeError if `labeledCount` is not in 0..batch, or `decodeBoxes` gives another shape
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { detectionLoss } from "@gleaner/methods";
 * // One patch with two anchors: an object which the detector misses, and background which it knows.
 * const predict = () => ({ logits: tf.tensor3d([[[-4], [-9]]]), deltas: tf.zeros([1, 2, 6]) });
 * const batch = {
 *   patches: tf.zeros([1, 4, 4, 4, 1]),
 *   targets: tf.tensor2d([[1, 0]]),
 *   weights: tf.ones([1, 2]),
 *   positives: tf.tensor2d([[1, 0]]),
 *   deltas: tf.zeros([1, 2, 6]),
 * };
 * const loss = detectionLoss(predict, batch, { focal: { alpha: [0.25, 0.75], gamma: 2 } });
 * loss.classification.arraySync(); // => 2.9062
 * loss.box.arraySync(); // => 0
 * ```
 */
export function detectionLoss(predict: DetectionPredict, batch: DetectionBatch, options: DetectionLossOptions = {}): DetectionLoss {
  const count = batch.patches.shape[0];
  const { focal = {}, boxWeight = 0.5, boxBeta = 1 / 9, labeledCount = count, unlabeledWeight = 1, decodeBoxes } = options;
  if (!Number.isInteger(labeledCount) || labeledCount < 0 || labeledCount > count) {
    throw new RangeError(`labeledCount is ${labeledCount}; expected an integer in 0..${count}, the number of patches`);
  }
  const parts = tf.tidy(() => {
    const predictions = predict(batch.patches);
    const { logits, deltas } = predictions;
    const settings = { focal, boxWeight, boxBeta, labeledCount, unlabeledWeight };
    const atOnce = decodeBoxes ? undefined : detectionLossAtOnce(predictions, batch, settings);
    if (atOnce) return atOnce;
    const anchors = batch.targets.shape[1];
    const each = tf.mul(softTargetFocalLoss(batch.targets, tf.reshape(logits, [count, anchors]), focal), batch.weights);
    const perPatch = tf.sum(each, 1);
    const positives = tf.maximum(tf.sum(batch.positives), 1);
    const sumOf = (from: number, size: number): tf.Scalar =>
      size === 0 ? tf.scalar(0) : (tf.div(tf.sum(tf.slice(perPatch, [from], [size])), positives) as tf.Scalar);
    const regression = tf.mul(boxLoss(batch.deltas, deltas, boxBeta, decodeBoxes), batch.positives);
    const classification = sumOf(0, labeledCount);
    const unlabeled = sumOf(labeledCount, count - labeledCount);
    const box = tf.div(tf.sum(regression), positives) as tf.Scalar;
    const total = tf.add(tf.add(classification, tf.mul(box, boxWeight)), tf.mul(unlabeled, unlabeledWeight)) as tf.Scalar;
    return [total, classification, box, unlabeled];
  });
  const [total, classification, box, unlabeled] = parts;
  return { total: total!, classification: classification!, box: box!, unlabeled: unlabeled! };
}

/** The loss of every anchor's box, `[batch, N]`. */
function boxLoss(wanted: tf.Tensor3D, deltas: tf.Tensor3D, boxBeta: number, decodeBoxes: DetectionLossOptions["decodeBoxes"]): tf.Tensor2D {
  if (!decodeBoxes) return tf.sum(smoothL1Loss(wanted, deltas, { beta: boxBeta }), 2);
  const [count, anchors] = wanted.shape;
  const boxes = [wanted, deltas].map((each) => {
    const decoded = decodeBoxes(each);
    if (decoded.shape.join() !== wanted.shape.join())
      throw new RangeError(`decodeBoxes gave [${decoded.shape}]; expected [${wanted.shape}], the shape of the deltas`);
    return tf.reshape(decoded, [count * anchors, 6]) as tf.Tensor2D;
  });
  return tf.reshape(giouLoss(boxes[0]!, boxes[1]!), [count, anchors]);
}
