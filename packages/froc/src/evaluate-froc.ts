import { curveOf, sensitivitiesAt } from "./curve.js";
import { matchFindings } from "./match-findings.js";
import { type FrocMatches, scanWeights } from "./matches.js";
import { createOperatingPoints, totalsOf } from "./operating-points.js";
import { cpmRates, mean, perCpmRate } from "./rates.js";
import type { FrocInput, FrocOptions, FrocResult } from "./types.js";

/** The sum of a count per scan under the weights of the scans. */
const weigh = (counts: Float64Array, weights: Float64Array): number => counts.reduce((sum, count, scan) => sum + count * weights[scan]!, 0);

/**
 * Counts, curve, the seven sensitivities and the CPM of matches.
 *
 * @example
 * ```ts
 * import { matchFindings, summarizeFroc } from "@gleaner/froc";
 *
 * const matches = matchFindings({ scans: ["a", "b"], findings: [{ scan: "a", x: 0, y: 0, z: 0, diameterMm: 6 }], candidates: [] }, { rule: "exact" });
 * summarizeFroc(matches).missed; // => 1
 * ```
 */
export function summarizeFroc(matches: FrocMatches): FrocResult {
  const { rule, counts, lines } = matches;
  const scans = lines.length;
  const weights = scanWeights(matches);
  const points = createOperatingPoints(matches);
  const { nodules, found, falsePositives } = totalsOf(points, weights, scans);
  const sensitivities = new Float64Array(cpmRates.length);
  sensitivitiesAt(points, weights, rule, cpmRates, sensitivities, scans);
  return {
    scans,
    nodules,
    truePositives: found,
    falsePositives,
    missed: nodules - found,
    ignored: weigh(counts.ignored, weights),
    duplicates: weigh(counts.duplicates, weights),
    curve: curveOf(points, weights, rule, scans),
    sensitivity: perCpmRate(sensitivities),
    cpm: mean(sensitivities),
    unknownScans: matches.unknownScans,
  };
}

/**
 * Evaluates a submission by the rules of LUNA16: a mark closer to a finding than its radius finds it, marks on excluded findings and second
 * marks are left out, everything else is a false positive; CPM is the mean sensitivity at 1/8, 1/4, 1/2, 1, 2, 4, 8 false positives per scan
 * (Setio et al. 2017, Medical Image Analysis 42).
 *
 * Coordinates are world mm. Without any finding the sensitivities are NaN; without any found finding they are NaN under the official rule (as in
 * the script) and 0 under the exact one. The order of rows does not matter.
 *
 * @throws RangeError for coordinates, diameters or probabilities that are not finite.
 *
 * @example
 * ```ts
 * import { evaluateFroc } from "@gleaner/froc";
 *
 * const result = evaluateFroc({
 *   scans: ["a", "b"],
 *   findings: [
 *     { scan: "a", x: 10, y: 0, z: -40, diameterMm: 6 },
 *     { scan: "b", x: 0, y: 5, z: -90, diameterMm: 8 },
 *   ],
 *   candidates: [
 *     { scan: "a", x: 11, y: 1, z: -41, probability: 0.9 },
 *     { scan: "a", x: 60, y: 0, z: -10, probability: 0.5 },
 *     { scan: "b", x: 0, y: 5, z: -91, probability: 0.3 },
 *   ],
 * });
 * result.sensitivity["0.25"]; // => 0.5
 * result.sensitivity["0.5"]; // => 1
 * result.cpm; // => 0.857
 * ```
 */
export function evaluateFroc(input: FrocInput, options: FrocOptions = {}): FrocResult {
  return summarizeFroc(matchFindings(input, options));
}
