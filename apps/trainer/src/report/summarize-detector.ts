import { existsSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { Config } from "../config.js";
import type { Slice } from "../run/evaluation-slices.js";
import { readRunConfig, runFiles } from "../run/run-folder.js";
import type { StepEvent } from "../run/train.js";
import { nameRuns } from "./name-runs.js";
import { amount, environment, eventsOf, numberOrNaN, readChecked, readLog } from "./read-checked.js";
import { readTeacherPictures, rectangle, type TeacherPictures } from "./read-pictures.js";

// NaN is the sensitivity of a set without nodules.
const share = numberOrNaN;

const counts = z.array(amount);
const judged = z.object({
  scans: amount,
  nodules: amount,
  truePositives: amount,
  falsePositives: amount,
  missed: amount,
  curve: z.array(z.object({ falsePositivesPerScan: z.number(), sensitivity: share })),
  sensitivity: z.record(z.enum(["0.125", "0.25", "0.5", "1", "2", "4", "8"]), share),
  cpm: share,
  bySize: z.array(z.object({ name: z.string(), nodules: amount, found: amount, sensitivityAt1: share })).default([]),
  // Evaluations before it was written lack it.
  scores: z.object({ found: counts, falsePositives: counts, thresholdAt1: z.number().nullable() }).optional(),
});
const judgment = z.object({ step: amount, ...judged.shape, student: judged.optional() });

const slice = z.object({
  kind: z.enum(["hit", "miss", "false positive"]),
  scan: z.string(),
  world: z.tuple([z.number(), z.number(), z.number()]),
  diameterMm: z.number().nullable(),
  probability: z.number().nullable(),
  size: z.int().min(1).max(4096),
  spacingMm: z.number().positive(),
  pixels: z.base64(),
  truth: rectangle.nullable(),
  mark: rectangle.nullable(),
}) satisfies z.ZodType<Slice>;

const scans = z.array(z.object({ id: z.string() }));
const split = z.object({ labeled: scans, unlabeled: scans, test: scans });

const step = z.object({
  kind: z.literal("step"),
  step: amount,
  loss: z.number(),
  classification: z.number(),
  box: z.number(),
  unlabeled: z.number(),
  unlabeledWeight: z.number(),
  pseudoPositives: z.number(),
  meanTarget: z.number(),
  learningRate: z.number(),
  gradientNorm: z.number(),
  seconds: z.number(),
  // Runs that were started before it was logged lack it.
  waited: z.number().optional(),
}) satisfies z.ZodType<LoggedStep>;

/** A step as the log of a run of any age has it. */
type LoggedStep = Omit<StepEvent, "waited"> & { waited?: number | undefined };

/** What training said of itself. */
const warning = z.looseObject({ kind: z.literal("warning"), step: amount });

/** What some weights of a run are worth. */
export type WeightsJudgment = z.output<typeof judged>;

/** A run's evaluation as far as the report needs it: of the average of its weights, and of the student where it was judged. */
export type Judgment = z.output<typeof judgment>;

/** What the report knows of a run. */
export interface RunSummary {
  name: string;
  config: Config;
  environment: Record<string, unknown>;
  split: z.output<typeof split>;
  steps: LoggedStep[];
  /** The steps at which training warned that it may run away. */
  warnings: number[];
  /** Absent until the run is evaluated. */
  froc?: Judgment;
  slices: Slice[];
  pictures: TeacherPictures;
}

/** Reads what runs left behind; each is called by the end of its path that tells it from the others. */
export function summarizeRuns(folders: readonly string[]): RunSummary[] {
  const names = nameRuns(folders);
  return folders.map((folder, i) => summarizeRun(folder, names[i]!));
}

function summarizeRun(run: string, name: string): RunSummary {
  const config = readRunConfig(run);
  const log = readLog(run);
  const evaluation = join(run, runFiles.evaluation);
  const frocPath = join(evaluation, "froc.json");
  const slicesPath = join(evaluation, "slices.json");
  return {
    name,
    config,
    environment: readChecked(join(run, runFiles.environment), environment),
    split: readChecked(join(run, runFiles.split), split),
    steps: eventsOf(log, "step", step),
    warnings: eventsOf(log, "warning", warning).map((event) => event.step),
    ...(existsSync(frocPath) && { froc: readChecked(frocPath, judgment) }),
    slices: existsSync(slicesPath) ? readChecked(slicesPath, z.array(slice)) : [],
    pictures: readTeacherPictures(evaluation),
  };
}
