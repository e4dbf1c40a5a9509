import {
  type AnchorGrid,
  applyObjectMix,
  drawMixPlan,
  drawObjectMix,
  type MixPlan,
  mixBatch,
  type ObjectPatch,
  type Symmetry,
} from "@gleaner/augment";
import { sharpenBinary } from "@gleaner/losses";
import * as tf from "@tensorflow/tfjs-core";
import { averagePredictions, averageViews } from "./average-views.js";
import type { DetectionBatch, DetectionPredict } from "./detection.js";
import { type FindObjects, findObjectsOf, type TeacherObjects } from "./teacher-objects.js";

export interface FocalMixOptions {
  /** Draws in 0..1. */
  random: () => number;
  /** The K views over which the teacher is averaged; K = 4 was best in the paper. */
  views: readonly Symmetry[];
  /** T of the sharpening; 1 leaves the mean as it is. The paper's value is not known; 0.5 (MixMatch's) is our default. */
  temperature?: number;
  /** What is mixed: nothing, patches with their targets (default), and then each object with another one too. */
  mixUp?: "none" | "image" | "image+object";
  /** Which patches are mixed with each other: all of them (default, as in the paper), or the unlabeled ones among themselves. */
  mixUpOf?: "all" | "unlabeled";
  /** η of λ ~ Beta(η, η); 0 switches MixUp off. The paper's value is not known; 0.75 (MixMatch's) is our default. */
  mixUpAlpha?: number;
  /** A soft target above this is counted as a pseudo-positive. Default 0.5. */
  confidentAbove?: number;
  /** Boxes of the objects of each labeled patch, flat, 6 numbers each; those of MixUp of objects. Default none. */
  labeledBoxes?: readonly ArrayLike<number>[];
  /** Which predictions of the teacher count as objects of an unlabeled patch; without it there are none. */
  findObjects?: FindObjects;
  /** Whether the boxes of those objects are learned too, from the teacher's mean deltas. Default false: no box is regressed where none is known. */
  learnBoxes?: boolean;
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
    /** The teacher's objects per unlabeled patch; 0 where `findObjects` is not given. */
    objects: number;
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
 * (Wang et al., CVPR 2020, sections 3.3 and 3.4.) Each patch gets its own λ̃ and its partner from a permutation of the whole batch, labeled and unlabeled
 * together. With "image+object" each object of the mixed patches is then mixed with another object of the batch, rescaled to its size, and targets stay as they
 * are (`mixObjects`); on unlabeled patches the objects are those that `findObjects` takes from the teacher. Box regression keeps the boxes of the patch that
 * dominates (λ̃ ≥ ½); an anchor that either patch ignores is ignored. Both are ours: the paper does not say. Call it outside of a tape; the teacher gets no
 * gradient.
 *
 * @param teacher gives the predictions that become targets: the live weights or their moving average
 * @param labeled patches with their annotations' anchors
 * @param unlabeled patches `[batch, z, y, x, channel]`, of the same size
 * @param grid the anchor grid of one patch
 * @returns new tensors which the caller disposes (`tf.dispose(result.batch)`)
 * @throws RangeError if the patches differ in size, or objects are to be mixed in patches of several channels
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
  const { random, views, temperature = 0.5, mixUp = "image", mixUpOf = "all", mixUpAlpha = 0.75, confidentAbove = 0.5 } = options;
  const { findObjects, learnBoxes = false, labeledBoxes = [] } = options;
  const sizeOf = (t: tf.Tensor): string => t.shape.slice(1).join("×");
  if (sizeOf(labeled.patches) !== sizeOf(unlabeled)) {
    throw new RangeError(`unlabeled patches are ${sizeOf(unlabeled)}; expected the size of the labeled ones, ${sizeOf(labeled.patches)}`);
  }
  const mixesObjects = mixUp === "image+object" && mixUpAlpha > 0;
  if (mixesObjects && unlabeled.shape[4] !== 1)
    throw new RangeError(`unlabeled patches have ${unlabeled.shape[4]} channels; expected 1, since objects are mixed`);
  const labeledCount = labeled.patches.shape[0];
  const count = unlabeled.shape[0];
  const teacherSays = findObjects
    ? averagePredictions(teacher, unlabeled, grid, views)
    : { probabilities: averageViews(teacher, unlabeled, grid, views), deltas: undefined };
  const soft = tf.tidy(() => sharpenBinary(teacherSays.probabilities, temperature) as tf.Tensor2D);
  const values = soft.dataSync<"float32">();
  const pseudoPositives = values.reduce((sum, value) => sum + Number(value > confidentAbove), 0) / count;
  const meanTarget = values.reduce((sum, value) => sum + value, 0) / values.length;
  const { probabilities, deltas } = teacherSays;
  const found = findObjects && deltas ? findObjectsOf({ probabilities, deltas }, findObjects) : [];
  const batch = tf.tidy(() => {
    const anchors = soft.shape[1];
    const learned = learnBoxes && deltas ? deltas : undefined;
    const joined: DetectionBatch = {
      patches: tf.concat([labeled.patches, unlabeled], 0),
      targets: tf.concat([labeled.targets, soft], 0),
      weights: tf.concat([labeled.weights, tf.ones<tf.Rank.R2>([count, anchors])], 0),
      positives: tf.concat([labeled.positives, learned ? positivesOf(found, anchors) : tf.zeros<tf.Rank.R2>([count, anchors])], 0),
      deltas: tf.concat([labeled.deltas, learned ?? tf.zeros<tf.Rank.R3>([count, anchors, 6])], 0),
    };
    if (mixUp === "none" || mixUpAlpha === 0) return joined;
    const plan =
      mixUpOf === "all" ? drawMixPlan(labeledCount + count, mixUpAlpha, random) : planOfRest(labeledCount, count, mixUpAlpha, random);
    const partnerWeights = tf.gather(joined.weights, tf.tensor1d(Int32Array.from(plan.partners), "int32"));
    const mixed = mixBatch({ patches: joined.patches, targets: joined.targets }, plan);
    const boxes = Array.from({ length: labeledCount + count }, (_, i) =>
      i >= labeledCount ? (found[i - labeledCount]?.boxes ?? []) : mixUpOf === "all" ? (labeledBoxes[i] ?? []) : [],
    );
    return {
      ...joined,
      ...mixed,
      ...(mixesObjects && { patches: withObjectsMixed(mixed.patches, boxes, mixUpAlpha, random) }),
      weights: tf.mul<tf.Tensor2D>(joined.weights, partnerWeights),
    };
  });
  tf.dispose([soft, probabilities]);
  if (deltas) deltas.dispose();
  const objects = found.reduce((sum, { boxes }) => sum + boxes.length / 6, 0) / count;
  return { batch, labeledCount, statistics: { pseudoPositives, meanTarget, objects } };
}

