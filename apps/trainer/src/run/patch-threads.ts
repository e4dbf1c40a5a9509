import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defaultThreads, oneAfterTheOther, openJobThreads } from "./loader-threads.js";
import { makePatch, type Patch, type PatchJob, type PatchRecipe } from "./patches.js";
import type { Preprocessing } from "./prepare-volume.js";
import { createScanStore } from "./prepared-scans.js";

/** What a thread is told: how patches are made, where the prepared scans are, and how much of them it may keep. */
export interface LoaderRecipe {
  patches: PatchRecipe;
  preprocessing: Preprocessing;
  preparedFolder: string;
  memoryBytes: number;
}

/** Makes patches, beside the training where there are threads for it. */
export interface PatchMaker {
  make(job: PatchJob): Promise<Patch>;
  /** How many threads work; 0: this one does. */
  threads: number;
  close(): Promise<void>;
}

/** Of prepared scans in the memory of all threads together. */
const memoryBytes = 2 * 2 ** 30;

/** Makes patches of the prepared scans, of which what was read last stays in memory. */
export function createPatchWork({ patches, preprocessing, preparedFolder, memoryBytes }: LoaderRecipe): (job: PatchJob) => Promise<Patch> {
  const store = createScanStore(preprocessing, preparedFolder, memoryBytes);
  return (job) => makePatch(job, patches, store);
}

export function createPatchMaker(
  recipe: Omit<LoaderRecipe, "memoryBytes">,
  threads = defaultThreads(),
  script: string = fileURLToPath(new URL("./patch-worker.js", import.meta.url)),
): PatchMaker {
  // Threads run the built script; where only sources are, this thread does the work.
  if (threads === 0 || !existsSync(script))
    return { threads: 0, make: oneAfterTheOther(createPatchWork({ ...recipe, memoryBytes })), close: async () => {} };
  const each: LoaderRecipe = { ...recipe, memoryBytes: Math.floor(memoryBytes / threads) };
  const workers = openJobThreads<PatchJob, Patch>(script, threads, each, "makes patches");
  return { threads, make: (job) => workers.do(job), close: () => workers.close() };
}
