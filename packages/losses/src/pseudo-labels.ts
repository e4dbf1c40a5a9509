import * as tf from "@tensorflow/tfjs-core";
import { requireSameShape } from "./checks.js";

/** What a batch of predictions says, each `[batch]`. */
export interface PseudoLabels {
  /** The likeliest class, int32; the first of equal ones. */
  labels: tf.Tensor1D;
  /** Its probability. */
  confidences: tf.Tensor1D;
  /** 1 where the confidence reaches the threshold (≥, in float32), 0 elsewhere. */
  mask: tf.Tensor1D;
}

/**
 * Labels guessed from predictions, and which of them are confident enough to train on.
 *
 * With one threshold it is FixMatch's rule, with one a class FlexMatch's (the flexible thresholds of `@gleaner/curriculum`). No part has a gradient.
 *
 * @param probabilities `[batch, classes]`
 * @param thresholds one number, or one for each class, in 0..1
 * @returns three tensors which the caller disposes
 * @throws RangeError if it is not `[batch, classes]` or the thresholds are not one for each class
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { pseudoLabels } from "@gleaner/losses";
 * const probabilities = tf.tensor2d([[0.75, 0.25], [0.25, 0.75]]);
 * pseudoLabels(probabilities, 0.95).mask.arraySync(); // => [0, 0]
 * pseudoLabels(probabilities, [0.95, 0.5]).mask.arraySync(); // => [0, 1]
 * ```
 */
export function pseudoLabels(probabilities: tf.Tensor2D, thresholds: number | ArrayLike<number>): PseudoLabels {
  if (probabilities.rank !== 2) throw new RangeError(`probabilities is [${probabilities.shape}]; expected [batch, classes]`);
  const classes = probabilities.shape[1];
  if (typeof thresholds !== "number" && thresholds.length !== classes) {
    throw new RangeError(`thresholds has ${thresholds.length} entries; expected ${classes}, one for each class`);
  }
  const [labels, confidences, mask] = tf.tidy(() => {
    const likeliest = tf.argMax(probabilities, 1) as tf.Tensor1D;
    const highest = tf.max(probabilities, 1) as tf.Tensor1D;
    const needed = typeof thresholds === "number" ? thresholds : tf.gather(tf.tensor1d(Float32Array.from(thresholds)), likeliest);
    return [likeliest, highest, tf.cast(tf.greaterEqual(highest, needed), "float32")] as [tf.Tensor1D, tf.Tensor1D, tf.Tensor1D];
  });
  return { labels, confidences, mask };
}

/**
 * Predictions moved so that their mean over the data becomes a wanted one.
 *
 * ```
 * aligned = normalize(p · target / model)
 * ```
 *
 * (Berthelot et al., ReMixMatch, ICLR 2020, section 3.1.)
 *
 * @param probabilities `[batch, classes]`
 * @param model the mean of the model's predictions, `[classes]`, above 0; keep it up to date with `movingMean`
 * @param target the wanted mean, `[classes]`: class frequencies of the labeled examples, or all equal
 * @returns distributions of the same shape
 * @throws RangeError if shapes do not fit
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { alignDistribution } from "@gleaner/losses";
 * alignDistribution(tf.tensor2d([[0.5, 0.5]]), tf.tensor1d([0.75, 0.25]), tf.tensor1d([0.5, 0.5])).arraySync(); // => [[0.25, 0.75]]
 * ```
 */
export function alignDistribution(probabilities: tf.Tensor2D, model: tf.Tensor1D, target: tf.Tensor1D): tf.Tensor2D {
  if (probabilities.rank !== 2 || model.rank !== 1 || model.shape[0] !== probabilities.shape[1]) {
    throw new RangeError(`model is [${model.shape}]; expected the classes of probabilities, [${probabilities.shape}]`);
  }
  requireSameShape("target", target, "model", model);
  return tf.tidy(() => {
    const moved = tf.mul(probabilities, tf.div(target, model));
    return tf.div(moved, tf.sum(moved, 1, true)) as tf.Tensor2D;
  });
}

/**
 * The moving mean of predictions that `alignDistribution` needs.
 *
 * ```
 * mean = decay·previous + (1 − decay)·mean of the batch;   at first the mean of the batch itself
 * ```
 *
 * @param previous the mean so far, `[classes]`, or null at the first batch
 * @param probabilities `[batch, classes]`
 * @param decay in 0..1; default 0.999
 * @returns a new tensor `[classes]`; the caller disposes `previous`
 * @throws RangeError if shapes do not fit, the batch is empty or the decay is not in 0..1
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { movingMean } from "@gleaner/losses";
 * const first = movingMean(null, tf.tensor2d([[1, 0], [0.5, 0.5]]));
 * first.arraySync(); // => [0.75, 0.25]
 * movingMean(first, tf.tensor2d([[0, 1]]), 0.9).arraySync(); // => [0.675, 0.325]
 * ```
 */
export function movingMean(previous: tf.Tensor1D | null, probabilities: tf.Tensor2D, decay: number = 0.999): tf.Tensor1D {
  if (!(decay >= 0 && decay <= 1)) throw new RangeError(`decay is ${decay}; expected a number in 0..1`);
  if (probabilities.rank !== 2 || probabilities.shape[0] === 0) {
    throw new RangeError(`probabilities is [${probabilities.shape}]; expected [batch, classes] with a batch of at least 1`);
  }
  if (previous && (previous.rank !== 1 || previous.shape[0] !== probabilities.shape[1])) {
    throw new RangeError(`previous is [${previous.shape}]; expected [${probabilities.shape[1]}], the classes of probabilities`);
  }
  return tf.tidy(() => {
    const mean = tf.mean(probabilities, 0) as tf.Tensor1D;
    return previous ? tf.add(tf.mul(previous, decay), tf.mul(mean, 1 - decay)) : mean;
  });
}
