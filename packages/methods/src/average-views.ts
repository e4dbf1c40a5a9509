import { type AnchorGrid, anchorPermutation, inverseSymmetry, type Symmetry, transformVolume } from "@gleaner/augment";
import * as tf from "@tensorflow/tfjs-core";
import type { DetectionPredict } from "./detection.js";

/** Voxels that the teacher sees in one forward pass: enough for small patches, few enough that its activations stay below those of a training step. */
const voxelsAtOnce = 2 ** 20;

/**
 * The mean of a detector's probabilities over K views of each patch, anchor by anchor.
 *
 * ```
 * ȳ = 1/K · Σ_k A_k⁻¹( σ(predict(A_k(x))) )
 * ```
 *
 * (Wang et al., CVPR 2020, section 3.3: every view is a flip or rotation, so that each anchor of a view is an anchor of the patch.)
 *
 * @param predict the teacher; it gets views of one shape as one batch, the patches of a view together and in the order of the views, up to 2²⁰
 *   voxels, so that what it says of a patch must not depend on the patches beside it
 * @param patches `[batch, z, y, x, channel]`
 * @param grid the anchor grid of one patch
 * @param views K ≥ 1 symmetries; the same ones serve the whole batch
 * @returns probabilities in 0..1, `[batch, N]`; no gradient flows through them: they are targets
 * @throws RangeError without a view, for a view that does not map the grid onto itself, or if `predict` does not answer every anchor of every patch
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { averageViews } from "@gleaner/methods";
 * // A teacher that reads one voxel an anchor; four anchors in a row along x.
 * const grid = { levels: [{ shape: [1, 1, 4], anchors: [[1, 1, 1]] }] };
 * const predict = (x) => ({ logits: tf.reshape(x, [x.shape[0], 4, 1]), deltas: tf.zeros([x.shape[0], 4, 6]) });
 * const still = { axes: [0, 1, 2], flips: [false, false, false] };
 * const flipped = { axes: [0, 1, 2], flips: [false, false, true] };
 * const patch = tf.tensor5d([-9, 0, 0, 9], [1, 1, 1, 4, 1]);
 * averageViews(predict, patch, grid, [still, flipped]).arraySync(); // => [[0.0001, 0.5, 0.5, 0.9999]]
 * ```
 */
export function averageViews(predict: DetectionPredict, patches: tf.Tensor5D, grid: AnchorGrid, views: readonly Symmetry[]): tf.Tensor2D {
  const { probabilities } = meanOverViews(predict, patches, grid, views, false);
  return tf.tensor2d(probabilities, [patches.shape[0], anchorsIn(grid)]);
}

/** What a teacher says of each anchor. */
export interface MeanPredictions {
  /** `[batch, N]`, 0..1. */
  probabilities: tf.Tensor2D;
  /** Box regression in the coder's units, `[batch, N, 6]`. */
  deltas: tf.Tensor3D;
}

/**
 * The mean of a detector's probabilities and of its boxes over K views of each patch, anchor by anchor.
 *
 * A flip of axis i turns the sign of the shift of a box along it, a permutation of axes permutes shifts and sizes: both are undone before the mean
 * of the deltas is taken (of sizes it is a geometric mean, since the coder has their logarithm).
 *
 * @param predict the teacher, as in {@link averageViews}; the coder's weights are the same for all axes
 * @param patches `[batch, z, y, x, channel]`
 * @param grid the anchor grid of one patch
 * @param views K ≥ 1 symmetries; the same ones serve the whole batch
 * @returns tensors which the caller disposes
 * @throws RangeError without a view, for a view that does not map the grid onto itself, or if `predict` does not answer every anchor of every patch
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { averagePredictions } from "@gleaner/methods";
 * // A teacher for which every object lies a bit further along x, whatever it is shown.
 * const grid = { levels: [{ shape: [1, 1, 2], anchors: [[1, 1, 1]] }] };
 * const further = tf.tensor1d([0, 0, 0.5, 0, 0, 1]);
 * const predict = (x) => ({ logits: tf.reshape(x, [x.shape[0], 2, 1]), deltas: tf.add(tf.zeros([x.shape[0], 2, 6]), further) });
 * const still = { axes: [0, 1, 2], flips: [false, false, false] };
 * const flipped = { axes: [0, 1, 2], flips: [false, false, true] };
 * const { deltas } = averagePredictions(predict, tf.tensor5d([0, 0], [1, 1, 1, 2, 1]), grid, [still, flipped]);
 * deltas.arraySync(); // => [[[0, 0, 0, 0, 0, 1], [0, 0, 0, 0, 0, 1]]]
 * ```
 */
export function averagePredictions(
  predict: DetectionPredict,
  patches: tf.Tensor5D,
  grid: AnchorGrid,
  views: readonly Symmetry[],
): MeanPredictions {
  const { probabilities, deltas } = meanOverViews(predict, patches, grid, views, true);
  const [count, anchors] = [patches.shape[0], anchorsIn(grid)];
  return { probabilities: tf.tensor2d(probabilities, [count, anchors]), deltas: tf.tensor3d(deltas, [count, anchors, 6]) };
}

const anchorsIn = ({ levels }: AnchorGrid): number =>
  levels.reduce((sum, { shape, anchors }) => sum + shape[0] * shape[1] * shape[2] * anchors.length, 0);

