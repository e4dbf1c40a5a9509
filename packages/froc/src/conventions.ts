import { curveOf, sensitivitiesAt } from "./curve.js";
import { matchFindings } from "./match-findings.js";
import { type FrocMatches, scanWeights } from "./matches.js";
import { createOperatingPoints, totalsOf } from "./operating-points.js";
import { cpmRates, mean, perCpmRate } from "./rates.js";
import type { Candidate, FrocInput, FrocOptions, FrocPoint, PerCpmRate } from "./types.js";

/** A way in which a FROC is computed somewhere. */
export interface FrocConvention {
  name: string;
  /** What it does differently, in a sentence. */
  says: string;
  options: FrocOptions;
  /** How a sensitivity is read off the curve; `rule` is the way of the rule itself. */
  reading: "rule" | "nearestGridPoint" | "firstPointAtOrAbove";
  /** Which scans and findings count; `all` is right. */
  population: "all" | "scansWithFindings" | "withoutExclusions";
}

/** What one submission is worth by one convention. */
export interface ConventionResult {
  name: string;
  says: string;
  nodules: number;
  truePositives: number;
  falsePositives: number;
  /** NaN where the convention has no value. */
  sensitivity: PerCpmRate;
  cpm: number;
}

const convention = (name: string, says: string, options: FrocOptions, rest: Partial<FrocConvention> = {}): FrocConvention =>
  Object.freeze({ name, says, options: Object.freeze(options), reading: "rule", population: "all", ...rest });

/**
 * The ways in which other people's numbers come about, so that they can be compared; the first two are this package's own rules.
 *
 * @example
 * ```ts
 * import { frocConventions } from "@gleaner/froc";
 *
 * frocConventions.length; // => 10
 * frocConventions[0].name; // => "official"
 * ```
 */
export const frocConventions: readonly FrocConvention[] = Object.freeze([
  convention("official", "The LUNA16 script, to the bit", {}),
  convention("exact", "Whole false positives are compared with rate · scans; every mark counts", { rule: "exact" }),
  convention(
    "nearest-grid-point",
    "Official, but read at the nearest of 10001 places from 1/8 to 8, on which 1/4, 1/2, 2 and 4 do not lie (DeepLung)",
    {},
    { reading: "nearestGridPoint" },
  ),
  convention(
    "first-point-at-or-above",
    "Official, but each rate is rounded up to the next one that the curve reaches; no value where the curve ends before it (NoduleNet)",
    {},
    { reading: "firstPointAtOrAbove" },
  ),
  convention("fixed-radius-5mm", "Official, but a mark within 5 mm finds a finding of any size", {
    matching: { by: "fixedRadius", radiusMm: 5 },
  }),
  convention("iou-0.1", "Official, but cubes must overlap by an IoU of 0.1 (nnDetection); needs the diameters of the marks", {
    matching: { by: "iou", threshold: 0.1 },
  }),
  convention("cap-300", "Official, but with up to 300 marks a scan", { maxCandidatesPerScan: 300 }),
  convention("no-cap", "Official, but with any number of marks a scan", { maxCandidatesPerScan: Number.POSITIVE_INFINITY }),
  convention("no-exclusions", "Official, but marks on excluded findings are false positives", {}, { population: "withoutExclusions" }),
  convention(
    "scans-with-findings",
    "Official, but scans without a finding are left out with all their false positives",
    {},
    { population: "scansWithFindings" },
  ),
]);

const populate = (input: FrocInput, { population }: FrocConvention): FrocInput => {
  if (population === "withoutExclusions") return { ...input, excluded: [] };
  if (population === "all") return input;
  const ill = new Set(input.findings.map((finding) => finding.scan));
  return { ...input, scans: input.scans.filter((scan) => ill.has(scan)) };
};

/** `numpy.interp` of the curve over `linspace(0.125, 8, 10001)`, at the place nearest to each rate. */
const nearestGridPoints = (matches: FrocMatches): Float64Array => {
  const step = (8 - 0.125) / 10000;
  const places = cpmRates.map((rate) => Math.round((rate - 0.125) / step) * step + 0.125);
  const values = new Float64Array(places.length);
  sensitivitiesAt(createOperatingPoints(matches), scanWeights(matches), matches.rule, places, values, matches.lines.length);
  return values;
};

/** The highest sensitivity at the lowest rate of the curve that is not below each rate. */
const firstPoints = (curve: readonly FrocPoint[]): number[] =>
  cpmRates.map((rate) => {
    const reached = curve.find((point) => point.falsePositivesPerScan >= rate)?.falsePositivesPerScan;
    return curve.findLast((point) => point.falsePositivesPerScan === reached)?.sensitivity ?? Number.NaN;
  });

/**
 * Judges a submission by one convention.
 *
 * Marks without `diameterMm` find nothing by IoU. No value where the convention has none (see `firstPointAtOrAbove`): NaN, and so is the CPM.
 *
 * @example
 * ```ts
 * import { evaluateByConvention, frocConventions } from "@gleaner/froc";
 *
 * const input = {
 *   scans: ["a", "b"],
 *   findings: [{ scan: "a", x: 0, y: 0, z: 0, diameterMm: 6 }],
 *   candidates: [
 *     { scan: "a", x: 0, y: 4, z: 0, probability: 0.9 },
 *     { scan: "b", x: 0, y: 0, z: 0, probability: 0.5 },
 *   ],
 * };
 * const fixedRadius = frocConventions.find(({ name }) => name === "fixed-radius-5mm")!;
 * evaluateByConvention(input, fixedRadius).cpm; // => 1
 * ```
 */
export function evaluateByConvention(input: FrocInput, used: FrocConvention): ConventionResult {
  const matches = matchFindings(populate(input, used), used.options);
  const points = createOperatingPoints(matches);
  const weights = scanWeights(matches);
  const scans = matches.lines.length;
  let values: ArrayLike<number>;
  if (used.reading === "nearestGridPoint") values = nearestGridPoints(matches);
  else if (used.reading === "firstPointAtOrAbove") values = firstPoints(curveOf(points, weights, matches.rule, scans));
  else sensitivitiesAt(points, weights, matches.rule, cpmRates, (values = new Float64Array(cpmRates.length)), scans);
  const { nodules, found, falsePositives } = totalsOf(points, weights, scans);
  return {
    name: used.name,
    says: used.says,
    nodules,
    truePositives: found,
    falsePositives,
    sensitivity: perCpmRate(values),
    cpm: mean(values),
  };
}

/**
 * Judges one submission by several conventions, to see what a published number may stand for.
 *
 * @example
 * ```ts
 * import { compareConventions } from "@gleaner/froc";
 *
 * const input = {
 *   scans: ["a", "b"],
 *   findings: [{ scan: "a", x: 0, y: 0, z: 0, diameterMm: 6 }],
 *   candidates: [
 *     { scan: "b", x: 0, y: 0, z: 0, probability: 0.9 },
 *     { scan: "a", x: 0, y: 0, z: 0, probability: 0.5 },
 *   ],
 * };
 * const table = compareConventions(input);
 * table.find(({ name }) => name === "official")?.cpm; // => 0.714
 * table.find(({ name }) => name === "scans-with-findings")?.cpm; // => 1
 * ```
 */
export function compareConventions(input: FrocInput, used: readonly FrocConvention[] = frocConventions): ConventionResult[] {
  const candidates: readonly Candidate[] = [...input.candidates];
  return used.map((one) => evaluateByConvention({ ...input, candidates }, one));
}