/** A plan that leaves the labeled patches, which come first, as they are. */
function planOfRest(labeledCount: number, count: number, alpha: number, random: () => number): MixPlan {
  const rest = drawMixPlan(count, alpha, random);
  return {
    lambdas: [...new Array<number>(labeledCount).fill(1), ...Array.from(rest.lambdas)],
    partners: [...Array.from({ length: labeledCount }, (_, i) => i), ...Array.from(rest.partners, (partner) => partner + labeledCount)],
  };
}

/** 1 at the anchors from which objects come, `[patches, anchors]`. */
function positivesOf(found: readonly TeacherObjects[], anchors: number): tf.Tensor2D {
  const positives = new Float32Array(found.length * anchors);
  for (const [patch, { anchors: own }] of found.entries()) for (let i = 0; i < own.length; i++) positives[patch * anchors + own[i]!] = 1;
  return tf.tensor2d(positives, [found.length, anchors]);
}

function withObjectsMixed(patches: tf.Tensor5D, boxes: readonly ArrayLike<number>[], alpha: number, random: () => number): tf.Tensor5D {
  const [count, ...extents] = patches.shape;
  const shape = extents.slice(0, 3) as [number, number, number];
  const size = shape[0] * shape[1] * shape[2];
  const values = patches.dataSync<"float32">();
  const each = Array.from(
    { length: count },
    (_, i): ObjectPatch => ({
      data: values.subarray(i * size, (i + 1) * size),
      shape,
      boxes: boxes[i]!,
    }),
  );
  const mixes = drawObjectMix(each, alpha, random);
  if (mixes.length === 0) return tf.clone(patches);
  const all = values.slice();
  applyObjectMix(
    each,
    mixes,
    each.map((_, i) => all.subarray(i * size, (i + 1) * size)),
  );
  return tf.tensor5d(all, patches.shape);
}
