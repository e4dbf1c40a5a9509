import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { proximity } from "@gleaner/augment";
import { formatLabelSplit } from "@gleaner/images";
import type { ClassificationStatistics } from "@gleaner/methods";
import {
  classificationMetrics,
  createRandom,
  type ErrorSummary,
  evaluationSteps,
  fixMatchSchedule,
  runLoop,
  summarizeErrors,
} from "@gleaner/training";
import { createEventLog, readEventLog } from "@gleaner/training/node";
import * as tf from "@tensorflow/tfjs";
import { inputError, workError } from "../errors.js";
import { bestCheckpoint, checkRunFolder, runFiles, writeJsonFile } from "../run/run-folder.js";
import { createBatchSource, type StepBatch } from "./batches.js";
import { type ClassifierEngines, createClassifierEngines, openClassifierThreads } from "./classifier-engines.js";
import { type ClassificationData, openClassificationData } from "./data.js";
import { type ClassificationEvent, type ClassificationStepEvent, type EvaluationEvent, orNull } from "./events.js";
import { judgeImages } from "./judge.js";
import { createMethod } from "./method.js";
import { createClassifier } from "./network.js";
import type { ClassificationConfig } from "./schema.js";
import { type ClassifierState, createClassifierState, restoreClassifierState, saveClassifierState } from "./state.js";
import { createViewMaker } from "./view-threads.js";

export interface TrainClassifierOptions {
  run: string;
  /** Go on from the run's checkpoint. */
  resume?: boolean;
  environment: Record<string, unknown>;
  signal?: AbortSignal;
  onStep?: (done: number, total: number, note: string) => void;
  /** What error sentences call the configuration. */
  source?: string;
  /** The built script of the engines beside this one, if it is not where the command has it. */
  engineScript?: string;
}

export interface TrainClassifierResult {
  run: string;
  task: "classification";
  method: ClassificationConfig["method"];
  steps: number;
  parameters: number;
  lastLoss: number | null;
  /** Errors in 0..1 of the images that were looked at along the way, in the ways that papers report them; null without such. */
  error: (ErrorSummary & { on: EvaluationEvent["on"] }) | null;
  /** The share of the time that the training waited for its batches. */
  waited: number;
  stopped: boolean;
}

/** Lines of the log that a run of any length leaves, about. */
const loggedSteps = 10_000;
/** States of the curriculum that a run of any length leaves, about. */
const loggedCurricula = 200;

