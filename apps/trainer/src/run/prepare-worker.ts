import { parentPort, workerData } from "node:worker_threads";
import type { Scan } from "./data-split.js";
import { answerOne, type PrepareRecipe } from "./prepare-threads.js";

// A thread that prepares scans: a scan in, what was written of it out; the voxels go to the disk.
parentPort?.on("message", async (scan: Scan) => {
  parentPort?.postMessage(await answerOne(scan, workerData as PrepareRecipe));
});
