import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import type { Symmetry } from "@gleaner/augment";
import type { DetectionBatch, DetectionPredict } from "@gleaner/methods";
import { type Channel, createReplicas, type Replicas } from "@gleaner/training";
import { threadChannel } from "@gleaner/training/node";
import * as tf from "@tensorflow/tfjs";
import type { Config } from "../config.js";
import { workError } from "../errors.js";
import { type BatchWeights, shareBatch, tensorsOfShare } from "./batch-shares.js";
import type { EngineAnswer, EngineTask } from "./engine-tasks.js";
import type { Network } from "./network.js";
import { gradientsOf, type ShareGradients } from "./share-gradients.js";
import { joinPredictions, type PredictionData, predictShare, replay, shareViews } from "./teacher-shares.js";

/** Computes the steps of a training: on the engine of this thread, and on others beside it where that one has a single core. */
export interface TrainingEngines {
  /** How many there are, this thread's among them. */
  count: number;
  /** The losses and gradients of a batch, with the weights that the network has now. */
  gradients(batch: DetectionBatch, weights: BatchWeights): Promise<ShareGradients>;
  /**
   * A teacher that has been asked already, with the weights that the network has now, about each view of the patches, view by view. Absent where
   * this thread's engine is alone: it is asked where its answers are used.
   */
  teacher?(patches: tf.Tensor5D, views: readonly Symmetry[]): Promise<DetectionPredict>;
  close(): Promise<void>;
}

/** Processors that this process may use: a part of a table that runs beside others is told its share as TensorFlow is. */
const processors = (): number => Number(process.env["TF_NUM_INTRAOP_THREADS"]) || availableParallelism();

/** One a processor, up to 4, and no more than there are patches in a step. */
function workersOf({ method, training }: Config): number {
  const patches = training.labeledBatch + (method === "supervised" ? 0 : training.unlabeledBatch);
  return Math.min(training.workers ?? Math.min(4, processors()), patches);
}

const builtScript = fileURLToPath(new URL("./engine-worker.js", import.meta.url));

/** Ways to the engines beside this one. Threads run the built script; where only sources are, or the engine has threads of its own, there are none. */
export function openEngineThreads(config: Config, script: string = builtScript): Channel[] {
  if (tf.getBackend() !== "wasm" || !existsSync(script)) return [];
  return Array.from({ length: workersOf(config) - 1 }, () => threadChannel(script, config));
}

export async function createTrainingEngines(
  config: Config,
  network: Network,
  channels: readonly Channel[] = openEngineThreads(config),
): Promise<TrainingEngines> {
  if (channels.length === 0) {
    return {
      count: 1,
      gradients: async (batch, weights) => gradientsOf(config, network, batch, weights),
      close: async () => {},
    };
  }
  const replicas = await createReplicas<EngineTask, EngineAnswer>(channels, network.variables).catch((error: Error) => {
    throw workError(`an engine beside the training did not start (${error.message}); training.workers: 1 does without`, error);
  });
  const count = 1 + replicas.count;
  return {
    count,
    gradients: (batch, weights) => sharedGradients(config, network, replicas, batch, weights),
    async teacher(patches, views) {
      const atOnce = patches.shape[0];
      const [mine, ...others] = shareViews(patches, views, count);
      replicas.publish();
      const tasks = others.map((share): EngineTask => ({ kind: "predict", patches: share, atOnce }));
      const { own, answers } = await replicas.run(tasks, () => predictShare(network.detector.predict, mine!, atOnce)).catch(inOurWords);
      return replay(joinPredictions([own, ...(answers as PredictionData[])]));
    },
    close: () => replicas.close(),
  };
}

async function sharedGradients(
  config: Config,
  network: Network,
  replicas: Replicas<EngineTask, EngineAnswer>,
  batch: DetectionBatch,
  weights: BatchWeights,
): Promise<ShareGradients> {
  const [mine, ...others] = shareBatch(batch, weights, 1 + replicas.count);
  replicas.publish();
  const tasks = others.map((share): EngineTask => ({ kind: "gradients", share }));
  const ownBatch = tensorsOfShare(mine!);
  const { own, answers } = await replicas.run(tasks, () => gradientsOf(config, network, ownBatch, mine!)).catch(inOurWords);
  const gradients = replicas.sumGradients(own.gradients);
  const all = [own.losses.dataSync<"float32">(), ...(answers as { losses: Float32Array }[]).map(({ losses }) => losses)];
  const parts = [0, 1, 2, 3].map((i) => all.reduce((sum, losses) => sum + losses[i]!, 0));
  const losses = tf.tensor1d([...parts, ...all.flatMap((each) => Array.from(each.subarray(4)))]);
  tf.dispose([own.losses, ...Object.values(own.gradients), ...Object.values(ownBatch)]);
  return { gradients, losses };
}

/** What an engine beside this one reports is an end of the training that leaves its checkpoint as it was. */
function inOurWords(error: Error): never {
  if (error.name !== "ReplicaError") throw error;
  throw workError(
    `an engine beside the training stopped (${error.message}); the last checkpoint is whole, --resume goes on from it`,
    error,
  );
}
