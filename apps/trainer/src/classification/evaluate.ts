import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { areaUnderRoc, type ClassificationMetrics, classificationMetrics, topKAccuracy } from "@gleaner/training";
import { inputError } from "../errors.js";
import { bestCheckpoint, readAnyRunConfig, runFiles, writeJsonFile } from "../run/run-folder.js";
import { openClassificationData } from "./data.js";
import { judgeImages } from "./judge.js";
import { createClassifier } from "./network.js";
import { loadAverages } from "./state.js";

/** What the test images say of one set of weights. */
export interface ClassificationJudgment extends ClassificationMetrics {
  /** Optimizer steps behind the weights. */
  step: number;
  confusion: number[][];
  /** The share whose class is among the five likeliest; of more than five classes only. */
  top5?: number;
  /** Of two classes: the area under the ROC of class 1. */
  areaUnderRoc?: number;
}

export interface EvaluateClassifierResult {
  run: string;
  task: "classification";
  classNames: readonly string[];
  /** With the averaged weights at the end of the run. */
  last: ClassificationJudgment;
  /** With those that had the lowest validation error, where the run had validation images. */
  selected: ClassificationJudgment | null;
}

/** Judges a run on its test images; writes `evaluation/classification.json`. */
export async function evaluateClassifier(run: string): Promise<EvaluateClassifierResult> {
  const config = readAnyRunConfig(run);
  const configPath = join(run, runFiles.config);
  if (config.task !== "classification") throw inputError(`${configPath}: task is ${config.task}; expected classification`);
  const checkpoint = join(run, runFiles.checkpoint);
  if (!existsSync(checkpoint)) throw inputError(`${checkpoint} does not exist; expected the checkpoint that \`gleaner train\` leaves`);
  const data = await openClassificationData(config, configPath);
  const classifier = createClassifier(config, data.pool.shape.slice(1) as unknown as [number, number, number], data.classes);
  try {
    if (data.test.indices.length === 0)
      throw inputError(`${configPath}: data.test names no labeled image; expected at least one to judge by`);
    const judge = async (path: string): Promise<ClassificationJudgment> => {
      const step = loadAverages(path, classifier);
      const { confusion, probabilities, truth } = await judgeImages(classifier, data.test.source, data.test.indices, data);
      const { classes } = data;
      const rows = Array.from(truth, (_, i) => Array.from(probabilities.subarray(i * classes, (i + 1) * classes)));
      return {
        step,
        ...classificationMetrics(confusion),
        confusion,
        ...(classes > 5 && { top5: topKAccuracy(rows, truth, 5) }),
        ...(classes === 2 && {
          areaUnderRoc: areaUnderRoc(
            rows.map((row) => row[1]!),
            truth,
          ),
        }),
      };
    };
    const best = join(run, bestCheckpoint);
    const result: EvaluateClassifierResult = {
      run,
      task: "classification",
      classNames: data.classNames,
      last: await judge(checkpoint),
      selected: existsSync(best) ? await judge(best) : null,
    };
    mkdirSync(join(run, runFiles.evaluation), { recursive: true });
    writeJsonFile(join(run, runFiles.evaluation, "classification.json"), result);
    return result;
  } finally {
    classifier.dispose();
    data.close();
  }
}
