import * as tf from "@tensorflow/tfjs-core";
import { requireFloat, requireSameShape } from "./checks.js";
import { withSlope } from "./with-slope.js";

/**
 * The mean over the batch of mask_i·(Σ_c −q_ic·ln p_ic − constant_i) with p = softmax(logits), and its slope mask_i·(p_ic·Σ_j q_ij − q_ic)/batch. Neither
 * targets nor mask get a gradient.
 */
function meanCrossEntropy(
  logits: tf.Tensor2D,
  mask: tf.Tensor1D | undefined,
  targetsOf: () => tf.Tensor2D,
  constantOf?: (targets: tf.Tensor2D) => tf.Tensor1D,
): tf.Scalar {
  requireFloat("logits", logits);
  if (logits.rank !== 2) throw new RangeError(`logits is [${logits.shape}]; expected [batch, classes]`);
  const batch = logits.shape[0];
  if (mask && (mask.rank !== 1 || mask.shape[0] !== batch))
    throw new RangeError(`mask is [${mask.shape}]; expected [${batch}], one for each row of logits`);
  // A mean over nothing is 0 here, so that a step without such examples adds nothing.
  if (batch === 0) return tf.scalar(0);
  const loss = withSlope(logits, (z) => {
    const targets = targetsOf();
    const logProbabilities = tf.logSoftmax(z);
    const rows = tf.neg(tf.sum(tf.mul(targets, logProbabilities), 1)) as tf.Tensor1D;
    const each = constantOf ? tf.sub(rows, constantOf(targets)) : rows;
    const weights = mask ? tf.div(tf.cast(mask, "float32"), batch) : tf.fill([batch], 1 / batch);
    const slope = tf.sub(tf.mul(tf.exp(logProbabilities), tf.sum(targets, 1, true)), targets);
    return [tf.sum(tf.mul(each, weights)), tf.mul(slope, tf.reshape(weights, [batch, 1]))];
  });
  return loss as tf.Scalar;
}

/**
 * Cross-entropy with class labels: the supervised loss, and with a mask the consistency loss of FixMatch, FlexMatch and pseudo-labeling.
 *
 * ```
 * 1/B · Σ_i mask_i · (−ln softmax(logits_i)[label_i])
 * ```
 *
 * (Sohn et al., FixMatch, NeurIPS 2020, eq. 4.) The mean is over all B rows: those that the mask leaves out count as 0 and still divide.
 *
 * @param labels classes in 0..C−1, `[batch]`
 * @param logits `[batch, classes]`, float32
 * @param mask weights, mostly 0 and 1, `[batch]`; default all 1
 * @returns a scalar; 0 for an empty batch; only logits get a gradient
 * @throws RangeError if shapes do not fit; TypeError if the logits are not float32
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { hardCrossEntropy } from "@gleaner/losses";
 * const logits = tf.tensor2d([[0, 0], [0, Math.log(3)]]);
 * hardCrossEntropy(tf.tensor1d([1, 1], "int32"), logits).arraySync(); // => 0.4904
 * hardCrossEntropy(tf.tensor1d([1, 1], "int32"), logits, tf.tensor1d([0, 1])).arraySync(); // => 0.1438
 * ```
 */
export function hardCrossEntropy(labels: tf.Tensor1D, logits: tf.Tensor2D, mask?: tf.Tensor1D): tf.Scalar {
  if (labels.rank !== 1 || labels.shape[0] !== logits.shape[0]) {
    throw new RangeError(`labels is [${labels.shape}]; expected [${logits.shape[0]}], one for each row of logits`);
  }
  // One-hot in int32 and cast: asked for float32, stock WASM writes the bits of integers.
  return meanCrossEntropy(logits, mask, () => tf.cast(tf.oneHot(tf.cast(labels, "int32"), logits.shape[1]), "float32") as tf.Tensor2D);
}

/**
 * Cross-entropy with target distributions: the consistency loss of UDA as its PyTorch versions have it, and of FixMatch with soft labels.
 *
 * ```
 * 1/B · Σ_i mask_i · Σ_c −target_ic · ln softmax(logits_i)[c]
 * ```
 *
 * The mean is over all B rows, as in `hardCrossEntropy`. Its gradient is that of the Kullback–Leibler divergence.
 *
 * @param targets distributions over the classes, `[batch, classes]`
 * @param logits float32 of the same shape
 * @param mask weights, mostly 0 and 1, `[batch]`; default all 1
 * @returns a scalar; 0 for an empty batch; only logits get a gradient
 * @throws RangeError if shapes do not fit; TypeError if the logits are not float32
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { sharpen, softCrossEntropy } from "@gleaner/losses";
 * const weak = tf.tensor2d([[0.25, 0.75]]);
 * softCrossEntropy(sharpen(weak, 0.5), tf.tensor2d([[0, 0]])).arraySync(); // => 0.6931
 * ```
 */
export function softCrossEntropy(targets: tf.Tensor2D, logits: tf.Tensor2D, mask?: tf.Tensor1D): tf.Scalar {
  requireSameShape("targets", targets, "logits", logits);
  return meanCrossEntropy(logits, mask, () => targets);
}

/**
 * The Kullback–Leibler divergence from predictions to target distributions: UDA's consistency loss as its paper has it.
 *
 * ```
 * 1/B · Σ_i mask_i · Σ_c target_ic · (ln target_ic − ln softmax(logits_i)[c]),   0·ln 0 = 0
 * ```
 *
 * (Xie et al., UDA, NeurIPS 2020, eq. 1.) It is `softCrossEntropy` less the entropy of the targets: 0 where predictions agree, and the same gradient.
 *
 * @param targets distributions over the classes, `[batch, classes]`
 * @param logits float32 of the same shape
 * @param mask weights, mostly 0 and 1, `[batch]`; default all 1
 * @returns a scalar; 0 for an empty batch; only logits get a gradient
 * @throws RangeError if shapes do not fit; TypeError if the logits are not float32
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { klDivergence } from "@gleaner/losses";
 * klDivergence(tf.tensor2d([[0, 1], [0.5, 0.5]]), tf.zeros([2, 2])).arraySync(); // => 0.3466
 * ```
 */
export function klDivergence(targets: tf.Tensor2D, logits: tf.Tensor2D, mask?: tf.Tensor1D): tf.Scalar {
  requireSameShape("targets", targets, "logits", logits);
  return meanCrossEntropy(
    logits,
    mask,
    () => targets,
    (q) => tf.neg(tf.sum(tf.mul(q, tf.log(tf.add(q, tf.cast(tf.equal(q, 0), "float32")))), 1)) as tf.Tensor1D,
  );
}
