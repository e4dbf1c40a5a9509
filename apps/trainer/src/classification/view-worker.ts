import { workerData } from "node:worker_threads";
import { answerJobs } from "../run/loader-threads.js";
import { makeViews, type ViewJob, type ViewRecipe } from "./views.js";

// A thread that makes views: jobs in, normalized pixels out.
answerJobs(
  (job: ViewJob) => makeViews(job, workerData as ViewRecipe),
  (views) => [views],
);
