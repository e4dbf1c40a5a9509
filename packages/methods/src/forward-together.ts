import * as tf from "@tensorflow/tfjs-core";
import type { ClassifierPredict } from "./classification.js";

/**
 * The logits of several groups of images from one forward pass, so that a batch normalization sees them as one batch, as in the programs of
 * FixMatch and FlexMatch.
 */
export function forwardTogether(predict: ClassifierPredict, groups: readonly tf.Tensor[]): tf.Tensor2D[] {
  const sizes = groups.map((group) => group.shape[0]!);
  const logits = predict(groups.length === 1 ? groups[0]! : tf.concat(groups as tf.Tensor[], 0));
  const count = sizes.reduce((a, b) => a + b, 0);
  if (logits.rank !== 2 || logits.shape[0] !== count)
    throw new RangeError(`predict gave [${logits.shape}] for ${count} images; expected [${count}, classes]`);
  let from = 0;
  return sizes.map((size) => {
    const part = tf.slice(logits, [from, 0], [size, logits.shape[1]]);
    from += size;
    return part;
  });
}
