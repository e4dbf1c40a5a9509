import { type Curriculum, createCurriculum, type Mapping, restoreCurriculum } from "@gleaner/curriculum";
import { alignDistribution, movingMean, pseudoLabels } from "@gleaner/losses";
import * as tf from "@tensorflow/tfjs-core";
import type { ClassificationMethodSnapshot, PseudoLabeling } from "./classification.js";

/** Curriculum pseudo-labeling for a method (Zhang et al., FlexMatch, NeurIPS 2021): thresholds that follow how well each class is learnt. */
export interface FlexOptions {
  /** N, how many unlabeled images there are. */
  unlabeled: number;
  /** Whether images that count for no class yet hold the thresholds down. Default true. */
  warmUp?: boolean;
  /** M. Default "convex". */
  mapping?: Mapping;
}

export interface SelectionOptions {
  /** C. */
  classes: number;
  /** τ in 0..1. */
  threshold?: number;
  /** Flexible thresholds in place of the fixed one. */
  flex?: FlexOptions;
  /**
   * Distribution alignment (Berthelot et al., ReMixMatch, ICLR 2020): predictions are moved toward `target`, the class frequencies of the
   * labeled images, by their moving mean with `decay` (default 0.999). Default none, as in the experiments of FlexMatch.
   */
  alignment?: { target: ArrayLike<number>; decay?: number };
}

/** Which predictions on weak views become targets, and what has to be remembered for it. */
export interface Selection {
  readonly curriculum: Curriculum | undefined;
  /** Pseudo-labels of logits `[batch, classes]`, and the probabilities that they are of; no part has a gradient. Runs in a tidy. */
  choose(logits: tf.Tensor2D): PseudoLabeling & { probabilities: tf.Tensor2D };
  /** Counts a batch; confidences as the network computed them. */
  observe(indices: ArrayLike<number>, confidences: Float32Array, labels: ArrayLike<number>): void;
  /** The share of confidences that reach the fixed τ. */
  confidentRate(confidences: Float32Array): number;
  snapshot(): ClassificationMethodSnapshot;
  restore(snapshot: ClassificationMethodSnapshot): void;
}

export function createSelection({ classes, threshold = 0.95, flex, alignment }: SelectionOptions): Selection {
  if (!Number.isInteger(classes) || classes < 1) throw new RangeError(`classes is ${classes}; expected an integer of at least 1`);
  if (!(threshold >= 0 && threshold <= 1)) throw new RangeError(`threshold is ${threshold}; expected a number in 0..1`);
  if (alignment && alignment.target.length !== classes)
    throw new RangeError(`alignment.target has ${alignment.target.length} entries; expected ${classes}, one for each class`);
  // In float32, as the network computes: what counts as confident here is what the mask takes for it.
  const fixed = Math.fround(threshold);
  let curriculum = flex && createCurriculum({ ...flex, classes, threshold, precision: "float32" });
  // Plain numbers between steps, so that nothing has to be disposed when a run ends.
  let meanPrediction: number[] | undefined;

  const aligned = (probabilities: tf.Tensor2D): tf.Tensor2D => {
    if (!alignment) return probabilities;
    const next = movingMean(meanPrediction ? tf.tensor1d(meanPrediction) : null, probabilities, alignment.decay);
    meanPrediction = Array.from(next.dataSync());
    return alignDistribution(probabilities, next, tf.tensor1d(Float32Array.from(alignment.target)));
  };

  return {
    get curriculum() {
      return curriculum;
    },
    choose(logits) {
      if (logits.shape[1] !== classes) throw new RangeError(`predict gave ${logits.shape[1]} classes; expected ${classes}`);
      const probabilities = aligned(tf.softmax(logits) as tf.Tensor2D);
      return { probabilities, ...pseudoLabels(probabilities, curriculum ? curriculum.thresholds() : threshold) };
    },
    observe(indices, confidences, labels) {
      curriculum?.observe(indices, confidences, labels);
    },
    confidentRate: (confidences) => confidences.reduce((count, p) => count + (p >= fixed ? 1 : 0), 0) / confidences.length,
    snapshot: () => ({
      ...(curriculum && { curriculum: curriculum.snapshot() }),
      ...(meanPrediction && { meanPrediction: [...meanPrediction] }),
    }),
    restore(snapshot) {
      if ((curriculum === undefined) !== (snapshot.curriculum === undefined))
        throw new RangeError(`the snapshot has ${snapshot.curriculum ? "a" : "no"} curriculum; expected one of the same method`);
      if (snapshot.meanPrediction && snapshot.meanPrediction.length !== classes)
        throw new RangeError(`meanPrediction has ${snapshot.meanPrediction.length} entries; expected ${classes}, one for each class`);
      if (curriculum && snapshot.curriculum) {
        for (const name of ["classes", "unlabeled", "threshold"] as const) {
          if (snapshot.curriculum[name] !== curriculum[name])
            throw new RangeError(`the snapshot has ${name} ${snapshot.curriculum[name]}; expected ${curriculum[name]}`);
        }
        // A mapping that is a function does not survive JSON; the options have it.
        curriculum = restoreCurriculum({ ...snapshot.curriculum, mapping: flex?.mapping ?? "convex" });
      }
      meanPrediction = snapshot.meanPrediction && [...snapshot.meanPrediction];
    },
  };
}
