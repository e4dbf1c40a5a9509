import {
  type DetectionBatch,
  type DetectionLossOptions,
  type DetectionPredict,
  type DetectionPredictions,
  detectionLoss,
} from "@gleaner/methods";
import * as tf from "@tensorflow/tfjs";

/** A detector that keeps what it said last, through a tape and its tidying; the caller disposes `kept()`. */
export function keepPredictions(predict: DetectionPredict): { predict: DetectionPredict; kept: () => DetectionPredictions } {
  let last: DetectionPredictions | undefined;
  return {
    predict(patches) {
      const { logits, deltas } = predict(patches);
      last = { logits: tf.keep(logits), deltas: tf.keep(deltas) };
      return last;
    },
    kept: () => last!,
  };
}

/** The loss that each of the first `count` patches would have as a batch of its own, `[count]`: what was said of it is known already. */
export function lossesOfPatches(
  batch: DetectionBatch,
  predictions: DetectionPredictions,
  count: number,
  options: Pick<DetectionLossOptions, "focal" | "boxWeight" | "boxBeta" | "decodeBoxes">,
): tf.Tensor1D {
  return tf.tidy(() => {
    const losses = Array.from({ length: count }, (_, i) => {
      const one = <T extends tf.Tensor>(tensor: T): T => tf.slice(tensor, [i], [1]);
      const own = Object.fromEntries(Object.entries(batch).map(([name, tensor]) => [name, one(tensor)])) as unknown as DetectionBatch;
      return detectionLoss(() => ({ logits: one(predictions.logits), deltas: one(predictions.deltas) }), own, options).total;
    });
    return tf.stack(losses) as tf.Tensor1D;
  });
}
