import { existsSync } from "node:fs";
import { join, resolve, sep } from "node:path";
import { readEventLog } from "@gleaner/training/node";
import { z } from "zod";
import type { Config } from "../config.js";
import { inputError } from "../errors.js";
import type { Slice } from "../run/evaluate.js";
import { readJsonFile, readRunConfig, runFiles } from "../run/run-folder.js";
import type { StepEvent } from "../run/train.js";

// JSON has no NaN: the sensitivity of a set without nodules was written as null.
const share = z
  .number()
  .nullable()
  .transform((value) => value ?? Number.NaN);
const amount = z.int().min(0);

const judgment = z.object({
  step: amount,
  scans: amount,
  nodules: amount,
  truePositives: amount,
  falsePositives: amount,
  missed: amount,
  curve: z.array(z.object({ falsePositivesPerScan: z.number(), sensitivity: share })),
  sensitivity: z.record(z.enum(["0.125", "0.25", "0.5", "1", "2", "4", "8"]), share),
  cpm: share,
  bySize: z.array(z.object({ name: z.string(), nodules: amount, found: amount, sensitivityAt1: share })).default([]),
});

const rectangle = z.tuple([z.number(), z.number(), z.number(), z.number()]).nullable();
const slice = z.object({
  kind: z.enum(["hit", "miss", "false positive"]),
  scan: z.string(),
  world: z.tuple([z.number(), z.number(), z.number()]),
  diameterMm: z.number().nullable(),
  probability: z.number().nullable(),
  size: z.int().min(1).max(4096),
  spacingMm: z.number().positive(),
  pixels: z.base64(),
  truth: rectangle,
  mark: rectangle,
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
}) satisfies z.ZodType<StepEvent>;

/** A run's evaluation as far as the report needs it. */
export type Judgment = z.output<typeof judgment>;

/** What the report knows of a run. */
export interface RunSummary {
  name: string;
  config: Config;
  environment: Record<string, unknown>;
  split: z.output<typeof split>;
  steps: StepEvent[];
  /** Absent until the run is evaluated. */
  froc?: Judgment;
  slices: Slice[];
}

/** Reads what runs left behind; each is called by the end of its path that tells it from the others. */
export function summarizeRuns(folders: readonly string[]): RunSummary[] {
  const names = nameRuns(folders);
  return folders.map((folder, i) => summarizeRun(folder, names[i]!));
}

function summarizeRun(run: string, name: string): RunSummary {
  const config = readRunConfig(run);
  const log = join(run, runFiles.events);
  if (!existsSync(log)) throw inputError(`${log} does not exist; expected the event log of a run`);
  const evaluation = join(run, runFiles.evaluation);
  const frocPath = join(evaluation, "froc.json");
  const slicesPath = join(evaluation, "slices.json");
  return {
    name,
    config,
    environment: readChecked(join(run, runFiles.environment), z.record(z.string(), z.unknown())),
    split: readChecked(join(run, runFiles.split), split),
    steps: check(
      log,
      z.array(step),
      readEventLog(log).filter((event) => event["kind"] === "step"),
    ),
    ...(existsSync(frocPath) && { froc: readChecked(frocPath, judgment) }),
    slices: existsSync(slicesPath) ? readChecked(slicesPath, z.array(slice)) : [],
  };
}

function nameRuns(folders: readonly string[]): string[] {
  const paths = folders.map((folder) => resolve(folder).split(sep).filter(Boolean));
  const again = folders.find((folder, i) => folders.slice(0, i).some((other) => resolve(other) === resolve(folder)));
  if (again !== undefined) throw inputError(`${again} is given twice; expected each run once`);
  const deepest = Math.max(...paths.map((parts) => parts.length));
  for (let length = 1; length < deepest; length++) {
    const names = paths.map((parts) => parts.slice(-length).join("/"));
    if (new Set(names).size === names.length) return names;
  }
  return paths.map((parts) => parts.join("/"));
}

const readChecked = <S extends z.ZodType>(path: string, schema: S): z.output<S> => check(path, schema, readJsonFile(path));

/** A file of a run that somebody wrote by hand or another version wrote is refused in one sentence. */
function check<S extends z.ZodType>(path: string, schema: S, value: unknown): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  throw inputError(`${path} is not what a run leaves behind: ${issue.path.join(".") || "the document"}: ${issue.message}`);
}
