import * as tf from "@tensorflow/tfjs-core";
import { requireAbove } from "./checks.js";

/**
 * Distributions made more certain (T < 1) or less (T > 1).
 *
 * ```
 * sharpen(p, T)_c = p_c^(1/T) / Σ_j p_j^(1/T)
 * ```
 *
 * (Berthelot et al., MixMatch, NeurIPS 2019, eq. 7.) Computed relative to the largest probability, so that no temperature underflows. It equals
 * `softmax(z / T)` for `p = softmax(z)`; from logits, write that.
 *
 * @param probabilities ≥ 0, classes on the last axis
 * @param temperature T > 0; 1 is the identity
 * @returns the same shape, sums of 1 over the last axis; NaN for a row whose entries are all 0
 * @throws RangeError if T is not a finite number above 0, or for a scalar
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { sharpen } from "@gleaner/losses";
 * sharpen(tf.tensor1d([0.25, 0.75]), 0.5).arraySync(); // => [0.1, 0.9]
 * ```
 */
export function sharpen(probabilities: tf.Tensor, temperature: number): tf.Tensor {
  requireAbove("temperature", temperature, 0);
  if (probabilities.rank === 0) throw new RangeError("probabilities is a scalar; expected classes on the last axis");
  return tf.tidy(() => {
    const powers = tf.pow(tf.div(probabilities, tf.max(probabilities, -1, true)), 1 / temperature);
    return tf.div(powers, tf.sum(powers, -1, true));
  });
}

/**
 * Probabilities of yes against no made more certain (T < 1) or less (T > 1), element by element.
 *
 * ```
 * sharpenBinary(y, T) = y^(1/T) / (y^(1/T) + (1 − y)^(1/T))
 * ```
 *
 * (`sharpen` of (y, 1 − y); Wang et al., FocalMix, CVPR 2020, section 3.3.)
 *
 * @param probabilities y in 0..1, any shape; values that rounding has put just outside are clipped
 * @param temperature T > 0; 1 is the identity
 * @returns the same shape, in 0..1; 0, ½ and 1 stay
 * @throws RangeError if T is not a finite number above 0
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { sharpenBinary } from "@gleaner/losses";
 * sharpenBinary(tf.tensor1d([0, 0.25, 0.5, 0.75]), 0.5).arraySync(); // => [0, 0.1, 0.5, 0.9]
 * ```
 */
export function sharpenBinary(probabilities: tf.Tensor, temperature: number): tf.Tensor {
  requireAbove("temperature", temperature, 0);
  return tf.tidy(() => {
    const yes = tf.clipByValue(probabilities, 0, 1);
    const no = tf.sub(1, yes);
    const larger = tf.maximum(yes, no);
    const yesPower = tf.pow(tf.div(yes, larger), 1 / temperature);
    const noPower = tf.pow(tf.div(no, larger), 1 / temperature);
    return tf.div(yesPower, tf.add(yesPower, noPower));
  });
}
