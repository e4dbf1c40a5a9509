import { createCurriculum, type MappingName } from "@gleaner/curriculum";
import type { RecordedHistory } from "./recorded-history.js";

export interface CurriculumSettings {
  /** τ. */
  threshold: number;
  warmUp: boolean;
  mapping: MappingName;
}

/** A curriculum after a step, and what it made of the batch of that step. */
export interface ReplayedStep {
  /** σ, β and T of each class. */
  effects: number[];
  beta: number[];
  thresholds: number[];
  /** Images of the batch that reach τ, and those that reach the T of their class as it was before the step. */
  counted: number;
  trainedOn: number;
}

/** The curriculum over a recorded training, step by step; the first state is the one before any step. */
export function replayCurriculum(history: RecordedHistory, settings: CurriculumSettings): ReplayedStep[] {
  const { classes, unlabeled, batch, indices, predicted, confidences } = history;
  const curriculum = createCurriculum({ classes, unlabeled, ...settings });
  const state = (counted: number, trainedOn: number): ReplayedStep => ({
    effects: Array.from(curriculum.learningEffects()),
    beta: Array.from(curriculum.beta()),
    thresholds: Array.from(curriculum.thresholds()),
    counted,
    trainedOn,
  });
  const steps = [state(0, 0)];
  for (let from = 0; from < indices.length; from += batch) {
    const [some, classesOfSome, sure] = [indices, predicted, confidences].map((all) => all.slice(from, from + batch)) as [
      number[],
      number[],
      number[],
    ];
    // As in training: the mask first, then the counts.
    const trainedOn = curriculum.select(sure, classesOfSome).reduce((sum, one) => sum + one, 0);
    curriculum.observe(some, sure, classesOfSome);
    steps.push(state(sure.filter((confidence) => confidence >= settings.threshold).length, trainedOn));
  }
  return steps;
}

/** What becomes of one image: below both thresholds, trained on only, or counted as learnt too. */
export type Fate = "neither" | "trained on" | "counted";

/** One look at a small pool: predictions that the reader draws, `perClass` of them in each class. */
export function judgeOwn(confidences: readonly number[], perClass: number, settings: CurriculumSettings): ReplayedStep & { fates: Fate[] } {
  const predicted = confidences.map((_, i) => Math.floor(i / perClass));
  const classes = Math.max(1, Math.ceil(confidences.length / perClass));
  const curriculum = createCurriculum({ classes, unlabeled: confidences.length, ...settings });
  curriculum.observe(
    confidences.map((_, i) => i),
    confidences,
    predicted,
  );
  const selected = curriculum.select(confidences, predicted);
  const fates = confidences.map(
    (confidence, i): Fate => (confidence >= settings.threshold ? "counted" : selected[i] ? "trained on" : "neither"),
  );
  return {
    effects: Array.from(curriculum.learningEffects()),
    beta: Array.from(curriculum.beta()),
    thresholds: Array.from(curriculum.thresholds()),
    counted: fates.filter((fate) => fate === "counted").length,
    trainedOn: selected.reduce((sum, one) => sum + one, 0),
    fates,
  };
}
