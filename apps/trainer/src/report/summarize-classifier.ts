import { existsSync } from "node:fs";
import { join } from "node:path";
import { type ClassificationMetrics, classificationMetrics } from "@gleaner/training";
import { z } from "zod";
import type { ClassificationStepEvent, CurriculumEvent, EvaluationEvent } from "../classification/events.js";
import type { ClassificationConfig } from "../classification/schema.js";
import { runFiles } from "../run/run-folder.js";
import { nameRuns } from "./name-runs.js";
import { amount, environment, eventsOf, readChecked, readLog } from "./read-checked.js";

// NaN where there were no images to say it of, which JSON does not have.
const share = z
  .number()
  .min(0)
  .max(1)
  .nullable()
  .transform((value) => value ?? Number.NaN);

const indices = z.array(amount);
const split = z
  .object({
    images: amount,
    classes: z.int().min(1),
    checksum: z.string(),
    labeled: indices,
    validation: indices,
    // Left out where it is all images but those of the validation.
    unlabeled: indices.optional(),
    // Left out where a part of the set judges.
    test: indices.optional(),
  })
  .transform(({ unlabeled, ...rest }) => ({ ...rest, unlabeled: unlabeled?.length ?? rest.images - rest.validation.length }));

const step = z.object({
  step: amount,
  maskRate: share,
  confidentRate: share,
  pseudoLabelAccuracy: share,
  seconds: z.number().min(0),
}) satisfies z.ZodType<Partial<ClassificationStepEvent>>;

// Every list has an entry for each class: what is drawn and counted below relies on it.
const evaluationOf = (classes: number) =>
  z.object({
    step: amount,
    on: z.enum(["validation", "test"]),
    images: amount,
    error: share,
    macroF1: share,
    recall: z.array(share).length(classes),
  }) satisfies z.ZodType<Partial<EvaluationEvent>>;

const curriculumOf = (classes: number) =>
  z.object({
    step: z.int().min(1),
    learningEffects: z.array(amount).length(classes),
    thresholds: z.array(z.number().min(0).max(1)).length(classes),
  }) satisfies z.ZodType<Partial<CurriculumEvent>>;

const judgmentOf = (classes: number) =>
  z
    .object({
      step: amount,
      confusion: z.array(z.array(amount).length(classes)).length(classes),
      areaUnderRoc: share.optional(),
    })
    .transform((judgment): Judgment => ({ ...judgment, ...classificationMetrics(judgment.confusion) }));

const judgedOf = (classes: number) =>
  z.object({
    classNames: z.array(z.string()).length(classes),
    last: judgmentOf(classes),
    selected: judgmentOf(classes).nullable(),
  });

/** What the test images say of one set of weights. */
export interface Judgment extends ClassificationMetrics {
  step: number;
  confusion: number[][];
  areaUnderRoc?: number | undefined;
}

/** A stretch of steps, as far as the report needs it; rates are NaN where there is nothing to say. */
export type RateStep = z.output<typeof step>;
/** An evaluation along the way. */
export type Look = z.output<ReturnType<typeof evaluationOf>>;
export type Curriculum = z.output<ReturnType<typeof curriculumOf>>;

/** What the report knows of a classification run. */
export interface ClassifierSummary {
  name: string;
  config: ClassificationConfig;
  environment: Record<string, unknown>;
  split: z.output<typeof split>;
  classNames: readonly string[];
  steps: RateStep[];
  looks: Look[];
  /** Of Flex methods. */
  curricula: Curriculum[];
  /** Absent until the run is evaluated: with the weights at its end, and with those that validation chose. */
  judged?: { last: Judgment; selected: Judgment | null };
}

/** Reads what classification runs left behind. */
export function summarizeClassifiers(runs: readonly { folder: string; config: ClassificationConfig }[]): ClassifierSummary[] {
  const names = nameRuns(runs.map(({ folder }) => folder));
  const read = runs.map(({ folder, config }, i) => summarizeClassifier(folder, config, names[i]!));
  // A run that is not evaluated yet learns the names of its classes from another of the same images.
  const known = new Map(read.flatMap(({ split, classNames }) => (classNames ? [[split.checksum, classNames]] : [])));
  return read.map((run) => ({
    ...run,
    classNames: run.classNames ?? known.get(run.split.checksum) ?? Array.from({ length: run.split.classes }, (_, c) => String(c)),
  }));
}

type Read = Omit<ClassifierSummary, "classNames"> & { classNames?: readonly string[] };

function summarizeClassifier(folder: string, config: ClassificationConfig, name: string): Read {
  const log = readLog(folder);
  const drawn = readChecked(join(folder, runFiles.split), split);
  const path = join(folder, runFiles.evaluation, "classification.json");
  const judged = existsSync(path) ? readChecked(path, judgedOf(drawn.classes)) : undefined;
  return {
    name,
    config,
    environment: readChecked(join(folder, runFiles.environment), environment),
    split: drawn,
    steps: eventsOf(log, "step", step),
    looks: eventsOf(log, "evaluation", evaluationOf(drawn.classes)),
    curricula: eventsOf(log, "curriculum", curriculumOf(drawn.classes)),
    ...(judged && { judged, classNames: judged.classNames }),
  };
}
