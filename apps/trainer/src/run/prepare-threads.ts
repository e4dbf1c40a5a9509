import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { explainError, inputError, workError } from "../errors.js";
import type { Scan } from "./data-split.js";
import type { Preprocessing } from "./prepare-volume.js";
import { ensurePrepared } from "./prepared-scans.js";

/** What scans are prepared by. */
export interface PrepareRecipe {
  settings: Preprocessing;
  folder: string;
}

/** What is kept of a prepared scan: its voxels are on disk. */
export interface PreparedFacts {
  path: string;
  shape: readonly number[];
  spacingMm: readonly number[];
  dtype: string;
  cached: boolean;
}

/** What a thread answers. */
export type PrepareAnswer = { facts: PreparedFacts } | { text: string; exitCode: number };

/** What a machine has, up to 4: each thread holds a whole scan or two. */
export const defaultPrepareThreads = (): number => Math.min(4, availableParallelism());

async function prepareOne(scan: Scan, { settings, folder }: PrepareRecipe): Promise<PreparedFacts> {
  const { entry, cached } = await ensurePrepared(scan, settings, folder);
  return { path: entry.path, shape: entry.grid.shape, spacingMm: entry.grid.spacingMm, dtype: entry.dtype, cached };
}

/** The same as an answer that can be sent from a thread. */
export const answerOne = (scan: Scan, recipe: PrepareRecipe): Promise<PrepareAnswer> =>
  prepareOne(scan, recipe).then(
    (facts) => ({ facts }),
    (error: unknown) => explainError(error),
  );

type Preparer = (scan: Scan) => Promise<PreparedFacts>;

/** `count` functions that prepare one scan at a time each, in threads of their own if there are several; `close` ends the threads. */
export function scanPreparers(
  count: number,
  recipe: PrepareRecipe,
  script: string = fileURLToPath(new URL("./prepare-worker.js", import.meta.url)),
): { preparers: Preparer[]; close: () => Promise<void> } {
  // Threads run the built script; where only sources are (tests), and for a single scan at a time, this thread works.
  if (count < 2 || !existsSync(script)) return { preparers: [(scan) => prepareOne(scan, recipe)], close: async () => {} };
  // Without the flags of this process, under which a test would look for sources.
  const workers = Array.from({ length: count }, () => new Worker(script, { workerData: recipe, execArgv: [] }));
  return {
    preparers: workers.map((worker) => {
      let ended: Error | undefined;
      return (scan) =>
        new Promise((resolve, reject) => {
          if (ended) return reject(ended);
          const settle = (act: () => void): void => {
            worker.off("message", onMessage).off("error", onError).off("exit", onExit);
            act();
          };
          const onMessage = (answer: PrepareAnswer): void =>
            settle(() =>
              "facts" in answer ? resolve(answer.facts) : reject((answer.exitCode === 2 ? inputError : workError)(answer.text)),
            );
          const onEnd = (error: Error): void => {
            ended = error;
            settle(() => reject(error));
          };
          const onError = (error: Error): void => onEnd(error);
          const onExit = (code: number): void => onEnd(workError(`a thread that prepares scans ended with code ${code}`));
          worker.on("message", onMessage).on("error", onError).on("exit", onExit);
          worker.postMessage(scan);
        });
    }),
    close: async () => {
      await Promise.all(workers.map((worker) => worker.terminate()));
    },
  };
}
