export interface EvaluationStepsOptions {
  /** The number of steps of the whole run. */
  steps: number;
  /** Evaluates when the number of steps done is a multiple of this. */
  every: number;
  /** The same in the last part of the run (default `every`). */
  everyLate?: number;
  /** Where that part begins, as a fraction of `steps` in 0..1 (default 0.8). */
  lateFrom?: number;
}

/**
 * When to evaluate: regularly, oftener in the last part of a run, and always at its end. FlexMatch's experiments evaluate every 5000 of
 * 2²⁰ steps and, where more than 80 % are done, every 1000.
 *
 * @returns whether an evaluation is due when that many steps are done; never at 0
 * @throws RangeError naming the option that is out of its range
 *
 * @example
 * ```ts
 * import { evaluationSteps } from "@gleaner/training";
 * const isDue = evaluationSteps({ steps: 105, every: 50, everyLate: 10 });
 * Array.from({ length: 106 }, (_, done) => done).filter(isDue); // => [50, 90, 100, 105]
 * ```
 */
export function evaluationSteps(options: EvaluationStepsOptions): (done: number) => boolean {
  const { steps, every, everyLate = every, lateFrom = 0.8 } = options;
  for (const [name, value] of Object.entries({ steps, every, everyLate })) {
    if (!Number.isInteger(value) || value < 1) throw new RangeError(`${name} must be an integer of at least 1, got ${value}`);
  }
  if (!(lateFrom >= 0 && lateFrom <= 1)) throw new RangeError(`lateFrom must be a number in 0..1, got ${lateFrom}`);
  return (done) => done === steps || (done > 0 && done % (done > lateFrom * steps ? everyLate : every) === 0);
}
