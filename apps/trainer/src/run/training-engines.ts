import { fileURLToPath } from "node:url";
import type { Symmetry } from "@gleaner/augment";
import type { DetectionBatch, DetectionPredict } from "@gleaner/methods";
import type { Channel, Replicas } from "@gleaner/training";
import { threadChannel } from "@gleaner/training/node";
import * as tf from "@tensorflow/tfjs";
import type { Config } from "../config.js";
import { type BatchWeights, shareBatch, tensorsOfShare } from "./batch-shares.js";
import type { EngineAnswer, EngineTask } from "./engine-tasks.js";
import { endOfEngine, enginesBeside, openReplicas } from "./engine-threads.js";
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

const builtScript = fileURLToPath(new URL("./engine-worker.js", import.meta.url));

/** Ways to the engines beside this one, at most one for each patch of a step. */
export function openEngineThreads(config: Config, script: string = builtScript): Channel[] {
  const { method, training } = config;
  const patches = training.labeledBatch + (method === "supervised" ? 0 : training.unlabeledBatch);
  return Array.from({ length: enginesBeside(training.workers, patches, script) }, () => threadChannel(script, config));
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
  const replicas = await openReplicas<EngineTask, EngineAnswer>(channels, network.variables);
  const count = 1 + replicas.count;
  return {
    count,
    gradients: (batch, weights) => sharedGradients(config, network, replicas, batch, weights),
    async teacher(patches, views) {
      const atOnce = patches.shape[0];
      const [mine, ...others] = shareViews(patches, views, count);
      replicas.publish();
      const tasks = others.map((share): EngineTask => ({ kind: "predict", patches: share, atOnce }));
      const { own, answers } = await replicas.run(tasks, () => predictShare(network.detector.predict, mine!, atOnce)).catch(endOfEngine);
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
  const { own, answers } = await replicas.run(tasks, () => gradientsOf(config, network, ownBatch, mine!)).catch(endOfEngine);
  const gradients = replicas.sumGradients(own.gradients);
  const all = [own.losses.dataSync<"float32">(), ...(answers as { losses: Float32Array }[]).map(({ losses }) => losses)];
  const parts = [0, 1, 2, 3].map((i) => all.reduce((sum, losses) => sum + losses[i]!, 0));
  const losses = tf.tensor1d([...parts, ...all.flatMap((each) => Array.from(each.subarray(4)))]);
  tf.dispose([own.losses, ...Object.values(own.gradients), ...Object.values(ownBatch)]);
  return { gradients, losses };
}
