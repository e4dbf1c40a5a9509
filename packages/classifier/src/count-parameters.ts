import type { LayersModel } from "@tensorflow/tfjs-layers";

/**
 * The number of trainable parameters of a model, as papers count them: running statistics are none.
 *
 * @example
 * ```ts
 * import "@tensorflow/tfjs";
 * import { countParameters, createSmallCnn } from "@gleaner/classifier";
 * countParameters(createSmallCnn({ inputShape: [28, 28, 1], classes: 2 })); // => 28322
 * ```
 */
export function countParameters(model: Pick<LayersModel, "trainableWeights">): number {
  return model.trainableWeights.reduce((sum, weight) => sum + weight.shape.reduce((product: number, size) => product * size!, 1), 0);
}
