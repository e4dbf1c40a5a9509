import { workerData } from "node:worker_threads";
import { answerJobs } from "./loader-threads.js";
import { createPatchWork, type LoaderRecipe } from "./patch-threads.js";

// A thread that makes patches: jobs in, voxels and targets out. It reads the prepared scans itself.
answerJobs(createPatchWork(workerData as LoaderRecipe), ({ voxels, targets }) => [voxels, ...Object.values(targets ?? {})]);
