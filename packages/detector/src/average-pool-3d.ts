import * as tf from "@tensorflow/tfjs-core";
import { repeatInBlocks, sumOfBlocks } from "./blocks-of-8.js";

/**
 * The mean of every 2 × 2 × 2 voxels of a volume, with its own gradient: it halves the extents and, unlike a strided kernel of odd width, keeps every
 * output voxel centered on its inputs.
 *
 * @param x [batch, z, y, x, channel] with even extents
 * @returns [batch, z/2, y/2, x/2, channel]
 * @throws RangeError if an extent is odd
 * @example
 * ```ts
 * import "@tensorflow/tfjs";
 * import * as tf from "@tensorflow/tfjs-core";
 * import { averagePool3d } from "@gleaner/detector";
 * await tf.ready();
 * const x = tf.tensor5d([1, 2, 3, 4, 5, 6, 7, 8], [1, 2, 2, 2, 1]);
 * averagePool3d(x).dataSync(); // => [4.5]
 * ```
 */
export function averagePool3d(x: tf.Tensor5D): tf.Tensor5D {
  if (x.shape.slice(1, 4).some((extent) => extent % 2 !== 0))
    throw new RangeError(`x of shape [${x.shape.join(", ")}], expected even extents`);
  const op = tf.customGrad((...args) => {
    const gradFunc = (dy: tf.Tensor): tf.Tensor[] => [repeatInBlocks(tf.div(dy as tf.Tensor5D, 8))];
    return { value: tf.div(sumOfBlocks(args[0] as tf.Tensor5D), 8), gradFunc };
  });
  return op(x) as tf.Tensor5D;
}
