import { type AnchorGrid, drawMixPlan, mixBatch, type Symmetry } from "@gleaner/augment";
import { sharpenBinary } from "@gleaner/losses";
import * as tf from "@tensorflow/tfjs-core";
import { averageViews } from "./average-views.js";
import type { DetectionBatch, DetectionPredict } from "./detection.js";

export interface FocalMixOptions {
  /** Draws in 0..1. */
  random: () => number;
  /** The K views over which the teacher is averaged; K = 4 was best in the paper. */
  views: readonly Symmetry[];
  /** T of the sharpening; 1 leaves the mean as it is. The paper's value is not known; 0.5 (MixMatch's) is our default. */
  temperature?: number;
  /** η of λ ~ Beta(η, η); 0 switches MixUp off. The paper's value is not known; 0.2 is our default. */
  mixUpAlpha?: number;
  /** A soft target above this is counted as a pseudo-positive. Default 0.5. */
  confidentAbove?: number;
}

/** A batch ready for `detectionLoss`, labeled patches first, and what to watch. */
export interface FocalMixBatch {
  batch: DetectionBatch;
  labeledCount: number;
  statistics: {
    /** Confident pseudo-positives per unlabeled patch, before MixUp. Above 1.2 training tends to run away: the teacher confirms its own false positives. */
    pseudoPositives: number;
    /** The mean soft target over all anchors of the unlabeled patches. */
    meanTarget: number;
  };
}

/**
 * One FocalMix step up to the loss: soft targets for the unlabeled patches, then MixUp over all patches.
 *
 * ```
 * q  = sharpen(1/K · Σ_k A_k⁻¹(σ(teacher(A_k(u)))), T)
 * x̃  = λ̃·x + (1−λ̃)·x',  ỹ = λ̃·y + (1−λ̃)·y',  λ̃ = max(λ, 1−λ),  λ ~ Beta(η, η)
 * ```
 *
 * (Wang et al., CVPR 2020, sections 3.3 and 3.4, image level.) Each patch gets its own λ̃ and its partner from a permutation of the whole batch, labeled and
 * unlabeled together. Box regression keeps the boxes of the patch that dominates (λ̃ ≥ ½); an anchor that either patch ignores is ignored. Both are ours: the
 * paper does not say. Call it outside of a tape; the teacher gets no gradient.
 *
 * @param teacher gives the predictions that become targets: the live weights or their moving average
 * @param labeled patches with their annotations' anchors
 * @param unlabeled patches `[batch, z, y, x, channel]`, of the same size
 * @param grid the anchor grid of one patch
 * @returns new tensors which the caller disposes (`tf.dispose(result.batch)`)
 * @throws RangeError if the patches differ in size
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { focalMixBatch } from "@gleaner/methods";
 * const grid = { levels: [{ shape: [1, 1, 2], anchors: [[1, 1, 1]] }] };
 * const teacher = (x) => ({ logits: tf.reshape(x, [x.shape[0], 2, 1]), deltas: tf.zeros([x.shape[0], 2, 6]) });
 * const labeled = {
 *   patches: tf.zeros([1, 1, 1, 2, 1]), targets: tf.tensor2d([[1, 0]]), weights: tf.ones([1, 2]),
 *   positives: tf.tensor2d([[1, 0]]), deltas: tf.zeros([1, 2, 6]),
 * };
 * const unlabeled = tf.tensor5d([Math.log(3), -20], [1, 1, 1, 2, 1]); // probabilities 0.75 and 0
 * const still = { axes: [0, 1, 2], flips: [false, false, false] };
 * const { batch, statistics } = focalMixBatch(teacher, labeled, unlabeled, grid, { random: () => 0.5, views: [still], temperature: 0.5, mixUpAlpha: 0 });
 * batch.targets.arraySync(); // => [[1, 0], [0.9, 0.0]]
 * statistics.pseudoPositives; // => 1
 * ```
 */
export function focalMixBatch(
  teacher: DetectionPredict,
  labeled: DetectionBatch,
  unlabeled: tf.Tensor5D,
  grid: AnchorGrid,
  options: FocalMixOptions,
): FocalMixBatch {
  const { random, views, temperature = 0.5, mixUpAlpha = 0.2, confidentAbove = 0.5 } = options;
  const sizeOf = (t: tf.Tensor): string => t.shape.slice(1).join("×");
  if (sizeOf(labeled.patches) !== sizeOf(unlabeled)) {
    throw new RangeError(`unlabeled patches are ${sizeOf(unlabeled)}; expected the size of the labeled ones, ${sizeOf(labeled.patches)}`);
  }
  const labeledCount = labeled.patches.shape[0];
  const count = unlabeled.shape[0];
  const soft = tf.tidy(() => sharpenBinary(averageViews(teacher, unlabeled, grid, views), temperature) as tf.Tensor2D);
  const [pseudoPositives, meanTarget] = tf.tidy(() => {
    const confident = tf.sum(tf.cast(tf.greater(soft, confidentAbove), "float32"));
    return tf.stack([tf.div(confident, count), tf.mean(soft)]).dataSync();
  }) as Float32Array;
  const batch = tf.tidy(() => {
    const anchors = soft.shape[1];
    const joined: DetectionBatch = {
      patches: tf.concat([labeled.patches, unlabeled], 0),
      targets: tf.concat([labeled.targets, soft], 0),
      weights: tf.concat([labeled.weights, tf.ones<tf.Rank.R2>([count, anchors])], 0),
      positives: tf.concat([labeled.positives, tf.zeros<tf.Rank.R2>([count, anchors])], 0),
      deltas: tf.concat([labeled.deltas, tf.zeros<tf.Rank.R3>([count, anchors, 6])], 0),
    };
    if (mixUpAlpha === 0) return joined;
    const plan = drawMixPlan(labeledCount + count, mixUpAlpha, random);
    const partnerWeights = tf.gather(joined.weights, tf.tensor1d(Int32Array.from(plan.partners), "int32"));
    return {
      ...joined,
      ...mixBatch({ patches: joined.patches, targets: joined.targets }, plan),
      weights: tf.mul<tf.Tensor2D>(joined.weights, partnerWeights),
    };
  });
  tf.dispose(soft);
  return { batch, labeledCount, statistics: { pseudoPositives: pseudoPositives!, meanTarget: meanTarget! } };
}