/** Trains a classifier as the configuration says; stops cleanly, with a checkpoint, when the signal is aborted. */
export async function trainClassifier(config: ClassificationConfig, options: TrainClassifierOptions): Promise<TrainClassifierResult> {
  const { run, resume = false, signal, onStep, source = "the configuration" } = options;
  checkRunFolder(config, run, resume);
  const data = await openClassificationData(config, source);
  const recipe = {
    shape: data.pool.shape.slice(1) as unknown as [number, number, number],
    augmentation: config.augmentation,
    mean: data.mean,
    deviation: data.deviation,
  };
  const maker = createViewMaker(recipe, config.augmentation.threads);
  const threads = openClassifierThreads(config, { shape: recipe.shape, classes: data.classes }, options.engineScript);
  const classifier = createClassifier(config, recipe.shape, data.classes, threads.sumAcross);
  const method = createMethod(config, data);
  const input = { shape: recipe.shape, classNames: [...data.classNames], mean: [...data.mean], deviation: [...data.deviation] };
  const fresh = createClassifierState(config, input, classifier, method);
  let log: ReturnType<typeof createEventLog> | undefined;
  let engines: ClassifierEngines | undefined;
  try {
    engines = await createClassifierEngines(classifier, threads);
    const checkpoint = join(run, runFiles.checkpoint);
    const state = resume ? restoreClassifierState(checkpoint, fresh) : fresh;
    startRunFolder(config, data, engines.count, options);
    log = createEventLog(join(run, runFiles.events), { resumeAtStep: state.step });
    const write = (event: ClassificationEvent): void => log!.append({ ...event });
    const batches = createBatchSource(config, data, method.views, maker, createRandom(config.seed), state.ctAugment);
    const { steps, checkpointEvery, learningRate } = config.training;
    const schedule = fixMatchSchedule({ steps });
    const logEvery = Math.max(1, Math.floor(steps / loggedSteps));
    let [lastLoss, seconds, waited] = [null as number | null, 0, 0];
    let lastError = "";
    const { done, stopped } = await runLoop({
      from: state.step,
      steps,
      ...(signal && { signal }),
      async step(step) {
        const started = performance.now();
        const batch = await batches.next(step);
        const rate = learningRate * schedule(step);
        const statistics = await updateWeights(state, engines!, batch, step, rate);
        if (!Number.isFinite(statistics.total))
          throw workError(
            `${run}: the loss is ${statistics.total} at step ${step + 1}; expected a number (a lower training.learningRate may help)`,
          );
        state.step = step + 1;
        lastLoss = statistics.total;
        const took = (performance.now() - started) / 1000;
        seconds += took;
        waited += batch.waitedMs / 1000;
        accumulate(state.log, { ...statistics, learningRate: rate, seconds: took, waited: batch.waitedMs / 1000 });
        // The first step alone: it shows whether a Flex method starts with all images.
        if (state.step === 1 || state.step % logEvery === 0 || state.step === steps) write(flush(state));
        onStep?.(step + 1, steps, `loss ${statistics.total.toFixed(3)}${lastError}`);
      },
      every: [
        {
          steps: (done) => method.curriculum !== undefined && (done === 1 || done % Math.max(1, Math.round(steps / loggedCurricula)) === 0),
          run: (done) => write(curriculumEvent(state, done)),
        },
        {
          steps: evaluationSteps({ steps, every: config.evaluation.every, everyLate: config.evaluation.everyLate }),
          async run(done) {
            const event = await evaluateOnTheWay(config, data, state, done);
            if (!event) return;
            write(event);
            lastError = `, ${event.on} error ${(100 * event.error).toFixed(1)} %`;
            if (event.on === "validation" && (state.best === null || event.error < state.best.error)) {
              state.best = { step: done, error: event.error };
              await saveClassifierState(join(run, bestCheckpoint), state);
            }
          },
        },
        { steps: checkpointEvery, run: (done) => (done < steps ? saveClassifierState(checkpoint, state) : undefined) },
      ],
    });
    await saveClassifierState(checkpoint, state);
    return {
      run,
      task: "classification",
      method: config.method,
      steps: done,
      parameters: Object.values(classifier.trainable).reduce((sum, variable) => sum + variable.size, 0),
      lastLoss,
      error: errorOfRun(run),
      waited: seconds > 0 ? waited / seconds : 0,
      stopped,
    };
  } finally {
    log?.close();
    await engines?.close();
    fresh.optimizer.dispose();
    fresh.ema.dispose();
    classifier.dispose();
    data.close();
    await maker.close();
  }
}

/** Forward, backward, the optimizer, the average, and what the curriculum counts. */
async function updateWeights(
  state: ClassifierState,
  engines: ClassifierEngines,
  { batch, indices, truth, probe }: StepBatch,
  step: number,
  rate: number,
): Promise<ClassificationStatistics> {
  const { classifier, method } = state;
  const { loss, value, gradients } = await engines.gradients(method, batch, step);
  state.optimizer.apply(classifier.trainable, gradients, rate);
  state.ema.update();
  const statistics = await method.observe(loss, indices, truth);
  tf.dispose([value, ...Object.values(gradients), ...Object.values(batch)]);
  if (probe) await observeProbe(state, probe);
  return statistics;
}

/** Tells CTAugment how well the averaged classifier recognizes labeled images under its probes. */
async function observeProbe(
  { classifier, ema, ctAugment }: ClassifierState,
  { images, labels, policies }: NonNullable<StepBatch["probe"]>,
) {
  ema.swapIn();
  const answers = tf.tidy(() => tf.softmax(classifier.infer(images)));
  ema.swapOut();
  const rows = (await answers.array()) as number[][];
  tf.dispose([answers, images]);
  for (const [i, row] of rows.entries()) ctAugment!.observe(policies[i]!, proximity(row, labels[i]!));
}

