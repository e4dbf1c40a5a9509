import { existsSync } from "node:fs";
import type { Config } from "../config.js";
import { detectionTable } from "../reporters/result-table.js";
import { evaluate } from "../run/evaluate.js";
import { train } from "../run/train.js";
import { compareDetectors } from "./detection-comparisons.js";
import { detectionRows, judgmentFile } from "./detection-rows.js";
import type { Task } from "./task.js";

/** Lesion detection: CPM, compared seed by seed and over resampled scans. */
export const detectionTask: Task = {
  train: ({ run, config, folder, resume, environment, onProgress }, { preparedFolder, signal }) =>
    train(config as Config, {
      run: folder,
      resume,
      environment,
      preparedFolder,
      signal,
      source: run.id,
      onPrepare: (done, total) => onProgress("prepare", "scans", done, total),
      onStep: ({ step, loss }, total) => onProgress(run.method, "steps", step, total, `loss ${loss.toFixed(3)}`),
    }),
  async judge({ folder, onProgress }, { part, preparedFolder, signal }) {
    // The rule is fixed beforehand: the averaged weights at the end. `gleaner evaluate RUN` adds the student and the pictures to a run.
    await evaluate({
      run: folder,
      part,
      weights: "ema",
      pictures: false,
      preparedFolder,
      signal,
      onScan: (done, total) => onProgress("evaluate", "scans", done, total),
    });
  },
  isFinished: (folder, part) => existsSync(judgmentFile(folder, part)),
  async result(runs, context) {
    const rows = detectionRows(runs, context);
    const comparisons = await compareDetectors(runs, rows, context);
    return { rows, comparisons, text: detectionTable(rows, comparisons) };
  },
};
