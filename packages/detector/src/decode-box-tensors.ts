import * as tf from "@tensorflow/tfjs-core";
import { type DecodeOptions, maxLogSizeDefault, unitWeights } from "./box-coder.js";
import { countBoxes } from "./boxes.js";

/**
 * Boxes from offsets to anchors as tensors: {@link decodeBoxes} with a gradient, for losses of boxes such as GIoU.
 *
 * Beyond `maxLogSize` a size delta has no gradient.
 *
 * @param anchors anchor boxes of one patch, flat, 6 numbers each (voxels)
 * @param deltas float32 [batch, anchors, 6]
 * @returns boxes [batch, anchors, 6] in voxels; differentiable in the deltas
 * @throws RangeError if deltas are not of these anchors
 * @example
 * ```ts
 * import "@tensorflow/tfjs";
 * import * as tf from "@tensorflow/tfjs-core";
 * import { decodeBoxTensors } from "@gleaner/detector";
 * await tf.ready();
 * const deltas = tf.tensor3d([[[0.25, 0, 0.5, 0, 0, Math.log(2)]]]);
 * decodeBoxTensors([0, 0, 0, 4, 4, 4], deltas).dataSync(); // => [1.000, 0.000, 0.000, 5.000, 4.000, 8.000]
 * ```
 */
export function decodeBoxTensors(
  anchors: ArrayLike<number>,
  deltas: tf.Tensor3D,
  { weights = unitWeights, maxLogSize = maxLogSizeDefault }: DecodeOptions = {},
): tf.Tensor3D {
  const count = countBoxes(anchors, "anchors");
  if (deltas.rank !== 3 || deltas.shape[1] !== count || deltas.shape[2] !== 6)
    throw new RangeError(`deltas of shape [${deltas.shape.join(", ")}], expected [batch, ${count}, 6] for ${count} anchors`);
  const [centers, sizes] = [new Float32Array(3 * count), new Float32Array(3 * count)];
  for (let i = 0; i < 3 * count; i++) {
    const [low, high] = [anchors[6 * Math.floor(i / 3) + (i % 3)]!, anchors[6 * Math.floor(i / 3) + 3 + (i % 3)]!];
    [centers[i], sizes[i]] = [(low + high) / 2, high - low];
  }
  return tf.tidy(() => {
    const size = tf.tensor2d(sizes, [count, 3]);
    const [shift, growth] = [tf.slice(deltas, [0, 0, 0], [-1, -1, 3]), tf.slice(deltas, [0, 0, 3], [-1, -1, 3])];
    const center = tf.add(tf.tensor2d(centers, [count, 3]), tf.mul(tf.div(shift, tf.tensor1d(weights.slice(0, 3))), size));
    const logSize = tf.minimum(tf.div(growth, tf.tensor1d(weights.slice(3))), maxLogSize);
    const half = tf.mul(tf.exp(logSize), tf.mul(size, 0.5));
    return tf.concat([tf.sub(center, half), tf.add(center, half)], 2) as tf.Tensor3D;
  });
}
