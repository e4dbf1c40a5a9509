import * as tf from "@tensorflow/tfjs-core";
import { hasOperator, runOperator } from "./all-at-once.js";
import { join, makePacks, part } from "./packs.js";

/** Clipped gradients and the norm they had before. */
export interface ClippedGradients {
  gradients: Record<string, tf.Tensor>;
  /** The global norm before clipping, still on the device: read it when it is shown. */
  norm: tf.Scalar;
}

/** An operator for all gradients at once, where the engine has it (@gleaner/native does). */
const operator = "GleanerClipByGlobalNorm";

/**
 * Scales all gradients by min(1, limit / ‖g‖), where ‖g‖ is the norm of all of them together
 * (Pascanu, Mikolov & Bengio, "On the difficulty of training recurrent neural networks", 2013). Nothing is read back from the device.
 *
 * @param gradients tensors by name; they stay the caller's and are not changed
 * @param limit the largest norm that passes, > 0
 * @returns new tensors, owned by the caller; without gradients the norm is 0; where one is not finite, the norm is not either and no
 *   gradient is of use
 * @throws RangeError if `limit` is not above 0
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { clipByGlobalNorm } from "@gleaner/training";
 * const { gradients, norm } = clipByGlobalNorm({ a: tf.tensor1d([3]), b: tf.tensor1d([0, 4]) }, 1);
 * norm; // => 5
 * gradients["b"]; // => [0, 0.8]
 * ```
 */
export function clipByGlobalNorm(gradients: Readonly<Record<string, tf.Tensor>>, limit: number): ClippedGradients {
  if (!(limit > 0)) throw new RangeError(`limit must be a number above 0, got ${limit}`);
  return tf.tidy(() => {
    const [names, tensors] = [Object.keys(gradients), Object.values(gradients)];
    if (hasOperator(operator, tensors)) {
      const [norm, ...clipped] = runOperator(operator, [limit], [tensors]);
      return { gradients: Object.fromEntries(names.map((name, i) => [name, clipped[i]!])), norm: norm as tf.Scalar };
    }
    const packs = makePacks(gradients, names).map((pack) => ({ pack, joined: join(pack, gradients) }));
    const squares = packs.map(({ joined }) => tf.sum(tf.square(joined)) as tf.Scalar);
    const norm = tf.sqrt(squares.length > 0 ? tf.sum(tf.stack(squares)) : tf.scalar(0)) as tf.Scalar;
    // limit / max(norm, limit) is 1 below the limit and never divides by 0.
    const factor = tf.div(limit, tf.maximum(norm, limit));
    const clipped = packs.flatMap(({ pack, joined }) => part(pack, tf.mul(joined, factor)).map((tensor, i) => [pack.names[i]!, tensor]));
    return { gradients: Object.fromEntries(clipped), norm };
  });
}
