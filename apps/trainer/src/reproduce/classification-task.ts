import { evaluateClassifier } from "../classification/evaluate.js";
import type { ClassificationConfig } from "../classification/schema.js";
import { trainClassifier } from "../classification/train.js";
import { classificationTable } from "../reporters/result-table.js";
import { comparisons, isFinished, tableRows } from "./rows.js";
import type { Task } from "./task.js";

/** Image classification: error rates, compared seed by seed. */
export const classificationTask: Task = {
  train: ({ run, config, folder, resume, environment, onProgress }, { signal }) =>
    trainClassifier(config as ClassificationConfig, {
      run: folder,
      resume,
      environment,
      signal,
      source: run.id,
      onStep: (done, total, note) => onProgress(run.method, "steps", done, total, note),
    }),
  async judge({ folder }) {
    await evaluateClassifier(folder);
  },
  isFinished,
  async result(runs, { out }) {
    const rows = tableRows(runs, out);
    const compared = comparisons(rows);
    return { rows, comparisons: compared, text: classificationTable(rows, compared) };
  },
};