/** `[batch, N]` and `[batch, N, 6]`, flat. */
interface Means {
  probabilities: Float32Array;
  /** Empty where they were not asked for. */
  deltas: Float32Array;
}

// The values are few and their order is scattered: plain loops take a tenth of the time of gathers, and what follows reads the means anyway.
function meanOverViews(
  predict: DetectionPredict,
  patches: tf.Tensor5D,
  grid: AnchorGrid,
  views: readonly Symmetry[],
  withDeltas: boolean,
): Means {
  if (views.length === 0) throw new RangeError("views is empty; expected at least one symmetry");
  const batch = patches.shape[0];
  const anchors = anchorsIn(grid);
  const sums: Means = { probabilities: new Float32Array(batch * anchors), deltas: new Float32Array(withDeltas ? batch * anchors * 6 : 0) };
  for (const group of groupsOfViews(patches, views)) {
    // tf.tidy walks through every number of an array that it returns, which takes longer than all the rest: so it returns nothing.
    let seen: Means | undefined;
    tf.tidy(() => {
      const turned = group.map((view) => transformVolume(patches, view));
      const { logits, deltas } = predict(turned.length === 1 ? turned[0]! : tf.concat(turned, 0));
      const [count, own] = [group.length * batch, logits.shape[1]];
      if (logits.shape[0] !== count || own !== anchors) {
        throw new RangeError(
          `predict gave predictions of ${logits.shape[0]} patches with ${own} anchors; expected ${count}, the patches of its batch, with the grid's ${anchors}`,
        );
      }
      const probabilities = tf.sigmoid(logits).dataSync<"float32">();
      seen = { probabilities, deltas: withDeltas ? deltas.dataSync<"float32">() : new Float32Array(0) };
    });
    // One after the other in the order of the views, so that the sum does not depend on how many are seen at once.
    for (const [k, view] of group.entries()) addTurnedBack(sums, seen!, k * batch, batch, grid, view);
  }
  for (const values of [sums.probabilities, sums.deltas]) for (let i = 0; i < values.length; i++) values[i]! /= views.length;
  return sums;
}

/** Adds what was seen of the patches from `first` on, in one view, to where it belongs in the patch. */
function addTurnedBack(sums: Means, seen: Means, first: number, batch: number, grid: AnchorGrid, view: Symmetry): void {
  const order = orderBack(grid, view);
  const anchors = order.length;
  const { places, signs } = deltasOfView(view);
  for (let patch = 0; patch < batch; patch++) {
    for (let n = 0; n < anchors; n++) {
      const to = patch * anchors + n;
      const from = (first + patch) * anchors + order[n]!;
      sums.probabilities[to]! += seen.probabilities[from]!;
      if (sums.deltas.length === 0) continue;
      for (let i = 0; i < 6; i++) sums.deltas[6 * to + i]! += signs[i]! * seen.deltas[6 * from + places[i]!]!;
    }
  }
}

const ordersBack = new WeakMap<AnchorGrid, Map<string, Int32Array>>();

/**
 * Where each anchor of the patch is among a view's: through the inverse symmetry, on the grid as the view has it. Kept for the 48 symmetries, since
 * a training asks for those of one grid at every step.
 */
function orderBack(grid: AnchorGrid, view: Symmetry): Int32Array {
  const known = ordersBack.get(grid) ?? new Map<string, Int32Array>();
  ordersBack.set(grid, known);
  const key = `${view.axes} ${view.flips}`;
  const order = known.get(key) ?? anchorPermutation(gridOfView(grid, view), inverseSymmetry(view));
  known.set(key, order);
  return order;
}

/** Where each of the six deltas of the patch is among those of the view, and by what it is to be multiplied: axis i of the view is axis `axes[i]` of the patch. */
function deltasOfView({ axes, flips }: Symmetry): { places: number[]; signs: number[] } {
  const source = [0, 1, 2].map((axis) => axes.indexOf(axis as 0 | 1 | 2));
  return { places: [...source, ...source.map((i) => i + 3)], signs: [...source.map((i) => (flips[i] ? -1 : 1)), 1, 1, 1] };
}

/** Consecutive views of the same shape, as many as the teacher may see at once. */
function groupsOfViews(patches: tf.Tensor5D, views: readonly Symmetry[]): Symmetry[][] {
  const most = Math.max(1, Math.floor(voxelsAtOnce / Math.max(1, patches.size)));
  const shapeOf = ({ axes }: Symmetry): string => axes.map((axis) => patches.shape[axis + 1]).join();
  const groups: Symmetry[][] = [];
  for (const view of views) {
    const group = groups.at(-1);
    if (group && group.length < most && shapeOf(group[0]!) === shapeOf(view)) group.push(view);
    else groups.push([view]);
  }
  return groups;
}

/** The anchor grid as it lies in a view: output axis i is input axis `axes[i]`. */
function gridOfView(grid: AnchorGrid, view: Symmetry): AnchorGrid {
  const permute = (v: readonly number[]): [number, number, number] => [v[view.axes[0]]!, v[view.axes[1]]!, v[view.axes[2]]!];
  // The order of the sizes at a location stays: a level whose sizes are not closed under the permutation is refused by anchorPermutation.
  return { levels: grid.levels.map((level) => ({ shape: permute(level.shape), anchors: level.anchors })) };
}
