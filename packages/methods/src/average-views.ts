import {
  type AnchorGrid,
  anchorPermutation,
  applyAnchorPermutation,
  inverseSymmetry,
  type Symmetry,
  transformVolume,
} from "@gleaner/augment";
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
  if (views.length === 0) throw new RangeError("views is empty; expected at least one symmetry");
  return tf.tidy(() => {
    const batch = patches.shape[0];
    let sum: tf.Tensor2D | undefined;
    for (const view of views) {
      const probabilities = tf.tidy(() => {
        const { logits } = predict(transformVolume(patches, view));
        const ofView = tf.sigmoid(tf.reshape(logits, [batch, logits.shape[1]])) as tf.Tensor2D;
        // Anchor k of the patch is found in the view through the inverse symmetry, on the grid as the view has it.
        const back = anchorPermutation(gridOfView(grid, view), inverseSymmetry(view));
        return applyAnchorPermutation(ofView, back) as tf.Tensor2D;
      });
      const before: tf.Tensor2D | undefined = sum;
      sum = before ? tf.add(before, probabilities) : probabilities;
      if (before) tf.dispose([before, probabilities]);
    }
    return tf.div(sum as tf.Tensor2D, views.length) as tf.Tensor2D;
  });
}

/** The anchor grid as it lies in a view: output axis i is input axis `axes[i]`. */
function gridOfView(grid: AnchorGrid, view: Symmetry): AnchorGrid {
  const permute = (v: readonly number[]): [number, number, number] => [v[view.axes[0]]!, v[view.axes[1]]!, v[view.axes[2]]!];
  // The order of the sizes at a location stays: a level whose sizes are not closed under the permutation is refused by anchorPermutation.
  return { levels: grid.levels.map((level) => ({ shape: permute(level.shape), anchors: level.anchors })) };
}
