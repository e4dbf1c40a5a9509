import type { AnchorGrid, Symmetry } from "@gleaner/augment";
import * as tf from "@tensorflow/tfjs-core";
import { averagePredictions } from "./average-views.js";
import type { DetectionBatch, DetectionPredict } from "./detection.js";
import type { FocalMixBatch } from "./focal-mix.js";
import { type FindObjects, findObjectsOf, type TeacherObjects } from "./teacher-objects.js";

/** What every anchor of one patch is to learn: targets, weights and positives an anchor, six deltas an anchor. */
export interface HardTargets {
  targets: Float32Array;
  weights: Float32Array;
  positives: Float32Array;
  deltas: Float32Array;
}

export interface MeanTeacherOptions {
  /** Views over which the teacher is averaged; one that leaves the patch as it is, as the method has it, unless told. */
  views?: readonly Symmetry[];
  /** Which predictions of the teacher count as objects: those above a threshold, once for each object. */
  findObjects: FindObjects;
  /** What the anchors are to learn of objects, as of annotations. */
  targetsOf: (objects: TeacherObjects) => HardTargets;
  /** Whether the boxes of the teacher's objects are learned too. Default false, so that it is comparable with FocalMix. */
  learnBoxes?: boolean;
}

const still: Symmetry = { axes: [0, 1, 2], flips: [false, false, false] };

/**
 * One step of a mean teacher with hard pseudo-labels, up to the loss: what the teacher is confident of becomes the annotation of the unlabeled patches.
 *
 * ```
 * y = match(NMS({ decode(δ_a) : p_a ≥ τ })),   p, δ = teacher(u),   teacher = moving average of the student (Tarvainen and Valpola, NeurIPS 2017)
 * ```
 *
 * The recipe of semi-supervised detectors such as Unbiased Teacher (Liu et al., ICLR 2021), for one stage and one class; the rival that FocalMix's soft targets
 * are measured against. Call it outside of a tape; the teacher gets no gradient.
 *
 * @param teacher the moving average of the weights
 * @param labeled patches with their annotations' anchors
 * @param unlabeled patches `[batch, z, y, x, channel]`, of the same size
 * @param grid the anchor grid of one patch
 * @returns new tensors which the caller disposes (`tf.dispose(result.batch)`); labeled patches first
 * @throws RangeError if `targetsOf` does not speak of every anchor
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { meanTeacherBatch } from "@gleaner/methods";
 * const grid = { levels: [{ shape: [1, 1, 2], anchors: [[1, 1, 1]] }] };
 * const teacher = (x) => ({ logits: tf.reshape(x, [x.shape[0], 2, 1]), deltas: tf.zeros([x.shape[0], 2, 6]) });
 * const labeled = {
 *   patches: tf.zeros([1, 1, 1, 2, 1]), targets: tf.tensor2d([[1, 0]]), weights: tf.ones([1, 2]),
 *   positives: tf.tensor2d([[1, 0]]), deltas: tf.zeros([1, 2, 6]),
 * };
 * const unlabeled = tf.tensor5d([-3, 3], [1, 1, 1, 2, 1]); // probabilities 0.05 and 0.95
 * const { batch } = meanTeacherBatch(teacher, labeled, unlabeled, grid, {
 *   findObjects: (probabilities) => {
 *     const anchors = [0, 1].filter((k) => probabilities[k] >= 0.9);
 *     return { anchors, boxes: anchors.flatMap((k) => [-0.5, -0.5, k - 0.5, 0.5, 0.5, k + 0.5]) };
 *   },
 *   targetsOf: ({ anchors }) => {
 *     const targets = Float32Array.from([0, 1], (k) => (Array.from(anchors).includes(k) ? 1 : 0));
 *     return { targets, weights: Float32Array.of(1, 1), positives: targets, deltas: new Float32Array(12) };
 *   },
 * });
 * batch.targets.arraySync(); // => [[1, 0], [0, 1]]
 * batch.positives.arraySync(); // => [[1, 0], [0, 0]]
 * ```
 */
export function meanTeacherBatch(
  teacher: DetectionPredict,
  labeled: DetectionBatch,
  unlabeled: tf.Tensor5D,
  grid: AnchorGrid,
  { views = [still], findObjects, targetsOf, learnBoxes = false }: MeanTeacherOptions,
): FocalMixBatch {
  const mean = averagePredictions(teacher, unlabeled, grid, views);
  const [count, anchors] = mean.probabilities.shape;
  let found: TeacherObjects[];
  try {
    found = findObjectsOf(mean, findObjects);
  } finally {
    tf.dispose([mean.probabilities, mean.deltas]);
  }
  const each = found.map(targetsOf);
  const stacked = (name: keyof HardTargets, values: number): Float32Array => {
    const all = new Float32Array(count * anchors * values);
    for (const [i, targets] of each.entries()) {
      if (targets[name].length !== anchors * values)
        throw new RangeError(`targetsOf gave ${targets[name].length} ${name}; expected ${anchors * values} for ${anchors} anchors`);
      all.set(targets[name], i * anchors * values);
    }
    return all;
  };
  const targets = stacked("targets", 1);
  const batch = tf.tidy((): DetectionBatch => {
    const under = (above: tf.Tensor2D, values: Float32Array): tf.Tensor2D => tf.concat([above, tf.tensor2d(values, [count, anchors])], 0);
    const positives = learnBoxes ? stacked("positives", 1) : new Float32Array(count * anchors);
    return {
      patches: tf.concat([labeled.patches, unlabeled], 0),
      targets: under(labeled.targets, targets),
      weights: under(labeled.weights, stacked("weights", 1)),
      positives: under(labeled.positives, positives),
      deltas: tf.concat([labeled.deltas, tf.tensor3d(stacked("deltas", 6), [count, anchors, 6])], 0),
    };
  });
  const total = targets.reduce((sum, target) => sum + target, 0);
  const objects = found.reduce((sum, { boxes }) => sum + boxes.length / 6, 0) / count;
  return {
    batch,
    labeledCount: labeled.patches.shape[0],
    statistics: { pseudoPositives: total / count, meanTarget: total / (count * anchors), objects },
  };
}
