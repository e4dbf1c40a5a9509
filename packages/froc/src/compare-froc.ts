import { asMatches, bandRate, percentileInterval } from "./bootstrap-froc.js";
import { sensitivitiesAt } from "./curve.js";
import { type FrocMatches, scanWeights } from "./matches.js";
import { createOperatingPoints, type OperatingPoints } from "./operating-points.js";
import { cpmRates, mean } from "./rates.js";
import { eachResample, type Resampling, sampleCount } from "./resample.js";
import type { CpmRate, FrocInput, FrocOptions } from "./types.js";

/** How much higher the second of two submissions is. */
export interface Difference {
  /** The value of the first submission. */
  a: number;
  /** The value of the second. */
  b: number;
  /** `b − a` on all scans. */
  difference: number;
  /** The percentile interval of the difference over the samples. */
  lower: number;
  upper: number;
  /** Two-sided: twice the smaller share of samples on either side of 0, the observed data counted as one sample of both. */
  pValue: number;
}

/** Two submissions on the same scans. */
export interface FrocComparison {
  samples: number;
  confidence: number;
  cpm: Difference;
  sensitivity: Record<CpmRate, Difference>;
}

function differenceOf(a: number, b: number, differences: Float64Array, confidence: number): Difference {
  const defined = differences.filter((value) => !Number.isNaN(value));
  const share = (side: (value: number) => boolean): number => (1 + defined.filter(side).length) / (1 + defined.length);
  const { lower, upper } = percentileInterval(defined, confidence);
  const pValue =
    defined.length === 0
      ? Number.NaN
      : Math.min(
          1,
          2 *
            Math.min(
              share((value) => value <= 0),
              share((value) => value >= 0),
            ),
        );
  return { a, b, difference: b - a, lower, upper, pValue };
}

/**
 * Paired bootstrap of two submissions: both are judged on the same resampled scans, so what is hard in a scan is hard for both. Answers whether
 * `b` is better than `a` with the difference, its percentile interval and a two-sided p value (Efron & Tibshirani 1993, chapter 15).
 *
 * Samples in which a submission has no value are left out; all of them: NaN.
 *
 * @throws RangeError if the submissions are on different scans.
 *
 * @example
 * ```ts
 * import { compareFroc } from "@gleaner/froc";
 *
 * const truth = { scans: ["a", "b"], findings: ["a", "b"].map((scan) => ({ scan, x: 0, y: 0, z: 0, diameterMm: 6 })) };
 * const mark = (scan: string) => ({ scan, x: 0, y: 0, z: 0, probability: 0.9 });
 * const one = { ...truth, candidates: [mark("a")] };
 * const both = { ...truth, candidates: [mark("a"), mark("b")] };
 * const { cpm } = compareFroc(one, both, { rule: "exact", resamples: [[0, 1], [0, 0], [1, 1]] });
 * cpm; // => { a: 0.5, b: 1, difference: 0.5, lower: 0, upper: 1, pValue: 1 }
 * ```
 */
export function compareFroc(
  a: FrocInput | FrocMatches,
  b: FrocInput | FrocMatches,
  options: Resampling & FrocOptions & { confidence?: number },
): FrocComparison {
  const confidence = options.confidence ?? 0.95;
  const [first, second] = [asMatches(a, options), asMatches(b, options)];
  if (first.scanIds.length !== second.scanIds.length || first.scanIds.some((id, i) => id !== second.scanIds[i]))
    throw new RangeError("the two submissions were judged on different scans; expected the same list of scans in the same order");
  const samples = sampleCount(options);
  const size = cpmRates.length;
  const valuesOf = (matches: FrocMatches, points: OperatingPoints, weights: Float64Array, grid: boolean): Float64Array => {
    const values = new Float64Array(size + 1);
    const rates = grid ? cpmRates.map((rate) => bandRate(rate, matches.rule)) : cpmRates;
    sensitivitiesAt(points, weights, matches.rule, rates, values, matches.lines.length);
    values[size] = mean(values.subarray(0, size));
    return values;
  };
  const firstPoints = createOperatingPoints(first);
  const secondPoints = createOperatingPoints(second);
  const observedA = valuesOf(first, firstPoints, scanWeights(first), false);
  const observedB = valuesOf(second, secondPoints, scanWeights(second), false);
  const differences = Array.from(observedA, () => new Float64Array(samples));
  eachResample(first, options, (weights, sample) => {
    const valuesA = valuesOf(first, firstPoints, weights, true);
    const valuesB = valuesOf(second, secondPoints, weights, true);
    for (const [i, column] of differences.entries()) column[sample] = valuesB[i]! - valuesA[i]!;
  });
  const at = (i: number): Difference => differenceOf(observedA[i]!, observedB[i]!, differences[i]!, confidence);
  return {
    samples,
    confidence,
    cpm: at(size),
    sensitivity: Object.fromEntries(cpmRates.map((rate, i) => [String(rate), at(i)])) as Record<CpmRate, Difference>,
  };
}
