import type { OperatingPoints } from "./operating-points.js";
import { totalsOf } from "./operating-points.js";
import { ruleArithmetic } from "./rule-arithmetic.js";
import type { FrocPoint, FrocRule } from "./types.js";

/** The corners of the curve: one step for each distinct score, without the points in the middle of a straight piece, from (0, 0) on. */
export function curveOf(points: OperatingPoints, weights: ArrayLike<number>, rule: FrocRule, scans: number): FrocPoint[] {
  const arithmetic = ruleArithmetic(rule, totalsOf(points, weights, scans));
  const corners: FrocPoint[] = [];
  // The last point seen is held back until it is known whether the next one goes on in the same direction.
  let held = { falsePositives: 0, found: 0, threshold: Number.POSITIVE_INFINITY };
  let stepFalsePositives = Number.NaN;
  let stepFound = Number.NaN;
  let falsePositives = 0;
  let found = 0;
  const put = (): void => {
    corners.push({
      falsePositivesPerScan: arithmetic.falsePositivesPerScan(held.falsePositives),
      sensitivity: arithmetic.sensitivity(held.found),
      threshold: held.threshold,
    });
  };
  for (let i = 0; i < points.scan.length; i++) {
    const weighted = points.gain[i]! * weights[points.scan[i]!]!;
    if (weighted > 0) found += weighted;
    else falsePositives -= weighted;
    if (points.last[i] === 0) continue;
    const dFalsePositives = falsePositives - held.falsePositives;
    const dFound = found - held.found;
    if (dFalsePositives === 0 && dFound === 0) continue;
    if (dFalsePositives !== stepFalsePositives || dFound !== stepFound) put();
    // The script adds (0, 0) after the straight pieces are thinned out, so the first operating point always stays.
    const first = held.threshold === Number.POSITIVE_INFINITY;
    held = { falsePositives, found, threshold: points.score[i]! };
    stepFalsePositives = first ? Number.NaN : dFalsePositives;
    stepFound = dFound;
  }
  put();
  return corners;
}

/**
 * Sensitivity of a weighted submission at false-positive rates (ascending), in one pass that ends at the highest rate. The official rule
 * interpolates linearly; of several points at one rate the highest counts; past the end the last value is held.
 * `scans` divides the false positives: the number of lines drawn, which is not the sum of the weights if a scan is listed twice.
 */
export function sensitivitiesAt(
  points: OperatingPoints,
  weights: ArrayLike<number>,
  rule: FrocRule,
  rates: ArrayLike<number>,
  into: Float64Array,
  scans: number,
): void {
  const totals = totalsOf(points, weights, scans);
  const arithmetic = ruleArithmetic(rule, totals);
  const size = rates.length;
  if (totals.nodules === 0 || (rule === "official" && totals.found === 0)) {
    into.fill(Number.NaN, 0, size);
    return;
  }
  let next = 0;
  const { scan, gain, last } = points;
  const end = totals.falsePositives === 0 && rule === "official" ? 0 : scan.length;
  let heldFalsePositives = 0;
  let heldFound = 0;
  let falsePositives = 0;
  let found = 0;
  let limit = size > 0 ? arithmetic.countAt(rates[0]!) : -1;
  for (let i = 0; i < end && next < size; i++) {
    const weighted = gain[i]! * weights[scan[i]!]!;
    if (weighted > 0) found += weighted;
    else falsePositives -= weighted;
    if (last[i] === 0) continue;
    while (falsePositives > limit) {
      let value = arithmetic.sensitivity(heldFound);
      if (arithmetic.interpolates) {
        const x = arithmetic.falsePositivesPerScan(heldFalsePositives);
        const rate = rates[next]!;
        if (x !== rate)
          value += ((arithmetic.sensitivity(found) - value) / (arithmetic.falsePositivesPerScan(falsePositives) - x)) * (rate - x);
      }
      into[next++] = value;
      if (next === size) break;
      limit = arithmetic.countAt(rates[next]!);
    }
    heldFalsePositives = falsePositives;
    heldFound = found;
  }
  // Here the curve has ended: everything that was found counts.
  while (next < size) into[next++] = arithmetic.sensitivity(totals.found);
}
