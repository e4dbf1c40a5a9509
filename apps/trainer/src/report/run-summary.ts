import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import type { FrocResult } from "@gleaner/froc";
import { readEventLog } from "@gleaner/training/node";
import type { Config } from "../config.js";
import { inputError } from "../errors.js";
import type { Slice } from "../run/evaluate.js";
import { readJsonFile, readRunConfig, runFiles } from "../run/run-folder.js";
import type { StepEvent } from "../run/train.js";

/** What the report knows of a run. */
export interface RunSummary {
  name: string;
  config: Config;
  environment: Record<string, unknown>;
  split: { labeled: unknown[]; unlabeled: unknown[]; test: unknown[] };
  steps: StepEvent[];
  /** Absent until the run is evaluated. */
  froc?: FrocResult & { step: number };
  slices: Slice[];
}

/** Reads what a run left behind. */
export function summarizeRun(run: string): RunSummary {
  const config = readRunConfig(run);
  const events = join(run, runFiles.events);
  if (!existsSync(events)) throw inputError(`${events} does not exist; expected the event log of a run`);
  const frocPath = join(run, runFiles.evaluation, "froc.json");
  const slicesPath = join(run, runFiles.evaluation, "slices.json");
  return {
    name: basename(run.replace(/[/\\]+$/, "")),
    config,
    environment: readJsonFile(join(run, runFiles.environment)),
    split: readJsonFile(join(run, runFiles.split)),
    steps: readEventLog(events).filter(
      (event): event is StepEvent & Record<string, unknown> => event["kind"] === "step",
    ) as unknown as StepEvent[],
    ...(existsSync(frocPath) && { froc: readJsonFile<FrocResult & { step: number }>(frocPath) }),
    slices: existsSync(slicesPath) ? readJsonFile<Slice[]>(slicesPath) : [],
  };
}
