import { existsSync } from "node:fs";
import { join } from "node:path";
import { readEventLog } from "@gleaner/training/node";
import type { EvaluateClassifierResult } from "../classification/evaluate.js";
import type { ClassificationStepEvent } from "../classification/events.js";
import { errorOfRun } from "../classification/train.js";
import { readJsonFile, runFiles } from "../run/run-folder.js";
import type { PlannedRun } from "./plan.js";

/** What finished runs of one method say; lists have an entry for each seed, errors are in percent. */
export interface TableRow {
  cell: string;
  method: string;
  seeds: number[];
  /** On the test images, with the averaged weights at the end. */
  lastError: number[];
  /** The lowest error of the images that were looked at along the way; null where none were. */
  bestError: (number | null)[];
  /** The mean of the last 20 errors along the way. */
  meanOfLast20Error: (number | null)[];
  /** On the test images, with the weights that had the lowest validation error; null without validation images. */
  selectedError: (number | null)[];
  macroF1: number[];
  /** Of two classes. */
  areaUnderRoc?: number[];
  /** The share of the first unlabeled batch that was trained on: 1 for the Flex methods. */
  firstMaskRate: (number | null)[];
  /** Means over the last tenth of the steps. */
  lastMaskRate: (number | null)[];
  lastPseudoLabelAccuracy: (number | null)[];
  /** Seconds of the training steps. */
  seconds: number[];
  /** The share of them that the training waited for its batches. */
  waited: number[];
}

/** Two methods against each other, seed by seed. */
export interface Comparison {
  cell: string;
  method: string;
  against: string;
  seeds: number[];
  /** Seeds in which the first has the lower last error. */
  wins: number;
  /** Mean of the differences, against − method, in points. */
  meanGain: number;
}

const percentOf = (value: number | undefined): number | null =>
  value === undefined || !Number.isFinite(value) ? null : Number((100 * value).toFixed(4));
const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
const meanOf = (values: readonly (number | null)[]): number | null => {
  const known = values.filter((value) => value !== null);
  return known.length > 0 ? mean(known) : null;
};

/** Whether a run was trained to its end and judged. */
export const isFinished = (folder: string): boolean => existsSync(join(folder, runFiles.evaluation, "classification.json"));

/** The rows of the runs that are finished, in the order of the plan. */
export function tableRows(runs: readonly PlannedRun[], out: string): TableRow[] {
  const groups = new Map<string, PlannedRun[]>();
  for (const run of runs) {
    if (!isFinished(join(out, run.id))) continue;
    const key = `${run.cell}\n${run.method}`;
    groups.set(key, [...(groups.get(key) ?? []), run]);
  }
  return [...groups.values()].map((group) => {
    const seen = group.map(({ id }) => summarize(join(out, id)));
    const [{ cell, method }] = group as [PlannedRun];
    const column = <K extends keyof ReturnType<typeof summarize>>(name: K) => seen.map((one) => one[name]);
    const areas = column("areaUnderRoc").filter((area) => area !== undefined);
    return {
      cell,
      method,
      seeds: group.map(({ seed }) => seed),
      lastError: column("lastError"),
      bestError: column("bestError"),
      meanOfLast20Error: column("meanOfLast20Error"),
      selectedError: column("selectedError"),
      macroF1: column("macroF1"),
      ...(areas.length === seen.length && { areaUnderRoc: areas }),
      firstMaskRate: column("firstMaskRate"),
      lastMaskRate: column("lastMaskRate"),
      lastPseudoLabelAccuracy: column("lastPseudoLabelAccuracy"),
      seconds: column("seconds"),
      waited: column("waited"),
    };
  });
}

function summarize(folder: string) {
  const { last, selected } = readJsonFile<EvaluateClassifierResult>(join(folder, runFiles.evaluation, "classification.json"));
  const steps = readEventLog(join(folder, runFiles.events)).filter(({ kind }) => kind === "step") as unknown as ClassificationStepEvent[];
  const end = steps.slice(-Math.ceil(steps.length / 10));
  const error = errorOfRun(folder);
  const seconds = steps.reduce((sum, event, i) => sum + event.seconds * (event.step - (steps[i - 1]?.step ?? 0)), 0);
  const waited = steps.reduce((sum, event, i) => sum + event.waited * (event.step - (steps[i - 1]?.step ?? 0)), 0);
  return {
    lastError: percentOf(last.error)!,
    bestError: percentOf(error?.best),
    meanOfLast20Error: percentOf(error?.meanOfLast),
    selectedError: percentOf(selected?.error),
    macroF1: last.macro.f1,
    areaUnderRoc: last.areaUnderRoc,
    firstMaskRate: steps[0]?.maskRate ?? null,
    lastMaskRate: meanOf(end.map(({ maskRate }) => maskRate)),
    lastPseudoLabelAccuracy: meanOf(end.map(({ pseudoLabelAccuracy }) => pseudoLabelAccuracy)),
    seconds,
    waited: waited / seconds,
  };
}

/** What the curriculum adds: each Flex method against the one it was made from. */
const pairs: readonly [string, string][] = [
  ["flexmatch", "fixmatch"],
  ["flex-uda", "uda"],
  ["flex-pl", "pl"],
  ["fixmatch", "supervised"],
];

export function comparisons(rows: readonly TableRow[]): Comparison[] {
  return [...new Set(rows.map(({ cell }) => cell))].flatMap((cell) =>
    pairs.flatMap(([method, against]) => {
      const [first, second] = [method, against].map((name) => rows.find((row) => row.cell === cell && row.method === name));
      const seeds = first?.seeds.filter((seed) => second?.seeds.includes(seed)) ?? [];
      if (!first || !second || seeds.length === 0) return [];
      const gains = seeds.map((seed) => second.lastError[second.seeds.indexOf(seed)]! - first.lastError[first.seeds.indexOf(seed)]!);
      return [{ cell, method, against, seeds, wins: gains.filter((gain) => gain > 0).length, meanGain: Number(mean(gains).toFixed(4)) }];
    }),
  );
}
