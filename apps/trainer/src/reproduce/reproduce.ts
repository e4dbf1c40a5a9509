import { existsSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { stringify } from "yaml";
import { evaluateClassifier } from "../classification/evaluate.js";
import type { ClassificationConfig } from "../classification/schema.js";
import { trainClassifier } from "../classification/train.js";
import { validateAnyConfig } from "../config.js";
import { runFiles, writeWhole } from "../run/run-folder.js";
import type { PlannedRun } from "./plan.js";
import { isFinished } from "./rows.js";

interface ReproduceOptions {
  out: string;
  environment: Record<string, unknown>;
  signal: AbortSignal;
  /** A run begins or is passed over. */
  onRun: (run: PlannedRun, place: { index: number; total: number }, state: "done before" | "goes on" | "starts") => void;
  onStep: (run: PlannedRun, done: number, total: number, note: string) => void;
}

/** Trains and judges the runs that are not finished yet, one after the other; one that was stopped goes on. */
export async function reproduce(runs: readonly PlannedRun[], { out, environment, signal, onRun, onStep }: ReproduceOptions): Promise<void> {
  for (const [index, run] of runs.entries()) {
    signal.throwIfAborted();
    const folder = join(out, run.id);
    const place = { index, total: runs.length };
    if (isFinished(folder)) {
      onRun(run, place, "done before");
      continue;
    }
    const resume = existsSync(join(folder, runFiles.checkpoint));
    onRun(run, place, resume ? "goes on" : "starts");
    const config = configOf(run);
    const { stopped } = await trainClassifier(config, {
      run: folder,
      resume,
      environment,
      signal,
      source: run.id,
      onStep: (done, total, note) => onStep(run, done, total, note),
    });
    if (stopped) signal.throwIfAborted();
    await evaluateClassifier(folder);
  }
}

/** The settings of a run with every default. */
export const configOf = (run: PlannedRun): ClassificationConfig => validateAnyConfig(run.settings, run.id) as ClassificationConfig;

/** Writes the configuration of every run as a file for `gleaner train`; gives back their paths. */
export function writeConfigs(runs: readonly PlannedRun[], folder: string): string[] {
  return runs.map((run) => {
    // Refused here rather than when it is trained.
    configOf(run);
    const path = join(folder, `${run.id}.yaml`);
    mkdirSync(dirname(path), { recursive: true });
    writeWhole(path, stringify(run.settings));
    return path;
  });
}
