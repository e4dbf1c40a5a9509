import { type DetectionBatch, detectionLoss } from "@gleaner/methods";
import { lossGradients } from "@gleaner/training";
import * as tf from "@tensorflow/tfjs";
import type { Config } from "../config.js";
import type { BatchWeights } from "./batch-shares.js";
import { detectionLossOptions } from "./box-loss.js";
import type { Network } from "./network.js";
import { keepPredictions, lossesOfPatches } from "./patch-losses.js";

/** What a batch, or a share of one, gives; the caller disposes the tensors. */
export interface ShareGradients {
  gradients: Record<string, tf.Tensor>;
  /** Total, classification, box and unlabeled loss; with hard examples the loss of each labeled patch alone follows. */
  losses: tf.Tensor1D;
}

/** Forward and backward, on the engine of this thread. The loss and its gradients are multiplied by `weight`, the losses of patches are not. */
export function gradientsOf(
  config: Config,
  network: Network,
  batch: DetectionBatch,
  { labeledCount, unlabeledWeight, weight = 1 }: BatchWeights & { weight?: number },
): ShareGradients {
  const options = detectionLossOptions(config, network);
  const needsPatches = config.training.hardExamples > 0;
  const student = needsPatches ? keepPredictions(network.detector.predict) : { predict: network.detector.predict };
  let kept: tf.Tensor1D | undefined;
  const { value, gradients } = lossGradients(() => {
    const { total, classification, box, unlabeled } = detectionLoss(student.predict, batch, { ...options, labeledCount, unlabeledWeight });
    const weighted = (loss: tf.Scalar): tf.Scalar => (weight === 1 ? loss : tf.mul(loss, weight));
    kept = tf.keep(tf.stack([total, classification, box, unlabeled].map(weighted)) as tf.Tensor1D);
    return weighted(total);
  }, network.variables);
  value.dispose();
  if (!("kept" in student)) return { gradients, losses: kept! };
  const losses = tf.tidy(() =>
    labeledCount === 0 ? tf.clone(kept!) : tf.concat1d([kept!, lossesOfPatches(batch, student.kept(), labeledCount, options)]),
  );
  tf.dispose([kept!, ...Object.values(student.kept())]);
  return { gradients, losses };
}
