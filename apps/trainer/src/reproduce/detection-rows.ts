import { existsSync } from "node:fs";
import { join } from "node:path";
import { type CpmRate, cpmRates } from "@gleaner/froc";
import { readEventLog } from "@gleaner/training/node";
import type { Config } from "../config.js";
import type { EvaluateResult } from "../run/evaluate.js";
import { readJsonFile, readRunConfig, runFiles, validationFolder } from "../run/run-folder.js";
import { type PseudoPositives, watchPseudoPositives } from "../run/runaway-guard.js";
import type { StepEvent } from "../run/train.js";
import type { Part, PlannedRun } from "./plan.js";
import type { TaskContext } from "./task.js";

/** What finished runs of one method say; lists have an entry for each seed. */
export interface DetectionRow {
  cell: string;
  method: string;
  /** What they were judged on. */
  part: Part;
  seeds: number[];
  /** 0..1, by LUNA16's rules, with the averaged weights at the end; 0 where no nodule was found. */
  cpm: number[];
  /** Mean sensitivity at the seven rates of false positives per scan. */
  sensitivity: Record<CpmRate, number>;
  /** By bands of diameters: nodules, and the means of the share that has any mark and of the sensitivity at one false positive a scan. */
  bySize: { name: string; nodules: number; recall: number; sensitivityAt1: number }[];
  /** The highest mean over 50 steps of confident pseudo-positives per unlabeled patch: above about 1.2 training tends to run away. */
  highestPseudoPositives: number[];
  steps: number;
  /** Seconds of the training steps. */
  seconds: number[];
  /** The share of them that the training waited for its patches. */
  waited: number[];
  /** Scans with annotations that it learned from, and without. */
  labeled: number;
  unlabeled: number;
  /** 0..1; null where the paper says that training diverged. */
  paper?: { cpm: number | null };
}

/** What a finished run leaves. */
export const judgmentFolder = (folder: string, part: Part): string =>
  join(folder, part === "test" ? runFiles.evaluation : validationFolder);
export const judgmentFile = (folder: string, part: Part): string => join(judgmentFolder(folder, part), "froc.json");

/** The finished runs of each row, rows in the order of the plan. */
export function finishedByRow(runs: readonly PlannedRun[], { out, part }: Pick<TaskContext, "out" | "part">): PlannedRun[][] {
  const groups = new Map<string, PlannedRun[]>();
  for (const run of runs) {
    if (!existsSync(judgmentFile(join(out, run.id), part))) continue;
    const key = `${run.cell}\n${run.method}`;
    groups.set(key, [...(groups.get(key) ?? []), run]);
  }
  return [...groups.values()];
}

/** The rows of the runs that are finished, in the order of the plan. */
export function detectionRows(runs: readonly PlannedRun[], context: Pick<TaskContext, "out" | "part">): DetectionRow[] {
  return finishedByRow(runs, context).map((group) => {
    const seen = group.map(({ id }) => summarize(join(context.out, id), context.part));
    const [{ cell, method, paper }] = group as [PlannedRun];
    const [{ config }] = seen as [(typeof seen)[0]];
    return {
      cell,
      method,
      part: context.part,
      seeds: group.map(({ seed }) => seed),
      cpm: seen.map(({ cpm }) => cpm),
      sensitivity: Object.fromEntries(
        cpmRates.map((rate) => [String(rate), mean(seen.map(({ sensitivity }) => sensitivity[String(rate) as CpmRate]))]),
      ) as DetectionRow["sensitivity"],
      bySize: meanBySize(seen.map(({ bySize }) => bySize)),
      highestPseudoPositives: seen.map(({ pseudoPositives }) => pseudoPositives),
      steps: config.training.steps,
      seconds: seen.map(({ seconds }) => seconds),
      waited: seen.map(({ waited }) => waited),
      labeled: countOf(config.data.labeled),
      unlabeled: countOf(config.data.unlabeled),
      ...(paper && { paper }),
    };
  });
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
const countOf = (scans: number | readonly string[]): number => (typeof scans === "number" ? scans : scans.length);

/** The official rules give no curve where nothing is found; a table says 0, which JSON turned into null. */
const found = (value: number | null): number => value ?? 0;

function summarize(folder: string, part: Part) {
  const { cpm, sensitivity, bySize } = readJsonFile<EvaluateResult["froc"] & Pick<EvaluateResult, "bySize">>(judgmentFile(folder, part));
  const steps = readEventLog(join(folder, runFiles.events)).filter(({ kind }) => kind === "step") as unknown as StepEvent[];
  const pseudoPositives: PseudoPositives = { highest: 0, recent: [] };
  for (const event of steps) watchPseudoPositives(pseudoPositives, event.pseudoPositives);
  const sum = (name: "seconds" | "waited"): number => steps.reduce((total, event) => total + event[name], 0);
  return {
    config: readRunConfig(folder) as Config,
    cpm: found(cpm),
    sensitivity: Object.fromEntries(
      Object.entries(sensitivity).map(([rate, value]) => [rate, found(value)]),
    ) as DetectionRow["sensitivity"],
    bySize,
    pseudoPositives: pseudoPositives.highest,
    seconds: sum("seconds"),
    waited: steps.length > 0 ? sum("waited") / sum("seconds") : 0,
  };
}

const meanBySize = (ofSeeds: readonly EvaluateResult["bySize"][]): DetectionRow["bySize"] =>
  (ofSeeds[0] ?? []).map(({ name, nodules }) => {
    const bands = ofSeeds.flatMap((bands) => bands.filter((band) => band.name === name));
    return {
      name,
      nodules,
      recall: mean(bands.map((band) => band.found / band.nodules)),
      sensitivityAt1: mean(bands.map(({ sensitivityAt1 }) => sensitivityAt1)),
    };
  });
