import { createSmallCnn, createWideResNet, type SumAcross, withFrozenStatistics } from "@gleaner/classifier";
import type { ClassifierPredict } from "@gleaner/methods";
import { namedVariables } from "@gleaner/training";
import type * as tf from "@tensorflow/tfjs";
import type { ClassificationConfig } from "./schema.js";

/** The network of a run. */
export interface Classifier {
  /** All variables by name, running statistics among them. */
  variables: Record<string, tf.Variable>;
  trainable: Record<string, tf.Variable>;
  /** Logits in training: normalized by the batch. */
  train: ClassifierPredict;
  /** Logits in use: normalized by the running statistics. */
  infer(images: tf.Tensor): tf.Tensor2D;
  dispose(): void;
}

/** @param sumAcross where engines share the batches: adds what each knows of its share */
export function createClassifier(
  { network, seed }: ClassificationConfig,
  inputShape: readonly [number, number, number],
  classes: number,
  sumAcross?: SumAcross,
): Classifier {
  const { kind, depth, widen, groups, firstStride, variant, normMomentum } = network;
  const shared = { inputShape, classes, normMomentum, seed, ...(sumAcross && { sumAcross }) };
  const model = kind === "small-cnn" ? createSmallCnn(shared) : createWideResNet({ ...shared, depth, widen, groups, firstStride, variant });
  const forward = (images: tf.Tensor): tf.Tensor2D => model.apply(images, { training: true }) as tf.Tensor2D;
  return {
    variables: namedVariables(model) as Record<string, tf.Variable>,
    trainable: namedVariables(model, { which: "trainable" }) as Record<string, tf.Variable>,
    train: (images, { updateStatistics = true } = {}) =>
      updateStatistics ? forward(images) : withFrozenStatistics(model, () => forward(images)),
    infer: (images) => model.apply(images, { training: false }) as tf.Tensor2D,
    dispose: () => model.dispose(),
  };
}
