import { type ErrorSummary, summarizeErrors } from "@gleaner/training";
import type { ClassifierSummary, Judgment, Look } from "./summarize-classifier.js";
import { mean } from "./words.js";

/** What the test images said last, by `gleaner evaluate` or along the way. */
export interface LastTest {
  step: number;
  images: number;
  error: number;
  macroF1: number;
  balancedAccuracy: number;
  recall: readonly number[];
  /** Known from `gleaner evaluate` only. */
  judgment?: Judgment;
}

/** Undefined for a run whose test images were not looked at yet. */
export function lastTest({ judged, looks }: ClassifierSummary): LastTest | undefined {
  const look = looks.findLast(({ on }) => on === "test");
  // A run that went on after it was evaluated has looked at them since.
  if (judged && judged.last.step >= (look?.step ?? 0)) return ofJudgment(judged.last);
  return look && ofLook(look);
}

const ofJudgment = (judgment: Judgment): LastTest => {
  const { step, images, error, macro, balancedAccuracy, perClass } = judgment;
  const recall = perClass.map(({ recall, support }) => (support > 0 ? recall : Number.NaN));
  return { step, images, error, macroF1: macro.f1, balancedAccuracy, recall, judgment };
};

const ofLook = ({ step, images, error, macroF1, recall }: Look): LastTest => {
  const balancedAccuracy = mean(recall.filter((value) => !Number.isNaN(value)));
  return { step, images, error, macroF1, balancedAccuracy, recall };
};

/** The errors along the way in the ways that papers report them; undefined without looks. */
export function looksOf({ looks }: ClassifierSummary): (ErrorSummary & Pick<Look, "on" | "images"> & { count: number }) | undefined {
  const last = looks.at(-1);
  return last && { ...summarizeErrors(looks), on: last.on, images: last.images, count: looks.length };
}

/** Steps done. */
export const stepsOf = ({ steps }: ClassifierSummary): number => steps.at(-1)?.step ?? 0;

/** Seconds of the training steps: an event of the log has the mean of its stretch. */
export const secondsOf = ({ steps }: ClassifierSummary): number =>
  steps.reduce((sum, { seconds, step }, i) => sum + seconds * Math.max(0, step - (steps[i - 1]?.step ?? 0)), 0);
