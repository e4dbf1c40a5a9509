import { sensitivitiesAt } from "./curve.js";
import { matchFindings } from "./match-findings.js";
import type { FrocMatches } from "./matches.js";
import { createOperatingPoints } from "./operating-points.js";
import { cpmRates, mean, perCpmRate } from "./rates.js";
import { eachResample, type Resampling, sampleCount } from "./resample.js";
import type { FrocInput, FrocOptions, FrocRule, PerCpmRate } from "./types.js";

/** A mean over bootstrap samples with its percentile interval. */
export interface Interval {
  mean: number;
  lower: number;
  upper: number;
}

/** One place of the pointwise band. */
export interface BandPoint extends Interval {
  falsePositivesPerScan: number;
}

/** What resampling the scans says about the uncertainty of a curve. */
export interface FrocBootstrap {
  samples: number;
  confidence: number;
  mean: PerCpmRate;
  lower: PerCpmRate;
  upper: PerCpmRate;
  /** The CPM itself: percentile interval of the samples' own CPMs. */
  cpm: Interval;
  /** Pointwise band of the curve from 1/8 to 8 false positives per scan, 16 places an octave. */
  band: BandPoint[];
  /** Samples without a value: no finding was drawn, or (official rule) none that was found. */
  undefinedSamples: number;
}

/** How scans are resampled, and by which rules each sample is judged. */
export type BootstrapOptions = Resampling & FrocOptions & { confidence?: number };

const placesPerOctave = 16;
const bandRates = Float64Array.from({ length: 6 * placesPerOctave + 1 }, (_, i) => 0.125 * 2 ** (i / placesPerOctave));

/** The script reads its band off `linspace(0.125, 8, 10000)`, on which 1/4, 1/2, 2 and 4 do not lie: the nearest place counts. */
export function bandRate(rate: number, rule: FrocRule): number {
  if (rule === "exact") return rate;
  const step = (8 - 0.125) / 9999;
  const place = Math.round((rate - 0.125) / step);
  return place >= 9999 ? 8 : place * step + 0.125;
}

const checked = (confidence: number): number => {
  if (!(confidence > 0 && confidence < 1)) throw new RangeError(`confidence is ${confidence}; expected a number between 0 and 1`);
  return confidence;
};

/** The mean and the percentile interval of the samples that have a value. */
export function percentileInterval(values: Float64Array, confidence: number): Interval {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort();
  const size = sorted.length;
  const below = Math.floor(((1 - confidence) / 2) * size);
  return { mean: mean(sorted), lower: sorted[below] ?? Number.NaN, upper: sorted[size - 1 - below] ?? Number.NaN };
}

/** The script's statistics: 32-bit values, one NaN makes the mean NaN, NaN is sorted to the end, both indices are rounded down. */
function officialInterval(values: Float64Array, confidence: number): Interval {
  const sorted = Float32Array.from(values).sort();
  const outside = (1 - confidence) / 2;
  const at = (index: number): number => sorted[Math.min(sorted.length - 1, Math.floor(index))]!;
  return { mean: Math.fround(mean(sorted)), lower: at(outside * sorted.length), upper: at((1 - outside) * sorted.length) };
}

/** Matches as they are, an input laid over its findings first. */
export const asMatches = (input: FrocInput | FrocMatches, options: FrocOptions): FrocMatches =>
  "falsePositives" in input ? input : matchFindings(input, options);

/**
 * Bootstrap over scans (Efron & Tibshirani 1993): scans are drawn with replacement together with their findings and marks, and each sample is
 * judged as a submission of its own. Gives the pointwise mean and interval at the seven rates and, beyond the script, of the CPM.
 *
 * Under the official rule everything but the interval of the CPM is what the script computes, 32-bit rounding and nearest grid places included;
 * one sample without a found finding makes its means NaN, as there. Under the exact rule such samples are 0 and only samples without any finding
 * are left out. Of matches the rule is their own.
 *
 * @throws RangeError for a resample that names no scan and for counts out of range; TypeError without `random` and `resamples`.
 *
 * @example
 * ```ts
 * import { bootstrapFroc } from "@gleaner/froc";
 *
 * const input = {
 *   scans: ["a", "b"],
 *   findings: [
 *     { scan: "a", x: 0, y: 0, z: 0, diameterMm: 6 },
 *     { scan: "b", x: 0, y: 0, z: 0, diameterMm: 6 },
 *   ],
 *   candidates: [{ scan: "a", x: 0, y: 0, z: 0, probability: 0.9 }],
 * };
 * const { cpm } = bootstrapFroc(input, { rule: "exact", resamples: [[0, 0], [0, 1], [1, 1]] });
 * cpm; // => { mean: 0.5, lower: 0, upper: 1 }
 * ```
 */
export function bootstrapFroc(input: FrocInput | FrocMatches, options: BootstrapOptions): FrocBootstrap {
  const confidence = checked(options.confidence ?? 0.95);
  const matches = asMatches(input, options);
  const { rule, lines } = matches;
  const samples = sampleCount(options);
  const points = createOperatingPoints(matches);
  // One ascending list of rates for one pass over the curve; afterwards each column is a rate.
  const rates = Float64Array.from([...cpmRates, ...bandRates], (rate) => bandRate(rate, rule)).sort();
  const row = new Float64Array(rates.length);
  const columns = rates.reduce((map, rate) => map.set(rate, new Float64Array(samples)), new Map<number, Float64Array>());
  const targets = Array.from(rates, (rate) => columns.get(rate)!);
  eachResample(matches, options, (weights, sample) => {
    sensitivitiesAt(points, weights, rule, rates, row, lines.length);
    for (let i = 0; i < row.length; i++) targets[i]![sample] = row[i]!;
  });
  const columnAt = (rate: number): Float64Array => columns.get(bandRate(rate, rule))!;
  const interval = (values: Float64Array): Interval => (rule === "official" ? officialInterval : percentileInterval)(values, confidence);
  const atRates = cpmRates.map((rate) => interval(columnAt(rate)));
  const cpmColumns = cpmRates.map(columnAt);
  const cpms = Float64Array.from({ length: samples }, (_, sample) => mean(cpmColumns.map((column) => column[sample]!)));
  return {
    samples,
    confidence,
    mean: perCpmRate(atRates.map((place) => place.mean)),
    lower: perCpmRate(atRates.map((place) => place.lower)),
    upper: perCpmRate(atRates.map((place) => place.upper)),
    cpm: percentileInterval(cpms, confidence),
    band: Array.from(bandRates, (rate) => ({ falsePositivesPerScan: rate, ...interval(columnAt(rate)) })),
    undefinedSamples: cpms.filter((value) => Number.isNaN(value)).length,
  };
}
