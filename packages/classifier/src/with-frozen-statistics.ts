import * as tf from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";

/**
 * Runs `forward` and gives the model's running statistics the values back that they had before.
 *
 * Pseudo-labeling (Lee, 2013, as in FlexMatch's program) sends its unlabeled images through the model in training mode, so that they are
 * normalized by their own batch, and lets only the labeled ones move the running statistics. Works with every layer whose weights are
 * not trainable, and inside of functions whose gradient is taken.
 *
 * @param model whose non-trainable weights are kept as they are
 * @param forward calls the model; must not return a promise
 * @returns what `forward` returns
 * @throws TypeError if `forward` returns a promise; what `forward` throws, after the statistics were put back
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { createSmallCnn, withFrozenStatistics } from "@gleaner/classifier";
 * const model = createSmallCnn({ inputShape: [8, 8, 1], classes: 10 });
 * const logits = withFrozenStatistics(model, () => model.apply(tf.ones([2, 8, 8, 1]), { training: true }) as tf.Tensor);
 * logits.shape; // => [2, 10]
 * model.getLayer("norm1").getWeights()[2]!.dataSync()[0]; // => 0
 * ```
 */
export function withFrozenStatistics<T>(model: Pick<LayersModel, "weights">, forward: () => T): T {
  const fixed = model.weights.filter(({ trainable }) => !trainable);
  // A clone shares the memory of what it copies, and is the caller's scope's to forget; `keep` takes it out of every scope until here.
  const before = fixed.map((weight) => tf.keep(tf.clone(weight.read())));
  try {
    const result = forward();
    if (typeof (result as { then?: unknown } | undefined)?.then === "function") {
      throw new TypeError("forward must not return a promise: the statistics would change after they were put back");
    }
    return result;
  } finally {
    for (const [i, weight] of fixed.entries()) weight.write(before[i]!);
    tf.dispose(before);
  }
}
