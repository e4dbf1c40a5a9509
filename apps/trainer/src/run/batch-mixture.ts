import { type DetectionBatch, focalMixBatch } from "@gleaner/methods";
import { linearRamp, type Random } from "@gleaner/training";
import * as tf from "@tensorflow/tfjs";
import type { Config } from "../config.js";
import type { PatchBatch } from "./batches.js";
import type { Network } from "./network.js";
import { drawSymmetry } from "./patches.js";
import type { TrainingState } from "./training-state.js";

/** The batch that a step learns from, and what is logged of it. */
export interface MixedBatch {
  /** Labeled patches first; tensors which the caller disposes. */
  batch: DetectionBatch;
  unlabeledWeight: number;
  pseudoPositives: number;
  meanTarget: number;
}

/** The weight of the unlabeled patches at each step: 0 while training is supervised only, then a ramp. */
export function unlabeledWeightAt({ method, training, focalmix }: Config): (step: number) => number {
  const { supervisedUntil, rampOver, unlabeledWeight } = focalmix;
  const supervisedSteps = Math.round(supervisedUntil * training.steps);
  const ramp = linearRamp({ steps: Math.max(1, Math.round(rampOver * training.steps)) });
  return (step) => (method === "focalmix" && step >= supervisedSteps ? unlabeledWeight * ramp(step - supervisedSteps) : 0);
}

/** The labeled patches of a step as they are, or FocalMix's mixture of them with the unlabeled ones; consumes the tensors it is given. */
export function mixPatches(
  config: Config,
  network: Network,
  state: TrainingState,
  { labeled, unlabeled }: Pick<PatchBatch, "labeled" | "unlabeled">,
  unlabeledWeight: number,
  random: Random,
): MixedBatch {
  if (!unlabeled) return { batch: labeled, unlabeledWeight, pseudoPositives: 0, meanTarget: 0 };
  const { patch: size, symmetries } = config.training;
  const { views, temperature, mixUpAlpha, teacher } = config.focalmix;
  const ofViews = random.fork("views");
  if (teacher === "ema") state.ema.swapIn();
  try {
    const { batch, statistics } = focalMixBatch(network.detector.predict, labeled, unlabeled, network.gridOf([size, size, size]), {
      random: random.fork("mixUp"),
      views: Array.from({ length: views }, () => drawSymmetry(symmetries, ofViews)),
      temperature,
      mixUpAlpha,
    });
    return { batch, unlabeledWeight, ...statistics };
  } finally {
    if (teacher === "ema") state.ema.swapOut();
    tf.dispose([unlabeled, ...Object.values(labeled)]);
  }
}
