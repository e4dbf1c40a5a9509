import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { oneAfterTheOther, openJobThreads } from "./loader-threads.js";
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

/** Of prepared scans in the memory of all threads together, unless it is said otherwise. */
const defaultMemoryBytes = 2 * 2 ** 30;

/**
 * What a machine has, up to 4. One thread can unpack about ten patches of 32³ in 100 ms from scans that it does not keep; the threads rest as soon
 * as they are ahead, so they cost an engine on the same processors no more than fewer of them would.
 */
export const defaultPatchThreads = (): number => Math.min(4, availableParallelism());

/** Makes patches of the prepared scans, of which what was read last stays in memory. */
export function createPatchWork({ patches, preprocessing, preparedFolder, memoryBytes }: LoaderRecipe): (job: PatchJob) => Promise<Patch> {
  const store = createScanStore(preprocessing, preparedFolder, memoryBytes);
  return (job) => makePatch(job, patches, store);
}

export function createPatchMaker(
  { memoryBytes = defaultMemoryBytes, ...recipe }: Omit<LoaderRecipe, "memoryBytes"> & { memoryBytes?: number },
  threads = defaultPatchThreads(),
  script: string = fileURLToPath(new URL("./patch-worker.js", import.meta.url)),
): PatchMaker {
  // Threads run the built script; where only sources are, this thread does the work.
  if (threads === 0 || !existsSync(script))
    return { threads: 0, make: oneAfterTheOther(createPatchWork({ ...recipe, memoryBytes })), close: async () => {} };
  const each: LoaderRecipe = { ...recipe, memoryBytes: Math.floor(memoryBytes / threads) };
  const workers = openJobThreads<PatchJob, Patch>(script, threads, each, "makes patches");
  // A scan is one thread's, so that no two keep the same voxels; they are dealt out in the order in which they are met.
  const lanes = new Map<string, number>();
  const laneOf = ({ path, series = "" }: PatchJob["scan"]): number => {
    const key = `${path}\n${series}`;
    const lane = lanes.get(key) ?? lanes.size;
    lanes.set(key, lane);
    return lane;
  };
  return { threads, make: (job) => workers.do(job, laneOf(job.scan)), close: () => workers.close() };
}
