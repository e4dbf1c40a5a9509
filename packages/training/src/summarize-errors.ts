/** The error of one evaluation. */
export interface Evaluation {
  /** Steps done when it was made. */
  readonly step: number;
  /** The error, in 0..1 or in percent; NaN where it could not be told. */
  readonly error: number;
}

/** The ways in which papers report the error of one run. */
export interface ErrorSummary {
  /** The error of the last evaluation. */
  last: number;
  /** The lowest error of all evaluations: as FlexMatch, TorchSSL and USB report. It is chosen by what it is measured on, so it flatters. */
  best: number;
  /** The step of the first evaluation that had it. */
  bestStep: number;
  /** The mean of the last evaluations: as reimplementations of FixMatch report. */
  meanOfLast: number;
  /** The median of the last evaluations: as FixMatch's own program reports, for 1, 10, 20 and 50. */
  medianOfLast: number;
}

/**
 * The error of a run in each of the ways that papers report it, since the same run has a different number in each.
 *
 * An evaluation that is NaN is never the best and makes the numbers that include it NaN: a run that broke down at its end has no mean to
 * report. Without evaluations all are NaN. Of fewer evaluations than `last` all count.
 *
 * @param evaluations in the order in which they were made
 * @param options `last`: how many evaluations at the end are averaged, an integer ≥ 1 (default 20)
 * @throws RangeError if `last` is no such integer
 *
 * @example
 * ```ts
 * import { summarizeErrors } from "@gleaner/training";
 * const errors = [40, 9, 12, 9, 14];
 * const evaluations = errors.map((error, i) => ({ step: 100 * (i + 1), error }));
 * summarizeErrors(evaluations, { last: 4 }); // => { last: 14, best: 9, bestStep: 200, meanOfLast: 11, medianOfLast: 10.5 }
 * ```
 */
export function summarizeErrors(evaluations: readonly Evaluation[], options: { last?: number } = {}): ErrorSummary {
  const { last = 20 } = options;
  if (!Number.isInteger(last) || last < 1) throw new RangeError(`last must be an integer of at least 1, got ${last}`);
  let best: Evaluation = { step: Number.NaN, error: Number.NaN };
  for (const one of evaluations) if (one.error < best.error || (Number.isNaN(best.error) && !Number.isNaN(one.error))) best = one;
  const end = evaluations.slice(-last).map(({ error }) => error);
  return {
    last: end.at(-1) ?? Number.NaN,
    best: best.error,
    bestStep: best.step,
    meanOfLast: end.reduce((a, b) => a + b, 0) / end.length,
    medianOfLast: median(end),
  };
}

function median(values: readonly number[]): number {
  if (values.length === 0 || values.some(Number.isNaN)) return Number.NaN;
  const sorted = values.toSorted((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
}
