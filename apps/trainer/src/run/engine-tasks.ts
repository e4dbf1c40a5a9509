import type { ReplicaResult } from "@gleaner/training";
import * as tf from "@tensorflow/tfjs";
import type { Config } from "../config.js";
import { type BatchShare, tensorsOfShare } from "./batch-shares.js";
import type { Network } from "./network.js";
import { gradientsOf } from "./share-gradients.js";
import { type PredictionData, predictShare } from "./teacher-shares.js";
import type { TensorData } from "./tensor-data.js";

/** What an engine of a training is asked: the gradients of a share of the batch, or what the teacher says of some patches. */
export type EngineTask = { kind: "gradients"; share: BatchShare } | { kind: "predict"; patches: TensorData; atOnce: number };

/** What it answers; gradients go through shared memory. */
export type EngineAnswer = { losses: Float32Array } | PredictionData;

/** Does a task on the engine of this thread. */
export function doEngineTask(config: Config, network: Network, task: EngineTask): ReplicaResult<EngineAnswer> {
  if (task.kind === "predict") return { answer: predictShare(network.detector.predict, task.patches, task.atOnce) };
  const batch = tensorsOfShare(task.share);
  const { gradients, losses } = gradientsOf(config, network, batch, task.share);
  const answer = { losses: losses.dataSync<"float32">() };
  tf.dispose([losses, ...Object.values(batch)]);
  return { answer, gradients };
}
