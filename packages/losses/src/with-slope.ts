import * as tf from "@tensorflow/tfjs-core";

/**
 * A function of `x` whose derivative is computed along with its value: `f` gives [value, slope], and the gradient of `x` is dy·slope, where dy has the
 * value's shape and broadcasts against the slope. One node on the tape and one tensor kept for the backward pass. First derivatives only.
 */
export function withSlope(x: tf.Tensor, f: (x: tf.Tensor) => [tf.Tensor, tf.Tensor]): tf.Tensor {
  return tf.customGrad((input, save) => {
    const [value, slope] = tf.tidy(() => f(input as tf.Tensor));
    (save as (tensors: tf.Tensor[]) => void)([slope]);
    return { value, gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => [tf.mul(dy, saved[0]!)] };
  })(x);
}
