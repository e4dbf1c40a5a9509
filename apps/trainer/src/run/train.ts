import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { DetectionBatch } from "@gleaner/methods";
import { clipByGlobalNorm, cosineSchedule, createRandom, linearWarmUp, runLoop } from "@gleaner/training";
import { createEventLog } from "@gleaner/training/node";
import * as tf from "@tensorflow/tfjs";
import type { Config } from "../config.js";
import { inputError, workError } from "../errors.js";
import { askTeacher, mixPatches, type UnlabeledStatistics, unlabeledWeightAt } from "./batch-mixture.js";
import type { BatchWeights } from "./batch-shares.js";
import { createPatchBatches } from "./batches.js";
import { type DataSplit, resolveSplit, saveSplit } from "./data-split.js";
import { createNetwork } from "./network.js";
import { nodulesInside } from "./nodules-inside.js";
import { createPatchMaker } from "./patch-threads.js";
import { prepareScans } from "./prepare-scans.js";
import { createScanStore } from "./prepared-scans.js";
import { checkRunFolder, runFiles, writeJsonFile } from "./run-folder.js";
import { runawayWarning, watchPseudoPositives } from "./runaway-guard.js";
import { createTrainingEngines, openEngineThreads, type TrainingEngines } from "./training-engines.js";
import { createTrainingState, restoreTrainingState, saveTrainingState, type TrainingState } from "./training-state.js";

/** What is logged of each step. */
export interface StepEvent extends UnlabeledStatistics {
  kind: "step";
  /** Steps done, this one included. */
  step: number;
  loss: number;
  classification: number;
  box: number;
  unlabeled: number;
  learningRate: number;
  gradientNorm: number;
  /** Of the step, and of them those that it waited for its patches. */
  seconds: number;
  waited: number;
}

export interface TrainOptions {
  run: string;
  /** Go on from the run's checkpoint. */
  resume?: boolean;
  preparedFolder: string;
  environment: Record<string, unknown>;
  signal?: AbortSignal;
  onStep?: (event: StepEvent, total: number) => void;
  onPrepare?: (done: number, total: number) => void;
  /** A line about what is odd in the data. */
  onNote?: (text: string) => void;
  /** What error sentences call the configuration. */
  source?: string;
  /** The built script of the engines beside this one, if it is not where the command has it. */
  engineScript?: string;
}

export interface TrainResult {
  run: string;
  method: Config["method"];
  steps: number;
  parameters: number;
  lastLoss: number | null;
  /** The highest mean over 50 steps of the confident pseudo-positives per unlabeled patch. */
  highestPseudoPositives: number;
  /** The share of the time that the training waited for its patches. */
  waited: number;
  stopped: boolean;
}

