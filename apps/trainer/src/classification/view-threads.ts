import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { openJobThreads } from "../run/loader-threads.js";
import { makeViews, type ViewJob, type ViewRecipe } from "./views.js";

/** Makes views, beside the training where there are threads for it. */
export interface ViewMaker {
  make(job: ViewJob): Promise<Float32Array>;
  /** How many threads work; 0: this one does. */
  threads: number;
  close(): Promise<void>;
}

/** What a machine has beside the training, up to 4: more threads than that wait for the training. */
const defaultThreads = (): number => Math.max(1, Math.min(4, availableParallelism() - 1));

/** What comes out depends on the job alone, so any number of threads gives the same views. */
export function createViewMaker(
  recipe: ViewRecipe,
  threads = defaultThreads(),
  script = fileURLToPath(new URL("./view-worker.js", import.meta.url)),
): ViewMaker {
  // Threads run the built script; where only sources are, this thread does the work.
  if (threads === 0 || !existsSync(script)) return { threads: 0, make: async (job) => makeViews(job, recipe), close: async () => {} };
  const workers = openJobThreads<ViewJob, Float32Array>(script, threads, recipe, "makes views");
  return { threads, make: (job) => workers.do(job), close: () => workers.close() };
}
