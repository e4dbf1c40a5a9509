import { asMatches } from "./bootstrap-froc.js";
import { sensitivitiesAt } from "./curve.js";
import { type FrocMatches, scanWeights } from "./matches.js";
import { createOperatingPoints } from "./operating-points.js";
import { mean } from "./rates.js";
import type { FrocInput, FrocOptions } from "./types.js";

/**
 * Sensitivity at any list of false-positive rates per scan, in the order of the list, as the rule of the matches reads it off the curve.
 *
 * @throws RangeError for a rate below 0 or beyond the horizon of the matches.
 *
 * @example
 * ```ts
 * import { sensitivityAt } from "@gleaner/froc";
 *
 * const input = {
 *   scans: ["a", "b"],
 *   findings: [{ scan: "a", x: 0, y: 0, z: 0, diameterMm: 6 }],
 *   candidates: [
 *     { scan: "a", x: 0, y: 0, z: 0, probability: 0.5 },
 *     { scan: "b", x: 0, y: 0, z: 0, probability: 0.9 },
 *   ],
 * };
 * sensitivityAt(input, [10, 0.5, 0.1]); // => [1, 1, 0]
 * ```
 */
export function sensitivityAt(input: FrocInput | FrocMatches, rates: readonly number[], options: FrocOptions = {}): number[] {
  const matches = asMatches(input, options);
  for (const rate of rates) {
    if (!(rate >= 0)) throw new RangeError(`the rate ${rate} is no number of false positives per scan; expected 0 or more`);
    if (rate > matches.horizon)
      throw new RangeError(`the rate ${rate} is beyond the horizon of ${matches.horizon} false positives per scan`);
  }
  const order = rates.map((_, i) => i).sort((i, j) => rates[i]! - rates[j]!);
  const sorted = new Float64Array(rates.length);
  const ascending = order.map((i) => rates[i]!);
  sensitivitiesAt(createOperatingPoints(matches), scanWeights(matches), matches.rule, ascending, sorted, matches.lines.length);
  const values: number[] = new Array(rates.length);
  for (const [place, i] of order.entries()) values[i] = sorted[place]!;
  return values;
}

/**
 * Mean sensitivity over any list of false-positive rates per scan; over the seven of `cpmRates` it is the CPM.
 *
 * No rates: NaN.
 *
 * @throws RangeError for a rate below 0 or beyond the horizon of the matches.
 *
 * @example
 * ```ts
 * import { meanSensitivity } from "@gleaner/froc";
 *
 * const input = {
 *   scans: ["a", "b"],
 *   findings: [{ scan: "a", x: 0, y: 0, z: 0, diameterMm: 6 }],
 *   candidates: [
 *     { scan: "a", x: 0, y: 0, z: 0, probability: 0.5 },
 *     { scan: "b", x: 0, y: 0, z: 0, probability: 0.9 },
 *   ],
 * };
 * meanSensitivity(input, [0.25, 0.5]); // => 0.5
 * ```
 */
export function meanSensitivity(input: FrocInput | FrocMatches, rates: readonly number[], options: FrocOptions = {}): number {
  return mean(sensitivityAt(input, rates, options));
}
