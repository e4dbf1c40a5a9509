import { type AnchorGrid, anchorPermutation, inverseSymmetry, type Symmetry, transformVolume } from "@gleaner/augment";
import * as tf from "@tensorflow/tfjs-core";
import type { DetectionPredict } from "./detection.js";

/**
 * The mean of a detector's probabilities over K views of each patch, anchor by anchor.
 *
 * ```
 * ȳ = 1/K · Σ_k A_k⁻¹( σ(predict(A_k(x))) )
 * ```
 *
 * (Wang et al., CVPR 2020, section 3.3: every view is a flip or rotation, so that each anchor of a view is an anchor of the patch.)
 *
 * @param predict the teacher
 * @param patches `[batch, z, y, x, channel]`
 * @param grid the anchor grid of one patch
 * @param views K ≥ 1 symmetries; the same ones serve the whole batch
 * @returns probabilities in 0..1, `[batch, N]`, without a gradient if called outside a tape
 * @throws RangeError without a view, or for a view that does not map the grid onto itself
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { averageViews } from "@gleaner/methods";
 * // A teacher that reads one voxel an anchor; four anchors in a row along x.
 * const grid = { levels: [{ shape: [1, 1, 4], anchors: [[1, 1, 1]] }] };
 * const predict = (x) => ({ logits: tf.reshape(x, [1, 4, 1]), deltas: tf.zeros([1, 4, 6]) });
 * const still = { axes: [0, 1, 2], flips: [false, false, false] };
 * const flipped = { axes: [0, 1, 2], flips: [false, false, true] };
 * const patch = tf.tensor5d([-9, 0, 0, 9], [1, 1, 1, 4, 1]);
 * averageViews(predict, patch, grid, [still, flipped]).arraySync(); // => [[0.0001, 0.5, 0.5, 0.9999]]
 * ```
 */
export function averageViews(predict: DetectionPredict, patches: tf.Tensor5D, grid: AnchorGrid, views: readonly Symmetry[]): tf.Tensor2D {
  return meanOverViews(views, (view) => {
    const { logits } = predict(transformVolume(patches, view));
    return [tf.gather(probabilitiesOf(logits), orderBack(grid, view), 1)];
  })[0] as tf.Tensor2D;
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
 * @param predict the teacher; the coder's weights are the same for all axes
 * @param patches `[batch, z, y, x, channel]`
 * @param grid the anchor grid of one patch
 * @param views K ≥ 1 symmetries; the same ones serve the whole batch
 * @returns tensors which the caller disposes
 * @throws RangeError without a view, or for a view that does not map the grid onto itself
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { averagePredictions } from "@gleaner/methods";
 * // A teacher for which every object lies a bit further along x, whatever it is shown.
 * const grid = { levels: [{ shape: [1, 1, 2], anchors: [[1, 1, 1]] }] };
 * const predict = (x) => ({ logits: tf.reshape(x, [1, 2, 1]), deltas: tf.tensor3d([[[0, 0, 0.5, 0, 0, 1], [0, 0, 0.5, 0, 0, 1]]]) });
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
  const [probabilities, deltas] = meanOverViews(views, (view) => {
    const ofView = predict(transformVolume(patches, view));
    const order = orderBack(grid, view);
    return [tf.gather(probabilitiesOf(ofView.logits), order, 1), turnedDeltas(tf.gather(ofView.deltas, order, 1), view)];
  });
  return { probabilities: probabilities as tf.Tensor2D, deltas: deltas as tf.Tensor3D };
}

function meanOverViews(views: readonly Symmetry[], ofView: (view: Symmetry) => tf.Tensor[]): tf.Tensor[] {
  if (views.length === 0) throw new RangeError("views is empty; expected at least one symmetry");
  return tf.tidy(() => {
    let sums: tf.Tensor[] | undefined;
    for (const view of views) {
      const answers = tf.tidy(() => ofView(view));
      const before: tf.Tensor[] | undefined = sums;
      sums = before ? before.map((sum, i) => tf.add(sum, answers[i]!)) : answers;
      if (before) tf.dispose([before, answers]);
    }
    return sums!.map((sum) => tf.div(sum, views.length));
  });
}

const probabilitiesOf = (logits: tf.Tensor3D): tf.Tensor2D => tf.sigmoid(tf.reshape(logits, [logits.shape[0], logits.shape[1]]));

/** Where each anchor of the patch is among a view's: anchor k is found in the view through the inverse symmetry, on the grid as the view has it. */
const orderBack = (grid: AnchorGrid, view: Symmetry): tf.Tensor1D =>
  tf.tensor1d(anchorPermutation(gridOfView(grid, view), inverseSymmetry(view)), "int32");

/** Axis i of the view is axis `axes[i]` of the patch. What the view leaves as it is costs nothing. */
function turnedDeltas(deltas: tf.Tensor3D, { axes, flips }: Symmetry): tf.Tensor3D {
  const source = [0, 1, 2].map((axis) => axes.indexOf(axis as 0 | 1 | 2));
  const isMoved = source.some((from, axis) => from !== axis);
  const moved = isMoved ? tf.gather(deltas, tf.tensor1d([...source, ...source.map((i) => i + 3)], "int32"), 2) : deltas;
  if (!flips.includes(true)) return moved;
  return tf.mul(moved, tf.tensor1d([...source.map((i) => (flips[i] ? -1 : 1)), 1, 1, 1]));
}

/** The anchor grid as it lies in a view: output axis i is input axis `axes[i]`. */
function gridOfView(grid: AnchorGrid, view: Symmetry): AnchorGrid {
  const permute = (v: readonly number[]): [number, number, number] => [v[view.axes[0]]!, v[view.axes[1]]!, v[view.axes[2]]!];
  // The order of the sizes at a location stays: a level whose sizes are not closed under the permutation is refused by anchorPermutation.
  return { levels: grid.levels.map((level) => ({ shape: permute(level.shape), anchors: level.anchors })) };
}
