import { existsSync, mkdirSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { inputError } from "../errors.js";
import { writeWhole } from "../run/run-folder.js";
import { detectionPage } from "./detection-page.js";
import { summarizeRuns } from "./summarize-detector.js";

/** Writes one page about one run, or several side by side. */
export function writeReport(
  runs: readonly string[],
  out: string,
  words: { title?: string; intro?: string } = {},
): { report: string; runs: { run: string; cpm: number | null }[] } {
  const summaries = summarizeRuns(runs);
  if (existsSync(out) && statSync(out).isDirectory())
    throw inputError(`${out} is a folder; expected the name of a page, such as report.html`);
  mkdirSync(dirname(resolve(out)), { recursive: true });
  writeWhole(out, detectionPage(summaries, words));
  return { report: out, runs: summaries.map((summary, i) => ({ run: runs[i]!, cpm: summary.froc?.cpm ?? null })) };
}
