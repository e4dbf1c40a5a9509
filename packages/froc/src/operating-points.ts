import type { FrocMatches } from "./matches.js";
import { orderByScore } from "./order-scores.js";

/** Found findings and false positives of all scans from the highest score to the lowest, ready to be counted with any weights of scans. */
export interface OperatingPoints {
  /** Scan of each entry. */
  scan: Int32Array;
  score: Float64Array;
  /** What the entry adds: 1 for a found finding, minus the number of false positives otherwise. */
  gain: Int32Array;
  /** 1 where the next entry has another score, so that a threshold fits between. */
  last: Uint8Array;
  /** Per scan: found findings, all findings, false positives. */
  found: Float64Array;
  nodules: Float64Array;
  falsePositives: Float64Array;
}

/** One sort for every curve that is drawn of the matches, resampled or not. */
export function createOperatingPoints(matches: FrocMatches): OperatingPoints {
  const { nodules, falsePositives, scanIds } = matches;
  const found = new Float64Array(scanIds.length);
  const noduleCounts = new Float64Array(scanIds.length);
  const kept: number[] = [];
  for (let i = 0; i < nodules.scan.length; i++) {
    const scan = nodules.scan[i]!;
    noduleCounts[scan]!++;
    if (nodules.marks[i] === 0) continue;
    found[scan]!++;
    kept.push(i);
  }
  const size = kept.length + falsePositives.score.length;
  const scores = new Float64Array(size);
  for (const [place, i] of kept.entries()) scores[place] = nodules.score[i]!;
  scores.set(falsePositives.score, kept.length);
  const order = orderByScore(scores);
  const points: OperatingPoints = {
    scan: new Int32Array(size),
    score: new Float64Array(size),
    gain: new Int32Array(size),
    last: new Uint8Array(size).fill(1),
    found,
    nodules: noduleCounts,
    falsePositives: matches.counts.falsePositives,
  };
  for (let place = 0; place < size; place++) {
    const from = order[place]!;
    const isFound = from < kept.length;
    points.scan[place] = isFound ? nodules.scan[kept[from]!]! : falsePositives.scan[from - kept.length]!;
    points.gain[place] = isFound ? 1 : -falsePositives.count[from - kept.length]!;
    points.score[place] = scores[from]!;
    if (place > 0 && points.score[place] === points.score[place - 1]) points.last[place - 1] = 0;
  }
  return points;
}

/** Sums of a submission in which scans count as often as their weights say. */
export interface Totals {
  scans: number;
  nodules: number;
  found: number;
  falsePositives: number;
}

export function totalsOf(points: OperatingPoints, weights: ArrayLike<number>, scans: number): Totals {
  const totals: Totals = { scans, nodules: 0, found: 0, falsePositives: 0 };
  for (let scan = 0; scan < weights.length; scan++) {
    const weight = weights[scan]!;
    totals.nodules += weight * points.nodules[scan]!;
    totals.found += weight * points.found[scan]!;
    totals.falsePositives += weight * points.falsePositives[scan]!;
  }
  return totals;
}
