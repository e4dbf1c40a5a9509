import * as tf from "@tensorflow/tfjs-core";
import { repeatInBlocks, sumOfBlocks } from "./blocks-of-8.js";

/**
 * Nearest-neighbor upsampling of a volume by two along z, y and x, with its own gradient (the sum over 2 × 2 × 2).
 *
 * Made of reshapes, concatenations and additions of matrices, so that it is right and fast on every backend; one kernel where the engine has
 * `GleanerUpsampleNearest3d`.
 *
 * @param x [batch, z, y, x, channel]
 * @returns [batch, 2z, 2y, 2x, channel]
 * @example
 * ```ts
 * import "@tensorflow/tfjs";
 * import * as tf from "@tensorflow/tfjs-core";
 * import { upsampleNearest3d } from "@gleaner/detector";
 * await tf.ready();
 * const y = upsampleNearest3d(tf.tensor5d([1, 2], [1, 1, 1, 2, 1]));
 * y.shape; // => [1, 2, 2, 4, 1]
 * tf.slice(y, [0, 0, 0, 0, 0], [1, 1, 1, 4, 1]).dataSync(); // => [1, 1, 2, 2]
 * ```
 */
export function upsampleNearest3d(x: tf.Tensor5D): tf.Tensor5D {
  const op = tf.customGrad((...args) => {
    const gradFunc = (dy: tf.Tensor): tf.Tensor[] => [sumOfBlocks(dy as tf.Tensor5D)];
    return { value: repeatInBlocks(args[0] as tf.Tensor5D), gradFunc };
  });
  return op(x) as tf.Tensor5D;
}
