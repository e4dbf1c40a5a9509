import * as tf from "@tensorflow/tfjs-core";
import { requireFloat, requireSameShape } from "./checks.js";

/** As in common implementations: keeps the quotient finite where both boxes are points. It is the float32 machine epsilon. */
const epsilon = 2 ** -23;

/**
 * One minus the generalized intersection over union of boxes, pair by pair.
 *
 * ```
 * 1 − GIoU = 1 − |A ∩ B| / |A ∪ B| + (|C| − |A ∪ B|) / |C|,   C the smallest box around A and B
 * ```
 *
 * (Rezatofighi et al., CVPR 2019.) Unlike IoU it has a slope where the boxes are apart. Where corners touch exactly it has a kink, and the derivative is that
 * of one side.
 *
 * @param targets boxes `[z0, y0, x0, z1, y1, x1]` as `[n, 6]`, in voxels or any one unit
 * @param predictions float32 of the same shape; a side that is turned around counts as 0
 * @returns `[n]`, in 0..2; empty for no boxes; differentiable in both
 * @throws RangeError if a shape is not `[n, 6]` or the shapes differ
 * @throws TypeError if the predictions are not float32
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { giouLoss } from "@gleaner/losses";
 * const cube = tf.tensor2d([[0, 0, 0, 4, 4, 4]]);
 * giouLoss(cube, cube).arraySync(); // => [0.0]
 * giouLoss(cube, tf.tensor2d([[0, 0, 2, 4, 4, 6]])).arraySync(); // => [0.6667]
 * giouLoss(cube, tf.tensor2d([[0, 0, 8, 4, 4, 12]])).arraySync(); // => [1.3333]
 * ```
 */
export function giouLoss(targets: tf.Tensor2D, predictions: tf.Tensor2D): tf.Tensor1D {
  requireSameShape("targets", targets, "predictions", predictions);
  requireFloat("predictions", predictions);
  if (predictions.rank !== 2 || predictions.shape[1] !== 6) throw new RangeError(`predictions is [${predictions.shape}]; expected [n, 6]`);
  return tf.tidy(() => {
    const lower = (boxes: tf.Tensor2D): tf.Tensor2D => tf.slice(boxes, [0, 0], [-1, 3]);
    const upper = (boxes: tf.Tensor2D): tf.Tensor2D => tf.slice(boxes, [0, 3], [-1, 3]);
    const volume = (from: tf.Tensor2D, to: tf.Tensor2D): tf.Tensor1D => {
      const [z, y, x] = tf.unstack(tf.relu(tf.sub(to, from)), 1) as [tf.Tensor1D, tf.Tensor1D, tf.Tensor1D];
      return tf.mul(tf.mul(z, y), x);
    };
    const [a0, a1, b0, b1] = [lower(targets), upper(targets), lower(predictions), upper(predictions)];
    const intersection = volume(tf.maximum(a0, b0), tf.minimum(a1, b1));
    const union = tf.sub(tf.add(volume(a0, a1), volume(b0, b1)), intersection);
    const around = volume(tf.minimum(a0, b0), tf.maximum(a1, b1));
    const iou = tf.div(intersection, tf.add(union, epsilon));
    const waste = tf.div(tf.sub(around, union), tf.add(around, epsilon));
    return tf.add(tf.sub(1, iou), waste) as tf.Tensor1D;
  });
}
