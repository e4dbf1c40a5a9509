import { existsSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { stringify } from "yaml";
import { type AnyConfig, validateAnyConfig } from "../config.js";
import { checkRunFolder, readAnyRunConfig, runFiles, writeWhole } from "../run/run-folder.js";
import { distinct, type PlannedRun } from "./plan.js";
import type { OpenRun, Task, TaskContext } from "./task.js";

interface ReproduceOptions extends Pick<OpenRun, "environment" | "onProgress"> {
  task: Task;
  context: TaskContext;
  /** A run begins or is passed over. */
  onRun: (run: PlannedRun, place: { index: number; total: number }, state: "done before" | "goes on" | "starts") => void;
}

/** Trains and judges the runs that are not finished yet, one after the other; one that was stopped goes on. */
export async function reproduce(
  runs: readonly PlannedRun[],
  { task, context, environment, onRun, onProgress }: ReproduceOptions,
): Promise<void> {
  const { out, part, signal } = context;
  const each = distinct(runs);
  for (const [index, run] of each.entries()) {
    signal.throwIfAborted();
    const folder = join(out, run.id);
    const place = { index, total: each.length };
    const config = configOf(run);
    if (task.isFinished(folder, part)) {
      checkRunFolder(withDataOf(readAnyRunConfig(folder), config), folder, true);
      onRun(run, place, "done before");
      continue;
    }
    const resume = existsSync(join(folder, runFiles.checkpoint));
    onRun(run, place, resume ? "goes on" : "starts");
    const open: OpenRun = { run, config, folder, resume, environment, onProgress };
    const { stopped } = await task.train(open, context);
    if (stopped) signal.throwIfAborted();
    await task.judge(open, context);
  }
}

/** A finished run may have had its data in another place. */
function withDataOf(before: AnyConfig, config: AnyConfig): AnyConfig {
  if (before.task === "classification" && config.task === "classification")
    return { ...config, data: { ...config.data, path: before.data.path } };
  if (before.task === "detection" && config.task === "detection" && before.data.root !== undefined)
    return { ...config, data: { ...config.data, root: before.data.root } };
  return config;
}

/** The settings of a run with every default. */
export const configOf = (run: PlannedRun): AnyConfig => validateAnyConfig(run.settings, run.id);

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
