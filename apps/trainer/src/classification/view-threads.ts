import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { workError } from "../errors.js";
import { makeViews, type ViewJob, type ViewRecipe } from "./views.js";

/** Makes views, beside the training where there are threads for it. */
export interface ViewMaker {
  make(job: ViewJob): Promise<Float32Array>;
  /** How many threads work; 0: this one does. */
  threads: number;
  close(): Promise<void>;
}

/** What a machine has beside the training, up to 4: more threads than that wait for the training. */
export const defaultThreads = (): number => Math.max(1, Math.min(4, availableParallelism() - 1));

/** Jobs go to the thread that has the fewest; what comes out depends on the job alone, so any number of threads gives the same views. */
export function createViewMaker(
  recipe: ViewRecipe,
  threads = defaultThreads(),
  script = fileURLToPath(new URL("./view-worker.js", import.meta.url)),
): ViewMaker {
  // Threads run the built script; where only sources are, this thread does the work.
  if (threads === 0 || !existsSync(script)) return { threads: 0, make: async (job) => makeViews(job, recipe), close: async () => {} };
  const workers = Array.from({ length: threads }, () => openThread(script, recipe));
  return {
    threads,
    make: (job) => workers.reduce((a, b) => (b.waiting() < a.waiting() ? b : a)).make(job),
    close: async () => {
      await Promise.all(workers.map(({ close }) => close()));
    },
  };
}

function openThread(script: string, recipe: ViewRecipe) {
  // Without the flags of this process, under which a test would look for sources.
  const worker = new Worker(script, { workerData: recipe, execArgv: [] });
  // Training decides when the process ends; a thread that waits for jobs does not keep it alive.
  worker.unref();
  const open = new Map<number, { resolve: (views: Float32Array) => void; reject: (error: Error) => void }>();
  let next = 0;
  let broken: Error | undefined;
  const fail = (error: Error): void => {
    broken = error;
    for (const { reject } of open.values()) reject(error);
    open.clear();
  };
  worker.on("message", ({ id, views }: { id: number; views: Float32Array }) => {
    open.get(id)?.resolve(views);
    open.delete(id);
    if (open.size === 0) worker.unref();
  });
  worker.on("error", fail);
  worker.on("exit", (code) => fail(workError(`a thread that makes views ended with code ${code}`)));
  return {
    waiting: () => open.size,
    make: (job: ViewJob) =>
      new Promise<Float32Array>((resolve, reject) => {
        if (broken) return reject(broken);
        const id = next++;
        open.set(id, { resolve, reject });
        worker.ref();
        worker.postMessage({ id, job });
      }),
    close: async () => {
      worker.removeAllListeners("exit");
      await worker.terminate();
    },
  };
}
