import type { SoftTargetFocalLossOptions } from "@gleaner/losses";
import * as tf from "@tensorflow/tfjs-core";
import type { DetectionBatch, DetectionPredictions } from "./detection.js";

/** What the loss depends on besides the batch, all told. */
export interface DetectionLossSettings {
  focal: SoftTargetFocalLossOptions;
  boxWeight: number;
  boxBeta: number;
  labeledCount: number;
  unlabeledWeight: number;
}

/** An operator for the whole loss, where the engine has it (@gleaner/native does), and the one of its gradient. */
const operator = "GleanerDetectionLoss";

const isAtLeast0 = (value: number): boolean => value >= 0 && Number.isFinite(value);

/**
 * Total, classification, box and unlabeled loss from one operator, with their gradients from another, instead of some fifty each way.
 *
 * @returns undefined where the engine has no such operator, or where something is not as it should be: the composed loss says what
 */
export function detectionLossAtOnce(
  { logits, deltas }: DetectionPredictions,
  batch: DetectionBatch,
  settings: DetectionLossSettings,
): tf.Scalar[] | undefined {
  if (tf.getKernel(operator, tf.getBackend()) == null) return undefined;
  const { focal, boxWeight, boxBeta, labeledCount, unlabeledWeight } = settings;
  const { alpha = [0.75, 0.25], gamma = 2, softAlpha = true, softBeta = true } = focal;
  const { targets, weights, positives, deltas: wanted } = batch;
  const [count, anchors] = targets.shape;
  const flat = [targets, weights, positives];
  const boxes = [wanted, deltas];
  const isRight =
    [...alpha, gamma, boxBeta].every(isAtLeast0) &&
    boxBeta > 0 &&
    flat.every(({ shape }) => shape.join() === targets.shape.join()) &&
    boxes.every(({ shape }) => shape.join() === `${count},${anchors},6`) &&
    logits.size === targets.size &&
    [...flat, ...boxes, logits].every(({ dtype }) => dtype === "float32");
  if (!isRight) return undefined;
  const shares = { boxWeight, unlabeledWeight, labeled: labeledCount };
  const attributes = { ...shares, alpha0: alpha[0], alpha1: alpha[1], gamma, softAlpha, softBeta, boxBeta };
  const run = (name: string, inputs: Record<string, tf.Tensor>, attrs: object): tf.Tensor[] =>
    tf.engine().runKernel(name, inputs, attrs as tf.NamedAttrMap) as tf.Tensor[];
  const loss = tf.customGrad((...args) => {
    const [x, d, save] = args as unknown as [tf.Tensor, tf.Tensor, tf.GradSaveFunc];
    const [parts, byLogits, byDeltas] = run(operator, { targets, logits: x, weights, positives, wanted, deltas: d }, attributes);
    save([byLogits!, byDeltas!]);
    const gradFunc = (dParts: tf.Tensor, [forLogits, forDeltas]: tf.Tensor[]): tf.Tensor[] =>
      run(`${operator}Grad`, { dParts, byLogits: forLogits!, byDeltas: forDeltas! }, shares);
    return { value: parts!, gradFunc };
  });
  return tf.unstack(loss(tf.reshape(logits, [count, anchors]), deltas)) as tf.Scalar[];
}