/** Adds a step to the sums; what is NaN (a rate of nothing) is left out of its mean. */
function accumulate(log: ClassifierState["log"], values: Record<string, number>): void {
  log.count++;
  for (const [name, value] of Object.entries(values)) {
    if (Number.isNaN(value)) continue;
    log.sums[name] = (log.sums[name] ?? 0) + value;
    log.sums[`${name}#`] = (log.sums[`${name}#`] ?? 0) + 1;
  }
}

function flush(state: ClassifierState): ClassificationStepEvent {
  const { sums } = state.log;
  const mean = (name: string): number => (sums[name] ?? Number.NaN) / (sums[`${name}#`] ?? 0);
  state.log = { count: 0, sums: {} };
  return {
    kind: "step",
    step: state.step,
    loss: mean("total"),
    supervised: mean("supervised"),
    unsupervised: mean("unsupervised"),
    unsupervisedWeight: mean("unsupervisedWeight"),
    maskRate: orNull(mean("maskRate")),
    confidentRate: orNull(mean("confidentRate")),
    pseudoLabelAccuracy: orNull(mean("pseudoLabelAccuracy")),
    learningRate: mean("learningRate"),
    seconds: mean("seconds"),
    waited: mean("waited"),
  };
}

function curriculumEvent({ method }: ClassifierState, step: number): ClassificationEvent {
  const curriculum = method.curriculum!;
  return {
    kind: "curriculum",
    step,
    learningEffects: Array.from(curriculum.learningEffects()),
    beta: Array.from(curriculum.beta()),
    thresholds: Array.from(curriculum.thresholds()),
  };
}

/** The error on the images that the protocol lets a run look at before its end; nothing without such images. */
async function evaluateOnTheWay(
  config: ClassificationConfig,
  data: ClassificationData,
  state: ClassifierState,
  step: number,
): Promise<EvaluationEvent | undefined> {
  const on = config.evaluation.protocol === "paper" ? "test" : "validation";
  const { source, indices } = data[on];
  if (indices.length === 0) return undefined;
  state.ema.swapIn();
  try {
    const { confusion } = await judgeImages(state.classifier, source, indices, data);
    const { error, macro, perClass } = classificationMetrics(confusion);
    return {
      kind: "evaluation",
      step,
      on,
      images: indices.length,
      error,
      macroF1: macro.f1,
      recall: perClass.map(({ recall, support }) => (support > 0 ? recall : null)),
    };
  } finally {
    state.ema.swapOut();
  }
}

/** The errors that a run's log holds, in the ways that papers report them. */
export function errorOfRun(run: string): TrainClassifierResult["error"] {
  const evaluations = readEventLog(join(run, runFiles.events)).filter(({ kind }) => kind === "evaluation") as unknown as EvaluationEvent[];
  const last = evaluations.at(-1);
  return last ? { ...summarizeErrors(evaluations), on: last.on } : null;
}

function startRunFolder(
  config: ClassificationConfig,
  data: ClassificationData,
  workers: number,
  { run, resume = false, environment }: TrainClassifierOptions,
): void {
  mkdirSync(run, { recursive: true });
  const { labeled, unlabeled, validation, test, pool, classes } = data;
  const split = {
    // With a checksum of the labels: the set has to be the same when the run goes on.
    ...JSON.parse(
      formatLabelSplit(
        {
          labeled: config.method === "full" ? Int32Array.of() : labeled,
          unlabeled,
          validation: typeof config.data.validation === "number" ? validation.indices : Int32Array.of(),
        },
        { labels: pool.labels, classes },
      ),
    ),
    ...(typeof config.data.test === "number" && { test: Array.from(test.indices) }),
  };
  const path = join(run, runFiles.split);
  if (resume && existsSync(path) && JSON.stringify(JSON.parse(readFileSync(path, "utf8"))) !== JSON.stringify(split))
    throw inputError(`${config.data.path} is not the set that ${run} was started with; expected the same images and labels`);
  writeJsonFile(join(run, runFiles.config), config);
  writeJsonFile(path, split);
  if (!resume) writeJsonFile(join(run, runFiles.environment), { ...environment, workers });
}
