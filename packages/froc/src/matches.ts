import type { FrocRule } from "./types.js";

/** Columns with one row for each finding on a judged scan. */
export interface NoduleColumns {
  /** Index of the scan in `scanIds`. */
  scan: Int32Array;
  /** Index in the caller's `findings`. */
  finding: Int32Array;
  /** The highest probability of a mark on it; `-Infinity` if it was missed. */
  score: Float64Array;
  /** How many marks are on it. */
  marks: Uint32Array;
}

/** Columns with one row for each false positive; `count` is above 1 where a horizon merged those of one score. */
export interface FalsePositiveColumns {
  scan: Int32Array;
  score: Float64Array;
  count: Uint32Array;
  x: Float64Array;
  y: Float64Array;
  z: Float64Array;
}

/** Counts of marks, one entry for each scan of `scanIds`. */
export interface ScanCounts {
  /** Marks that were judged. */
  candidates: Float64Array;
  falsePositives: Float64Array;
  /** Marks on excluded findings. */
  ignored: Float64Array;
  /** Second and further marks on a finding. */
  duplicates: Float64Array;
  /** Marks that are on two findings or more: they count for each of them. */
  shared: Float64Array;
  /** Marks that the cap took away before they were judged. */
  droppedByCap: Float64Array;
}

/** A submission laid over its reference standard: what every number of this package is computed from. */
export interface FrocMatches {
  rule: FrocRule;
  /** The distinct scans. */
  scanIds: string[];
  /** For each scan that is counted, its index in `scanIds`. Under the official rule a scan listed twice counts twice. */
  lines: Int32Array;
  nodules: NoduleColumns;
  falsePositives: FalsePositiveColumns;
  counts: ScanCounts;
  /** The curve is complete up to this many false positives per scan. */
  horizon: number;
  unknownScans: string[];
  /** Marks on unknown scans. */
  unknownCandidates: number;
}

/** How often each scan of `scanIds` is counted. */
export function scanWeights(matches: FrocMatches): Float64Array {
  const weights = new Float64Array(matches.scanIds.length);
  for (const scan of matches.lines) weights[scan]!++;
  return weights;
}
