import { asMatches, bandRate, percentileInterval } from "./bootstrap-froc.js";
import { sensitivitiesAt } from "./curve.js";
import { type FrocMatches, scanWeights } from "./matches.js";
import { createOperatingPoints } from "./operating-points.js";
import { cpmRates, mean } from "./rates.js";
import { eachResample, type Resampling, sampleCount } from "./resample.js";
import type { CpmRate, FrocInput, FrocOptions } from "./types.js";

/** How much higher the second of two submissions is. */
export interface Difference {
  /** The value of the first submission; of several runs their mean. */
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

/** What is compared: one submission, or those of several runs of a method (with other seeds, say), of which the mean counts. */
export type FrocContender = FrocInput | FrocMatches | readonly (FrocInput | FrocMatches)[];

/** Two submissions, or two methods, on the same scans. */
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

/** The seven sensitivities and the CPM of a contender under weights of the scans, as the mean of its runs. */
function createValuesOf(contender: FrocContender, options: FrocOptions) {
  const runs = Array.isArray(contender) ? (contender as readonly (FrocInput | FrocMatches)[]) : [contender as FrocInput | FrocMatches];
  const judged = runs.map((run) => {
    const matches = asMatches(run, options);
    return { matches, points: createOperatingPoints(matches) };
  });
  const size = cpmRates.length;
  const ofRun = new Float64Array(size);
  return {
    matches: judged.map(({ matches }) => matches),
    valuesAt(weights: Float64Array, grid: boolean): Float64Array {
      const values = new Float64Array(size + 1);
      for (const { matches, points } of judged) {
        const rates = grid ? cpmRates.map((rate) => bandRate(rate, matches.rule)) : cpmRates;
        sensitivitiesAt(points, weights, matches.rule, rates, ofRun, matches.lines.length);
        for (let i = 0; i < size; i++) values[i]! += ofRun[i]! / judged.length;
      }
      values[size] = mean(values.subarray(0, size));
      return values;
    },
  };
}

/**
 * Paired bootstrap of two submissions: both are judged on the same resampled scans, so what is hard in a scan is hard for both. Answers whether
 * `b` is better than `a` with the difference, its percentile interval and a two-sided p value (Efron & Tibshirani 1993, chapter 15).
 *
 * A list stands for several runs of one method, and its value is the mean of theirs, all of them on the same resampled scans. The interval then
 * tells what other scans would have given these runs, and nothing of what other runs would have given.
 *
 * Samples in which a submission has no value are left out; all of them: NaN.
 *
 * @throws RangeError if the submissions are on different scans, or a list is empty.
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
 *
 * compareFroc([one, one], [one, both], { rule: "exact", resamples: [[0, 1], [1, 1]] }).cpm.difference; // => 0.25
 * ```
 */
export function compareFroc(
  a: FrocContender,
  b: FrocContender,
  options: Resampling & FrocOptions & { confidence?: number },
): FrocComparison {
  const confidence = options.confidence ?? 0.95;
  const [first, second] = [createValuesOf(a, options), createValuesOf(b, options)];
  const [reference] = first.matches;
  if (reference === undefined || second.matches.length === 0)
    throw new RangeError("a list of submissions is empty; expected at least one submission");
  if ([...first.matches, ...second.matches].some((matches) => !sameScans(matches, reference)))
    throw new RangeError("the submissions were judged on different scans; expected the same list of scans in the same order");
  const samples = sampleCount(options);
  const weightsOfAll = scanWeights(reference);
  const [observedA, observedB] = [first.valuesAt(weightsOfAll, false), second.valuesAt(weightsOfAll, false)];
  const differences = Array.from(observedA, () => new Float64Array(samples));
  eachResample(reference, options, (weights, sample) => {
    const [valuesA, valuesB] = [first.valuesAt(weights, true), second.valuesAt(weights, true)];
    for (const [i, column] of differences.entries()) column[sample] = valuesB[i]! - valuesA[i]!;
  });
  const at = (i: number): Difference => differenceOf(observedA[i]!, observedB[i]!, differences[i]!, confidence);
  return {
    samples,
    confidence,
    cpm: at(cpmRates.length),
    sensitivity: Object.fromEntries(cpmRates.map((rate, i) => [String(rate), at(i)])) as Record<CpmRate, Difference>,
  };
}

const sameScans = (one: FrocMatches, other: FrocMatches): boolean =>
  one.scanIds.length === other.scanIds.length && one.scanIds.every((id, i) => id === other.scanIds[i]);