/** Trains a detector as the configuration says; stops cleanly, with a checkpoint, when the signal is aborted. */
export async function train(config: Config, options: TrainOptions): Promise<TrainResult> {
  const { run, resume = false, signal, onStep } = options;
  const checkpoint = join(run, runFiles.checkpoint);
  checkRunFolder(config, run, resume);
  const { source = "the configuration", onNote = () => {} } = options;
  const split = await resolveSplit(config, {
    source,
    folder: options.preparedFolder,
    ...(resume && { savedIn: run }),
    ...(signal && { signal }),
  });
  const usesUnlabeled = config.method !== "supervised";
  if (usesUnlabeled && split.unlabeled.length === 0)
    throw inputError(`${source}: data.unlabeled names no scan; expected at least one for the method ${config.method}`);
  const scans = usesUnlabeled ? [...split.labeled, ...split.unlabeled] : split.labeled;
  const { failed } = await prepareScans(scans, {
    settings: config.preprocessing,
    folder: options.preparedFolder,
    ...(signal && { signal }),
    ...(options.onPrepare && { onProgress: options.onPrepare }),
  });
  if (failed[0]) throw failed[0].error;
  const { findings, notes } = await nodulesInside(split, createScanStore(config.preprocessing, options.preparedFolder));
  for (const note of [...split.notes, ...notes]) onNote(note);

  const network = createNetwork(config, config.seed);
  const counts = { labeled: split.labeled.length, unlabeled: split.unlabeled.length };
  const fresh = createTrainingState(config, network.variables, counts);
  const { steps, checkpointEvery, patch: size, foreground, symmetries, threads } = config.training;
  const maker = createPatchMaker(
    {
      patches: {
        size,
        windowHu: config.preprocessing.windowHu,
        foreground,
        symmetries,
        anchors: network.anchorsOf([size, size, size]),
        matching: config.matching,
      },
      preprocessing: config.preprocessing,
      preparedFolder: options.preparedFolder,
    },
    threads,
  );
  let log: ReturnType<typeof createEventLog> | undefined;
  let engines: TrainingEngines | undefined;
  try {
    const state = resume ? restoreTrainingState(checkpoint, config, fresh, counts) : fresh;
    engines = await createTrainingEngines(config, network, openEngineThreads(config, options.engineScript));
    startRunFolder(config, split, engines.count, options);
    log = createEventLog(join(run, runFiles.events), { resumeAtStep: state.step });
    const random = createRandom(config.seed);
    const weightAt = unlabeledWeightAt(config);
    const batches = createPatchBatches(config, { ...split, findings }, maker, random, {
      needsUnlabeled: (step) => weightAt(step) > 0,
      ...(state.hardExamples && { hardExamples: state.hardExamples }),
    });
    const learningRateAt = learningRate(config);
    let [lastLoss, allSeconds, allWaited] = [null as number | null, 0, 0];
    const { done, stopped } = await runLoop({
      from: state.step,
      steps,
      ...(signal && { signal }),
      async step(step) {
        const started = performance.now();
        const { places, waited, ...patches } = await batches.next(step);
        const ofStep = random.fork("mixture").fork(step);
        const teacher = patches.unlabeled && (await askTeacher(config, state, engines!, patches.unlabeled, ofStep));
        const { batch, ...about } = mixPatches(config, network, state, patches, weightAt(step), ofStep, teacher);
        const rate = learningRateAt(step);
        const weights = { labeledCount: config.training.labeledBatch, unlabeledWeight: about.unlabeledWeight };
        const { parts, gradientNorm, ofPatches } = await updateWeights(config, state, engines!, batch, weights, rate);
        tf.dispose(Object.values(batch));
        const [loss, classification, box, unlabeled] = parts as unknown as [number, number, number, number];
        for (const [name, value] of Object.entries({ loss, "norm of the gradient": gradientNorm })) {
          if (!Number.isFinite(value))
            throw workError(
              `${run}: the ${name} is ${value} at step ${step + 1}; expected a number (a lower training.learningRate may help)`,
            );
        }
        lastLoss = loss;
        const runsAway = watchPseudoPositives(state.pseudoPositives, about.pseudoPositives);
        state.hardExamples?.observe(places, ofPatches);
        state.step = step + 1;
        const seconds = (performance.now() - started) / 1000;
        allSeconds += seconds;
        allWaited += waited;
        const event: StepEvent = {
          kind: "step",
          step: step + 1,
          loss,
          classification,
          box,
          unlabeled,
          ...about,
          learningRate: rate,
          gradientNorm,
          seconds,
          waited,
        };
        log!.append({ ...event });
        if (runsAway) {
          const text = runawayWarning(step + 1, state.pseudoPositives.highest);
          log!.append({ kind: "warning", step: step + 1, text });
          onNote(text);
        }
        onStep?.(event, steps);
      },
      every: [{ steps: checkpointEvery, run: (done) => (done < steps ? saveTrainingState(checkpoint, state) : undefined) }],
    });
    await saveTrainingState(checkpoint, state);
    const parameters = Object.values(network.variables).reduce((sum, variable) => sum + variable.size, 0);
    return {
      run,
      method: config.method,
      steps: done,
      parameters,
      lastLoss,
      highestPseudoPositives: state.pseudoPositives.highest,
      waited: allSeconds > 0 ? allWaited / allSeconds : 0,
      stopped,
    };
  } finally {
    log?.close();
    await engines?.close();
    fresh.optimizer.dispose();
    fresh.ema.dispose();
    network.detector.dispose();
    await maker.close();
  }
}

/** Warm-up in a line, then a cosine to 0. */
function learningRate({ training }: Config): (step: number) => number {
  const warmUpSteps = Math.round(training.warmUp * training.steps);
  const rise = linearWarmUp({ steps: warmUpSteps });
  const fall = cosineSchedule({ steps: Math.max(1, training.steps - warmUpSteps) });
  // The first step would have no rate at all: each step takes the middle of its stretch.
  return (step) => training.learningRate * rise(step + 0.5) * fall(step + 0.5 - warmUpSteps);
}

/** Forward, backward, clipping, the optimizer and the average; the parts of the loss are total, classification, box, unlabeled. */
async function updateWeights(
  config: Config,
  state: TrainingState,
  engines: TrainingEngines,
  batch: DetectionBatch,
  weights: BatchWeights,
  rate: number,
): Promise<{ parts: number[]; gradientNorm: number; ofPatches: Float32Array }> {
  const { gradients, losses } = await engines.gradients(batch, weights);
  const clipped = clipByGlobalNorm(gradients, config.training.clipNorm);
  state.optimizer.apply(state.variables, clipped.gradients, rate);
  state.ema.update();
  // One read for all: each waits for the device.
  const read = tf.tidy(() => tf.concat1d([tf.reshape(clipped.norm, [1]) as tf.Tensor1D, losses]).dataSync<"float32">());
  tf.dispose([losses, clipped.norm, ...Object.values(gradients), ...Object.values(clipped.gradients)]);
  return { gradientNorm: read[0]!, parts: Array.from(read.slice(1, 5)), ofPatches: read.slice(5) };
}

function startRunFolder(config: Config, split: DataSplit, workers: number, { run, resume = false, environment }: TrainOptions): void {
  mkdirSync(run, { recursive: true });
  writeJsonFile(join(run, runFiles.config), config);
  saveSplit(run, split);
  if (!resume) writeJsonFile(join(run, runFiles.environment), { ...environment, workers });
}
