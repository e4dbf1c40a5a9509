import { adjustIntensity, drawIntensityChange } from "@gleaner/augment";
import { type DetectionBatch, type DetectionPredict, focalMixBatch, meanTeacherBatch } from "@gleaner/methods";
import { linearRamp, type Random } from "@gleaner/training";
import * as tf from "@tensorflow/tfjs";
import type { Config } from "../config.js";
import type { PatchBatch } from "./batches.js";
import type { Network } from "./network.js";
import { createObjectRule, type ObjectRule } from "./object-rule.js";
import { drawSymmetry, targetsOf } from "./patches.js";
import type { TrainingEngines } from "./training-engines.js";
import type { TrainingState } from "./training-state.js";

/** What is logged of the unlabeled patches of a step. */
export interface UnlabeledStatistics {
  unlabeledWeight: number;
  /** Confident pseudo-positives per unlabeled patch; 0 while training is supervised only. */
  pseudoPositives: number;
  meanTarget: number;
  /** The teacher's objects per unlabeled patch, where something is done with them. */
  objects?: number;
  /** Their flexible thresholds, for each band of diameters. */
  thresholds?: number[];
}

/** The batch that a step learns from: labeled patches first; tensors which the caller disposes. */
export interface MixedBatch extends UnlabeledStatistics {
  batch: DetectionBatch;
}

/** The weight of the unlabeled patches at each step: 0 while training is supervised only, then a ramp. */
export function unlabeledWeightAt(config: Config): (step: number) => number {
  if (config.method === "supervised") return () => 0;
  const { steps } = config.training;
  const { supervisedUntil, rampOver, unlabeledWeight } = config.method === "focalmix" ? config.focalmix : config.meanTeacher;
  const supervisedSteps = Math.round(supervisedUntil * steps);
  const ramp = linearRamp({ steps: Math.max(1, Math.round(rampOver * steps)) });
  return (step) => (step >= supervisedSteps ? unlabeledWeight * ramp(step - supervisedSteps) : 0);
}

type Patches = Pick<PatchBatch, "labeled" | "unlabeled" | "labeledBoxes" | "unlabeledPlaces">;

/** Whether the average of the weights is the teacher, or the weights themselves. */
const usesAverage = ({ method, focalmix }: Config): boolean => method !== "focalmix" || focalmix.teacher === "ema";

/** Has all engines work out what the teacher says of the unlabeled patches of a step, where there are several; `random` is the one that `mixPatches` gets with it. */
export async function askTeacher(
  config: Config,
  state: TrainingState,
  engines: Pick<TrainingEngines, "teacher">,
  unlabeled: tf.Tensor5D,
  random: Random,
): Promise<DetectionPredict | undefined> {
  if (!engines.teacher) return undefined;
  if (usesAverage(config)) state.ema.swapIn();
  try {
    return await engines.teacher(unlabeled, viewsOf(config, random.fork("views")));
  } finally {
    state.ema.swapOut();
  }
}

/** The labeled patches of a step, with the unlabeled ones as the method uses them; consumes the tensors it is given. `teacher` is what `askTeacher` gave. */
export function mixPatches(
  config: Config,
  network: Network,
  state: TrainingState,
  patches: Patches,
  unlabeledWeight: number,
  random: Random,
  teacher?: DetectionPredict,
): MixedBatch {
  const { unlabeled } = patches;
  const mixed = unlabeled
    ? withUnlabeled(config, network, state, { ...patches, unlabeled }, random, teacher)
    : { batch: patches.labeled, pseudoPositives: 0, meanTarget: 0 };
  const { intensity } = config.training;
  if (intensity > 0) {
    const { patches: plain } = mixed.batch;
    mixed.batch = { ...mixed.batch, patches: withOtherIntensity(plain, intensity, random.fork("intensity")) };
    plain.dispose();
  }
  return { ...mixed, unlabeledWeight };
}

/** The views of a teacher of FocalMix; a mean teacher sees the patch as it lies. */
export function viewsOf({ method, focalmix, training }: Config, random: Random) {
  const [kind, count] = method === "focalmix" ? ([training.symmetries, focalmix.views] as const) : (["none", 1] as const);
  return Array.from({ length: count }, () => drawSymmetry(kind, random));
}

function withUnlabeled(
  config: Config,
  network: Network,
  state: TrainingState,
  { labeled, unlabeled, labeledBoxes, unlabeledPlaces }: Patches & { unlabeled: tf.Tensor5D },
  random: Random,
  teacher: DetectionPredict | undefined,
): Omit<MixedBatch, "unlabeledWeight"> {
  const { patch: size } = config.training;
  const { temperature, mixUp, mixUpOf, mixUpAlpha, boxes } = config.focalmix;
  const isFocalMix = config.method === "focalmix";
  const views = viewsOf(config, random.fork("views"));
  const anchors = network.anchorsOf([size, size, size]);
  const rule = createObjectRule(config, anchors, size, state.objectCurriculum);
  const findObjects = (probabilities: Float32Array, deltas: Float32Array, patch: number) =>
    rule.find(probabilities, deltas, unlabeledPlaces[patch]!);
  const { grid } = anchors;
  const predict = teacher ?? network.detector.predict;
  // What was asked before was asked with the teacher's weights.
  if (!teacher && usesAverage(config)) state.ema.swapIn();
  try {
    if (!isFocalMix) {
      const { batch, statistics } = meanTeacherBatch(predict, labeled, unlabeled, grid, {
        views,
        findObjects,
        targetsOf: ({ boxes: found }) => targetsOf(Float32Array.from(found), { size, anchors, matching: config.matching }),
      });
      return { batch, ...statistics, ...thresholdsOf(rule, state) };
    }
    const needsObjects = (mixUp === "image+object" && mixUpAlpha > 0) || boxes;
    const { batch, statistics } = focalMixBatch(predict, labeled, unlabeled, grid, {
      random: random.fork("mixUp"),
      views,
      temperature,
      mixUp,
      mixUpOf,
      mixUpAlpha,
      labeledBoxes,
      ...(needsObjects && { findObjects, learnBoxes: boxes }),
    });
    const { objects, ...others } = statistics;
    return { batch, ...others, ...(needsObjects && { objects, ...thresholdsOf(rule, state) }) };
  } finally {
    state.ema.swapOut();
    tf.dispose([unlabeled, ...Object.values(labeled)]);
  }
}

/** Counts what the step found, and says which thresholds it was found with. */
function thresholdsOf(rule: ObjectRule, { objectCurriculum }: TrainingState): Pick<MixedBatch, "thresholds"> {
  const thresholds = rule.thresholds();
  rule.observe();
  return objectCurriculum ? { thresholds } : {};
}

/** Each patch under its own random change of contrast, brightness and gamma; a new tensor. */
function withOtherIntensity(patches: tf.Tensor5D, strength: number, random: Random): tf.Tensor5D {
  const ranges = { scale: 0.4 * strength, shift: 0.2 * strength, gamma: 0.6 * strength };
  return tf.tidy(() => {
    const each = Array.from({ length: patches.shape[0] }, (_, i) =>
      adjustIntensity(tf.slice(patches, [i], [1]), { ...drawIntensityChange(random.fork(i), ranges), range: [-1, 1] }),
    );
    return tf.concat(each, 0);
  });
}
