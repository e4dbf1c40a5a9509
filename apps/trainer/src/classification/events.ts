/** What is logged of a stretch of steps, mostly of one: means over it. */
export interface ClassificationStepEvent {
  kind: "step";
  /** Steps done, those of this event included. */
  step: number;
  loss: number;
  supervised: number;
  unsupervised: number;
  unsupervisedWeight: number;
  /** The share of the unlabeled batch that was trained on; null in supervised training. */
  maskRate: number | null;
  /** The share that reached the fixed threshold. */
  confidentRate: number | null;
  /** Of those trained on and with a known class, the share whose pseudo-label was right; null where there was none. */
  pseudoLabelAccuracy: number | null;
  learningRate: number;
  /** Seconds of a step, and of them those that it waited for its batch. */
  seconds: number;
  waited: number;
}

/** An evaluation along the way, with the averaged weights. */
export interface EvaluationEvent {
  kind: "evaluation";
  step: number;
  on: "validation" | "test";
  images: number;
  /** In 0..1. */
  error: number;
  macroF1: number;
  /** The recall of each class; null for one without images. */
  recall: (number | null)[];
}

/** The state of the curriculum of a Flex method. */
export interface CurriculumEvent {
  kind: "curriculum";
  step: number;
  /** σ, how many images count for each class. */
  learningEffects: number[];
  /** β, normalized. */
  beta: number[];
  /** T, the flexible thresholds. */
  thresholds: number[];
}

export type ClassificationEvent = ClassificationStepEvent | EvaluationEvent | CurriculumEvent;

/** JSON has no NaN. */
export const orNull = (value: number): number | null => (Number.isFinite(value) ? value : null);
