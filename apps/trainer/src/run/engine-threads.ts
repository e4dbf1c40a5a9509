import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { type Channel, createReplicas, type Replicas } from "@gleaner/training";
import * as tf from "@tensorflow/tfjs";
import { workError } from "../errors.js";

/** Processors that this process may use: a part of a table that runs beside others is told its share as TensorFlow is. */
const processors = (): number => Number(process.env["TF_NUM_INTRAOP_THREADS"]) || availableParallelism();

/**
 * How many engines run beside that of this thread: as many as `training.workers` asks for, by default one a processor and up to 4, and no more than
 * `most` things that are shared out. Threads run the built script; where only sources are, or the engine has threads of its own, there are none.
 */
export function enginesBeside(workers: number | undefined, most: number, script: string): number {
  if (tf.getBackend() !== "wasm" || !existsSync(script)) return 0;
  return Math.min(workers ?? Math.min(4, processors()), most) - 1;
}

/** Copies of the network that is trained on the engines at the other ends of the channels. */
export function openReplicas<Task, Answer>(
  channels: readonly Channel[],
  variables: Readonly<Record<string, tf.Variable>>,
): Promise<Replicas<Task, Answer>> {
  return createReplicas<Task, Answer>(channels, variables).catch((error: Error) => {
    throw workError(`an engine beside the training did not start (${error.message}); training.workers: 1 does without`, error);
  });
}

/** What an engine beside this one reports is an end of the training that leaves its checkpoint as it was. */
export function endOfEngine(error: Error): never {
  if (error.name !== "ReplicaError") throw error;
  throw workError(
    `an engine beside the training stopped (${error.message}); the last checkpoint is whole, --resume goes on from it`,
    error,
  );
}
