import { type AnchorGrid, anchorPermutation, inverseSymmetry, type Symmetry, transformVolume } from "@gleaner/augment";
import * as tf from "@tensorflow/tfjs-core";
import type { DetectionPredict, DetectionPredictions } from "./detection.js";

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
 * @returns probabilities in 0..1, `[batch, N]`, without a gradient if called outside a tape
 * @throws RangeError without a view, for a view that does not map the grid onto itself, or if `predict` does not answer every patch of its batch
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
  const probabilities = ({ logits }: DetectionPredictions): tf.Tensor[] => [probabilitiesOf(logits)];
  const [mean] = meanOverViews(predict, patches, views, probabilities, ([ofView], view) => [tf.gather(ofView!, orderBack(grid, view), 1)]);
  return mean as tf.Tensor2D;
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
 * @throws RangeError without a view, for a view that does not map the grid onto itself, or if `predict` does not answer every patch of its batch
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
  const both = ({ logits, deltas }: DetectionPredictions): tf.Tensor[] => [probabilitiesOf(logits), deltas];
  const [probabilities, deltas] = meanOverViews(predict, patches, views, both, ([p, d], view) => {
    const order = orderBack(grid, view);
    return [tf.gather(p!, order, 1), turnedDeltas(tf.gather(d as tf.Tensor3D, order, 1), view)];
  });
  return { probabilities: probabilities as tf.Tensor2D, deltas: deltas as tf.Tensor3D };
}

/** Means over views of what `valuesOf` takes from the predictions of several at once, and `back` brings to the order of the patch's anchors. */
function meanOverViews(
  predict: DetectionPredict,
  patches: tf.Tensor5D,
  views: readonly Symmetry[],
  valuesOf: (predictions: DetectionPredictions) => tf.Tensor[],
  back: (ofView: tf.Tensor[], view: Symmetry) => tf.Tensor[],
): tf.Tensor[] {
  if (views.length === 0) throw new RangeError("views is empty; expected at least one symmetry");
  return tf.tidy(() => {
    let sums: tf.Tensor[] | undefined;
    for (const group of groupsOfViews(patches, views)) {
      const before: tf.Tensor[] | undefined = sums;
      sums = tf.tidy(() => {
        const turned = group.map((view) => transformVolume(patches, view));
        const predictions = predict(turned.length === 1 ? turned[0]! : tf.concat(turned, 0));
        const [count, seen] = [predictions.logits.shape[0], group.length * patches.shape[0]];
        if (count !== seen)
          throw new RangeError(`predict gave predictions of ${count} patches; expected ${seen}, the patches of its batch`);
        const parts = valuesOf(predictions).map((value) => (group.length === 1 ? [value] : tf.split(value, group.length, 0)));
        const ofView = (k: number): tf.Tensor[] => parts.map((part) => part[k]!);
        const each = group.map((view, k) => back(ofView(k), view));
        // One after the other in the order of the views, so that the sum does not depend on how many are seen at once.
        return each.reduce((sum, next) => sum.map((value, i) => tf.add(value, next[i]!)), before ?? each.shift()!);
      });
      if (before) tf.dispose(before);
    }
    return sums!.map((sum) => tf.div(sum, views.length));
  });
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
