/** The factor of a step: multiply the learning rate (or the weight of a loss) by it. Steps count from 0. */
export type Schedule = (step: number) => number;

const checkSteps = (name: string, steps: number, low: number): void => {
  if (!Number.isFinite(steps) || steps < low) throw new RangeError(`${name} must be a number of at least ${low}, got ${steps}`);
};

/** How much of `steps` is done, 0 to 1; a step that is no number gives NaN. */
const fraction = (step: number, steps: number): number => Math.min(1, Math.max(0, step / steps));

/**
 * Half a cosine from 1 to 0: (1 + cos(πk/K))/2 (Loshchilov & Hutter, "SGDR", ICLR 2017, one period). Before step 0 it is 1, from K on 0.
 *
 * @param options `steps`: K ≥ 1
 * @throws RangeError if `steps` is below 1
 *
 * @example
 * ```ts
 * import { cosineSchedule } from "@gleaner/training";
 * const factor = cosineSchedule({ steps: 100 });
 * [0, 50, 100].map(factor); // => [1, 0.5, 0.0]
 * ```
 */
export function cosineSchedule(options: { steps: number }): Schedule {
  const { steps } = options;
  checkSteps("steps", steps, 1);
  return (step) => (1 + Math.cos(Math.PI * fraction(step, steps))) / 2;
}

/**
 * The schedule of FixMatch and FlexMatch: cos(7πk/16K), from 1 to 0.195 (Sohn et al., NeurIPS 2020). From K on it stays there.
 *
 * @param options `steps`: K ≥ 1
 * @throws RangeError if `steps` is below 1
 *
 * @example
 * ```ts
 * import { fixMatchSchedule } from "@gleaner/training";
 * fixMatchSchedule({ steps: 2 ** 20 })(2 ** 20); // => 0.19509
 * ```
 */
export function fixMatchSchedule(options: { steps: number }): Schedule {
  const { steps } = options;
  checkSteps("steps", steps, 1);
  return (step) => Math.cos((7 * Math.PI * fraction(step, steps)) / 16);
}

/**
 * Rises from 0 to 1 in `steps` steps (step k has k/steps), then follows `after`, which counts from 0 where the warm-up ends (default: 1).
 *
 * @param options `steps` ≥ 0; 0 means no warm-up
 * @throws RangeError if `steps` is negative
 *
 * @example
 * ```ts
 * import { cosineSchedule, linearWarmUp } from "@gleaner/training";
 * const factor = linearWarmUp({ steps: 10, after: cosineSchedule({ steps: 90 }) });
 * [0, 5, 10, 55].map(factor); // => [0, 0.5, 1, 0.5]
 * ```
 */
export function linearWarmUp(options: { steps: number; after?: Schedule }): Schedule {
  const { steps, after = () => 1 } = options;
  checkSteps("steps", steps, 0);
  return (step) => (step < steps ? fraction(step, steps) : after(step - steps));
}

/**
 * A straight line from `low` at step 0 to `high` at `steps`, level before and after: the weight of an unlabeled loss that grows.
 *
 * @param options `steps` ≥ 1, `low` (default 0), `high` (default 1)
 * @throws RangeError if `steps` is below 1
 *
 * @example
 * ```ts
 * import { linearRamp } from "@gleaner/training";
 * const weight = linearRamp({ steps: 400 });
 * [0, 100, 400, 1000].map(weight); // => [0, 0.25, 1, 1]
 * ```
 */
export function linearRamp(options: { steps: number; low?: number; high?: number }): Schedule {
  const { steps, low = 0, high = 1 } = options;
  checkSteps("steps", steps, 1);
  return (step) => low + (high - low) * fraction(step, steps);
}
