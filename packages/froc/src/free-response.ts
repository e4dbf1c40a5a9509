import { asMatches } from "./bootstrap-froc.js";
import { type FrocMatches, scanWeights } from "./matches.js";
import { createOperatingPoints } from "./operating-points.js";
import type { FrocInput, FrocOptions } from "./types.js";

const nothing = Number.NEGATIVE_INFINITY;

/** The share of pairs in which the first is higher, ties counted half: the Wilcoxon statistic, in O(n log n). */
function winningShare(winners: Float64Array, others: Float64Array): number {
  const sorted = Float64Array.from(others).sort();
  const below = (value: number, orEqual: boolean): number => {
    let low = 0;
    let high = sorted.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (orEqual ? sorted[middle]! <= value : sorted[middle]! < value) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  let pairs = 0;
  for (const value of winners) pairs += (below(value, false) + below(value, true)) / 2;
  return pairs / (winners.length * others.length);
}

/** The highest false positive and the highest mark of each scan, `-Infinity` where there is none, and whether it has a finding. */
function highestMarks({ scanIds, nodules, falsePositives }: FrocMatches): {
  falsePositive: Float64Array;
  any: Float64Array;
  diseased: Uint8Array;
} {
  const falsePositive = new Float64Array(scanIds.length).fill(nothing);
  for (let i = 0; i < falsePositives.scan.length; i++) {
    const scan = falsePositives.scan[i]!;
    if (falsePositives.score[i]! > falsePositive[scan]!) falsePositive[scan] = falsePositives.score[i]!;
  }
  const any = Float64Array.from(falsePositive);
  const diseased = new Uint8Array(scanIds.length);
  for (let i = 0; i < nodules.scan.length; i++) {
    const scan = nodules.scan[i]!;
    diseased[scan] = 1;
    if (nodules.score[i]! > any[scan]!) any[scan] = nodules.score[i]!;
  }
  return { falsePositive, any, diseased };
}

/**
 * Area under the alternative FROC curve (sensitivity against the share of scans with a false positive): the chance that a finding is marked higher
 * than the highest false positive of a scan, no mark counting as lowest and ties half (Chakraborty & Berbaum 2004, Medical Physics 31, the JAFROC
 * figure of merit).
 *
 * `scans: "withoutFindings"` (default) compares with scans that have no finding, `"all"` with every scan (JAFROC1). In 0..1; NaN without findings
 * or without scans to compare with.
 *
 * @example
 * ```ts
 * import { afrocArea } from "@gleaner/froc";
 *
 * const input = {
 *   scans: ["a", "b", "c"],
 *   findings: [{ scan: "a", x: 0, y: 0, z: 0, diameterMm: 6 }],
 *   candidates: [
 *     { scan: "a", x: 0, y: 0, z: 0, probability: 0.6 },
 *     { scan: "b", x: 0, y: 0, z: 0, probability: 0.9 },
 *   ],
 * };
 * afrocArea(input); // => 0.5
 * ```
 */
export function afrocArea(
  input: FrocInput | FrocMatches,
  { scans = "withoutFindings", ...options }: FrocOptions & { scans?: "withoutFindings" | "all" } = {},
): number {
  const matches = asMatches(input, options);
  const { falsePositive, diseased } = highestMarks(matches);
  const compared = matches.lines.filter((scan) => scans === "all" || diseased[scan] === 0);
  return winningShare(
    matches.nodules.score,
    Float64Array.from(compared, (scan) => falsePositive[scan]!),
  );
}

/** One corner of a ROC curve of scans. */
export interface RocPoint {
  falsePositiveRate: number;
  truePositiveRate: number;
  threshold: number;
}

/** How well a submission tells scans with a finding from scans without. */
export interface ScanRoc {
  auc: number;
  withFindings: number;
  withoutFindings: number;
  curve: RocPoint[];
}

/**
 * ROC of whole scans, each rated by its highest mark that is not ignored (the inferred ROC of free-response studies): does the scan have a finding?
 *
 * A scan without marks is rated lowest; ties count half. NaN without scans of both kinds.
 *
 * @example
 * ```ts
 * import { scanRoc } from "@gleaner/froc";
 *
 * const input = {
 *   scans: ["a", "b"],
 *   findings: [{ scan: "a", x: 0, y: 0, z: 0, diameterMm: 6 }],
 *   candidates: [{ scan: "a", x: 30, y: 0, z: 0, probability: 0.6 }],
 * };
 * scanRoc(input).auc; // => 1
 * ```
 */
export function scanRoc(input: FrocInput | FrocMatches, options: FrocOptions = {}): ScanRoc {
  const matches = asMatches(input, options);
  const { any, diseased } = highestMarks(matches);
  const scoresOf = (kind: number): Float64Array =>
    Float64Array.from(
      matches.lines.filter((scan) => diseased[scan] === kind),
      (scan) => any[scan]!,
    )
      .sort()
      .reverse();
  const [ill, well] = [scoresOf(1), scoresOf(0)];
  const curve: RocPoint[] = [{ falsePositiveRate: 0, truePositiveRate: 0, threshold: Number.POSITIVE_INFINITY }];
  for (let i = 0, j = 0; i < ill.length || j < well.length; ) {
    const threshold = Math.max(ill[i] ?? nothing, well[j] ?? nothing);
    while (i < ill.length && ill[i]! >= threshold) i++;
    while (j < well.length && well[j]! >= threshold) j++;
    curve.push({ falsePositiveRate: j / well.length, truePositiveRate: i / ill.length, threshold });
  }
  return { auc: winningShare(ill, well), withFindings: ill.length, withoutFindings: well.length, curve };
}

/** One operating point of a precision-recall curve. */
export interface PrecisionRecallPoint {
  recall: number;
  precision: number;
  threshold: number;
}

/** Precision against recall. */
export interface PrecisionRecall {
  /** Σ (Rᵢ − Rᵢ₋₁) · Pᵢ over the operating points. */
  averagePrecision: number;
  /** The same with each precision raised to the highest one at this recall or beyond (PASCAL VOC from 2010 on). */
  envelopeAveragePrecision: number;
  curve: PrecisionRecallPoint[];
}

/**
 * Precision and recall over all thresholds, and average precision; with `matching: { by: "fixedRadius", radiusMm }` it is AP at a distance.
 * Ignored marks and second marks on a finding count for neither side.
 *
 * No finding: recall and both averages are NaN. No mark: the averages are 0.
 *
 * @throws RangeError for matches with a horizon: their lowest false positives are gone.
 *
 * @example
 * ```ts
 * import { precisionRecall } from "@gleaner/froc";
 *
 * const input = {
 *   scans: ["a"],
 *   findings: [0, 100].map((x) => ({ scan: "a", x, y: 0, z: 0, diameterMm: 6 })),
 *   candidates: [
 *     { scan: "a", x: 0, y: 0, z: 0, probability: 0.9 },
 *     { scan: "a", x: 50, y: 0, z: 0, probability: 0.8 },
 *     { scan: "a", x: 104, y: 0, z: 0, probability: 0.7 },
 *   ],
 * };
 * precisionRecall(input).averagePrecision; // => 0.5
 * precisionRecall(input, { matching: { by: "fixedRadius", radiusMm: 5 } }).averagePrecision; // => 0.833
 * ```
 */
export function precisionRecall(input: FrocInput | FrocMatches, options: FrocOptions = {}): PrecisionRecall {
  const matches = asMatches(input, options);
  if (matches.horizon !== Number.POSITIVE_INFINITY)
    throw new RangeError(`the horizon of the matches is ${matches.horizon}; precision needs all false positives (horizon: Infinity)`);
  const points = createOperatingPoints(matches);
  const weights = scanWeights(matches);
  const nodules = points.nodules.reduce((sum, count, scan) => sum + count * weights[scan]!, 0);
  const curve: PrecisionRecallPoint[] = [];
  let found = 0;
  let marks = 0;
  for (let i = 0; i < points.scan.length; i++) {
    const weighted = points.gain[i]! * weights[points.scan[i]!]!;
    if (weighted > 0) found += weighted;
    marks += Math.abs(weighted);
    if (points.last[i] === 1) curve.push({ recall: found / nodules, precision: found / marks, threshold: points.score[i]! });
  }
  let averagePrecision = nodules > 0 ? 0 : Number.NaN;
  let envelopeAveragePrecision = averagePrecision;
  let best = 0;
  for (let i = curve.length - 1; i >= 0; i--) {
    const { recall, precision } = curve[i]!;
    const gained = recall - (curve[i - 1]?.recall ?? 0);
    best = Math.max(best, precision);
    averagePrecision += gained * precision;
    envelopeAveragePrecision += gained * best;
  }
  return { averagePrecision, envelopeAveragePrecision, curve };
}
