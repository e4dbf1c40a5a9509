import type { CpmRate, PerCpmRate } from "./types.js";

/**
 * The seven false-positive rates per scan of the CPM: 1/8, 1/4, 1/2, 1, 2, 4, 8.
 *
 * @example
 * ```ts
 * import { cpmRates } from "@gleaner/froc";
 *
 * cpmRates; // => [0.125, 0.25, 0.5, 1, 2, 4, 8]
 * ```
 */
export const cpmRates: readonly number[] = Object.freeze([0.125, 0.25, 0.5, 1, 2, 4, 8]);

/** The seven values under the names of their rates. */
export const perCpmRate = (values: ArrayLike<number>): PerCpmRate =>
  Object.fromEntries(cpmRates.map((rate, i) => [String(rate) as CpmRate, values[i]!])) as PerCpmRate;

/** The plain mean, summed from the first to the last. */
export function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum / values.length;
}
