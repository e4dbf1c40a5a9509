import { existsSync, mkdirSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { ClassificationConfig } from "../classification/schema.js";
import { inputError } from "../errors.js";
import { readAnyRunConfig, writeWhole } from "../run/run-folder.js";
import { classificationPage } from "./classification-page.js";
import { lastTest } from "./classifier-errors.js";
import { detectionPage } from "./detection-page.js";
import type { PageWords } from "./page.js";
import { summarizeClassifiers } from "./summarize-classifier.js";
import { summarizeRuns } from "./summarize-detector.js";

/** What a run is known by outside of the page: the CPM of a detector, the last error of the test images (0..1) of a classifier; null while there is none. */
export type ReportedRun = { run: string; cpm: number | null } | { run: string; error: number | null };

/** Writes one page about one run, or about several of one task side by side. */
export function writeReport(runs: readonly string[], out: string, words: PageWords = {}): { report: string; runs: ReportedRun[] } {
  const made = makePage(runs, words);
  if (existsSync(out) && statSync(out).isDirectory())
    throw inputError(`${out} is a folder; expected the name of a page, such as report.html`);
  mkdirSync(dirname(resolve(out)), { recursive: true });
  writeWhole(out, made.html);
  return { report: out, runs: made.runs };
}

function makePage(runs: readonly string[], words: PageWords): { html: string; runs: ReportedRun[] } {
  const configs = runs.map(readAnyRunConfig);
  const classifiers = runs.flatMap((folder, i) => {
    const config = configs[i]!;
    return config.task === "classification" ? [{ folder, config }] : [];
  });
  if (classifiers.length === 0) {
    const summaries = summarizeRuns(runs);
    return { html: detectionPage(summaries, words), runs: summaries.map(({ froc }, i) => ({ run: runs[i]!, cpm: froc?.cpm ?? null })) };
  }
  refuseMixture(runs, classifiers);
  const summaries = summarizeClassifiers(classifiers);
  return {
    html: classificationPage(summaries, words),
    runs: summaries.map((summary, i) => ({ run: runs[i]!, error: lastTest(summary)?.error ?? null })),
  };
}

function refuseMixture(runs: readonly string[], classifiers: readonly { folder: string; config: ClassificationConfig }[]): void {
  const detector = runs.find((run) => !classifiers.some(({ folder }) => folder === run));
  if (detector !== undefined)
    throw inputError(
      `${detector} is a run of detection and ${classifiers[0]!.folder} one of classification; expected runs of one task in a report`,
    );
}
