import { parentPort, workerData } from "node:worker_threads";
import { makeViews, type ViewJob, type ViewRecipe } from "./views.js";

// A thread that makes views: jobs in, normalized pixels out.
parentPort?.on("message", ({ id, job }: { id: number; job: ViewJob }) => {
  const views = makeViews(job, workerData as ViewRecipe);
  parentPort?.postMessage({ id, views }, [views.buffer as ArrayBuffer]);
});
