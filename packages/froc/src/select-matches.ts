import type { FalsePositiveColumns, FrocMatches, NoduleColumns, ScanCounts } from "./matches.js";

/** What of a submission is looked at. */
export interface Selection {
  /** Scans that count; the others are gone with their findings and marks. Default: all. */
  scan?: (id: string) => boolean;
  /** Findings (indices of the caller's list) that count; marks on the others are ignored. Default: all. */
  finding?: (index: number) => boolean;
}

const pick = <T extends Int32Array | Uint32Array | Float64Array>(column: T, kept: Uint32Array): T => {
  const picked = new (column.constructor as new (length: number) => T)(kept.length);
  for (let i = 0; i < kept.length; i++) picked[i] = column[kept[i]!]!;
  return picked;
};

const places = (size: number, keep: (i: number) => boolean): Uint32Array => Uint32Array.from({ length: size }, (_, i) => i).filter(keep);

/**
 * Matches of some scans or some findings only. False positives of a kept scan stay: they disturb the reader whatever stratum is looked at. Marks on
 * a finding that is not selected become ignored ones.
 *
 * @example
 * ```ts
 * import { matchFindings, selectMatches, summarizeFroc } from "@gleaner/froc";
 *
 * const matches = matchFindings({
 *   scans: ["a", "b"],
 *   findings: [
 *     { scan: "a", x: 0, y: 0, z: 0, diameterMm: 4 },
 *     { scan: "b", x: 0, y: 0, z: 0, diameterMm: 12 },
 *   ],
 *   candidates: [{ scan: "a", x: 0, y: 0, z: 0, probability: 0.9 }],
 * });
 * const { nodules, truePositives, ignored } = summarizeFroc(selectMatches(matches, { finding: (index) => index === 1 }));
 * [nodules, truePositives, ignored]; // => [1, 0, 1]
 * ```
 */
export function selectMatches(matches: FrocMatches, { scan = () => true, finding = () => true }: Selection): FrocMatches {
  const kept = Uint8Array.from(matches.scanIds, (id) => (scan(id) ? 1 : 0));
  const keptScans = places(matches.scanIds.length, (i) => kept[i] === 1);
  const renumbered = new Int32Array(matches.scanIds.length);
  for (const [to, from] of keptScans.entries()) renumbered[from] = to;
  const countsOf = (name: keyof ScanCounts): Float64Array => pick(matches.counts[name], keptScans);
  const counts: ScanCounts = {
    candidates: countsOf("candidates"),
    falsePositives: countsOf("falsePositives"),
    ignored: countsOf("ignored"),
    duplicates: countsOf("duplicates"),
    shared: countsOf("shared"),
    droppedByCap: countsOf("droppedByCap"),
  };
  const { nodules, falsePositives } = matches;
  const selected = (i: number): boolean => finding(nodules.finding[i]!);
  for (let i = 0; i < nodules.scan.length; i++) {
    if (kept[nodules.scan[i]!] === 0 || selected(i)) continue;
    const index = renumbered[nodules.scan[i]!]!;
    counts.ignored[index]! += nodules.marks[i]!;
    counts.duplicates[index]! -= Math.max(0, nodules.marks[i]! - 1);
  }
  const keptNodules = places(nodules.scan.length, (i) => kept[nodules.scan[i]!] === 1 && selected(i));
  const keptFalsePositives = places(falsePositives.scan.length, (i) => kept[falsePositives.scan[i]!] === 1);
  const noduleColumns: NoduleColumns = {
    scan: pick(nodules.scan, keptNodules).map((index) => renumbered[index]!),
    finding: pick(nodules.finding, keptNodules),
    score: pick(nodules.score, keptNodules),
    marks: pick(nodules.marks, keptNodules),
  };
  const falsePositiveColumns: FalsePositiveColumns = {
    scan: pick(falsePositives.scan, keptFalsePositives).map((index) => renumbered[index]!),
    score: pick(falsePositives.score, keptFalsePositives),
    count: pick(falsePositives.count, keptFalsePositives),
    x: pick(falsePositives.x, keptFalsePositives),
    y: pick(falsePositives.y, keptFalsePositives),
    z: pick(falsePositives.z, keptFalsePositives),
  };
  return {
    ...matches,
    scanIds: Array.from(keptScans, (i) => matches.scanIds[i]!),
    lines: matches.lines.filter((index) => kept[index] === 1).map((index) => renumbered[index]!),
    nodules: noduleColumns,
    falsePositives: falsePositiveColumns,
    counts,
  };
}
