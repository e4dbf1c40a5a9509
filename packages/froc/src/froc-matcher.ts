import { createCriterion, createTargets, type Targets } from "./criterion.js";
import { columnOf, createMarkStore, field, keepAbove, type MarkStore, pushMark, recordSize, scoreAtRank } from "./mark-store.js";
import type { FalsePositiveColumns, FrocMatches, NoduleColumns, ScanCounts } from "./matches.js";
import { createTrimmer } from "./trim-false-positives.js";
import type { Finding, FrocInput, FrocOptions } from "./types.js";

/** Takes marks one at a time and keeps only what the rules can still use. */
export interface FrocMatcher {
  /** Takes one mark; `diameterMm` is read by IoU matching only. */
  add(scan: string, x: number, y: number, z: number, probability: number, diameterMm?: number): void;
  /** Says how many marks of a scan will come, so that memory for them is taken once. Never needed, at times faster. */
  reserve(scan: string, marks: number): void;
  /** Ends the submission. Nothing may be added after it. */
  finish(): FrocMatches;
}

interface Scan {
  index: number;
  /** Place of the scan's first nodule in the columns. */
  firstNodule: number;
  targets: Targets;
  excluded: Targets;
  /** Marks that wait for the cap to be known, with their diameters. */
  waiting: MarkStore;
  /** What is below this score (under the official rule also at it) is sure to be taken by the cap. */
  edge: number;
  /** As many marks may wait before those that the cap is sure to take are let go. */
  patience: number;
  /** With how many marks each stands for. */
  falsePositives: MarkStore;
}

function findingsPerScan(
  findings: readonly Finding[],
  indexOf: Map<string, number>,
  what: string,
): { finding: Finding; index: number }[][] {
  const groups: { finding: Finding; index: number }[][] = Array.from({ length: indexOf.size }, () => []);
  for (const [index, finding] of findings.entries()) {
    const scan = indexOf.get(finding.scan);
    if (scan === undefined) continue;
    if (!Number.isFinite(finding.x + finding.y + finding.z + finding.diameterMm))
      throw new RangeError(
        `${what}[${index}] is at (${finding.x}, ${finding.y}, ${finding.z}) with diameter ${finding.diameterMm}; expected finite numbers`,
      );
    groups[scan]!.push({ finding, index });
  }
  return groups;
}

/** The false positives of all scans in columns, the first store being that of the first scan. */
function falsePositiveColumns(stores: readonly MarkStore[]): FalsePositiveColumns {
  const size = stores.reduce((sum, store) => sum + store.size, 0);
  const gather = (place: number): Float64Array => {
    const column = new Float64Array(size);
    let offset = 0;
    for (const store of stores) {
      columnOf(store, place, column, offset);
      offset += store.size;
    }
    return column;
  };
  const scan = new Int32Array(size);
  let offset = 0;
  for (const [index, store] of stores.entries()) scan.fill(index, offset, (offset += store.size));
  return {
    scan,
    score: gather(field.score),
    count: new Uint32Array(gather(field.extra)),
    x: gather(field.x),
    y: gather(field.y),
    z: gather(field.z),
  };
}

/**
 * A matcher that takes marks one at a time, so that a submission of any length fits: with a cap it holds at most 2.5 · cap marks a scan, without one
 * it judges a mark as it comes and holds false positives (the highest `horizon · scans + 1` scores a scan, if a horizon is given).
 *
 * @throws RangeError for numbers that are not finite and for a cap or horizon out of range.
 *
 * @example
 * ```ts
 * import { createFrocMatcher, summarizeFroc } from "@gleaner/froc";
 *
 * const matcher = createFrocMatcher({ scans: ["a"], findings: [{ scan: "a", x: 0, y: 0, z: 0, diameterMm: 6 }] });
 * matcher.add("a", 1, 0, 0, 0.9);
 * summarizeFroc(matcher.finish()).truePositives; // => 1
 * ```
 */
export function createFrocMatcher(
  { scans: lines, findings, excluded = [] }: Omit<FrocInput, "candidates">,
  { rule = "official", maxCandidatesPerScan, matching = { by: "diameter" }, horizon = Number.POSITIVE_INFINITY }: FrocOptions = {},
): FrocMatcher {
  const cap = maxCandidatesPerScan ?? (rule === "official" ? 100 : Number.POSITIVE_INFINITY);
  if (!(cap >= 1) || (cap !== Number.POSITIVE_INFINITY && !Number.isInteger(cap)))
    throw new RangeError(`maxCandidatesPerScan is ${cap}; expected a whole number above 0, or Infinity`);
  if (!(horizon > 0)) throw new RangeError(`horizon is ${horizon}; expected false positives per scan, above 0`);
  const isOn = createCriterion(matching);

  const indexOf = new Map<string, number>();
  const lineScans: number[] = [];
  for (const id of lines) {
    let index = indexOf.get(id);
    const known = index !== undefined;
    if (index === undefined) indexOf.set(id, (index = indexOf.size));
    if (!known || rule === "official") lineScans.push(index);
  }
  const scanIds = [...indexOf.keys()];
  const trim = createTrimmer(horizon, lineScans.length);

  const nodulesOf = findingsPerScan(findings, indexOf, "findings");
  const excludedOf = findingsPerScan(excluded, indexOf, "excluded");
  const noduleCount = nodulesOf.reduce((sum, group) => sum + group.length, 0);
  const nodules: NoduleColumns = {
    scan: new Int32Array(noduleCount),
    finding: new Int32Array(noduleCount),
    score: new Float64Array(noduleCount).fill(Number.NEGATIVE_INFINITY),
    marks: new Uint32Array(noduleCount),
  };
  const column = (): Float64Array => new Float64Array(scanIds.length);
  const counts: ScanCounts = {
    candidates: column(),
    falsePositives: column(),
    ignored: column(),
    duplicates: column(),
    shared: column(),
    droppedByCap: column(),
  };
  let place = 0;
  const scans = scanIds.map((_, index): Scan => {
    const firstNodule = place;
    for (const { index: finding } of nodulesOf[index]!) {
      nodules.scan[place] = index;
      nodules.finding[place++] = finding;
    }
    const targetsOf = (group: { finding: Finding }[]): Targets =>
      createTargets(
        group.map((member) => member.finding),
        matching,
      );
    return {
      index,
      firstNodule,
      targets: targetsOf(nodulesOf[index]!),
      excluded: targetsOf(excludedOf[index]!),
      waiting: createMarkStore(),
      edge: Number.NEGATIVE_INFINITY,
      patience: Math.ceil(2.5 * cap),
      falsePositives: createMarkStore(),
    };
  });

  /** Rules 3 to 8 of the script: every mark is compared with every finding of its scan. */
  const judge = (scan: Scan, x: number, y: number, z: number, probability: number, diameterMm: number): void => {
    const { index, targets, excluded: others } = scan;
    counts.candidates[index]!++;
    let hits = 0;
    for (let i = 0; i < targets.size.length; i++) {
      if (!isOn(targets, i, x, y, z, diameterMm)) continue;
      hits++;
      const nodule = scan.firstNodule + i;
      if (nodules.marks[nodule]!++ > 0) counts.duplicates[index]!++;
      if (probability > nodules.score[nodule]!) nodules.score[nodule] = probability;
    }
    if (hits > 1) counts.shared[index]!++;
    if (hits > 0) return;
    for (let i = 0; i < others.size.length; i++) {
      if (isOn(others, i, x, y, z, diameterMm)) {
        counts.ignored[index]!++;
        return;
      }
    }
    counts.falsePositives[index]!++;
    pushMark(scan.falsePositives, x, y, z, probability, 1);
    trim(scan.falsePositives, scans);
  };

  /** The official cap keeps what is above the first score that does not fit, so ties with it all go; the exact one keeps them all. */
  const applyCap = (scan: Scan, last: boolean): void => {
    const { waiting } = scan;
    const before = waiting.size;
    if (before <= cap) return;
    if (rule === "exact") {
      const edge = scoreAtRank(waiting, cap - 1);
      keepAbove(waiting, edge, before);
      scan.edge = edge;
    } else {
      const edge = scoreAtRank(waiting, cap);
      let above = 0;
      for (let at = field.score; at < recordSize * before; at += recordSize) if (waiting.records[at]! > edge) above++;
      // While marks still come, enough marks at the edge stay to hold it in place.
      keepAbove(waiting, edge, last ? 0 : cap + 1 - above);
      scan.edge = edge;
    }
    counts.droppedByCap[scan.index]! += before - waiting.size;
    scan.patience = Math.max(scan.patience, 2 * waiting.size);
  };

  const unknown = new Set<string>();
  let unknownCandidates = 0;
  let lastId: string | undefined;
  let lastScan: Scan | undefined;

  return {
    add(id, x, y, z, probability, diameterMm = 0) {
      if (id !== lastId) {
        const index = indexOf.get(id);
        lastScan = index === undefined ? undefined : scans[index];
        lastId = id;
        if (lastScan === undefined) unknown.add(id);
      }
      if (lastScan === undefined) {
        unknownCandidates++;
        return;
      }
      if (!Number.isFinite(x + y + z + probability))
        throw new RangeError(`a mark of scan ${id} is at (${x}, ${y}, ${z}) with probability ${probability}; expected finite numbers`);
      if (cap === Number.POSITIVE_INFINITY) judge(lastScan, x, y, z, probability, diameterMm);
      else if (probability < lastScan.edge || (probability === lastScan.edge && rule === "official"))
        counts.droppedByCap[lastScan.index]!++;
      else {
        pushMark(lastScan.waiting, x, y, z, probability, diameterMm);
        if (lastScan.waiting.size >= lastScan.patience) applyCap(lastScan, false);
      }
    },
    reserve(id, marks) {
      const index = indexOf.get(id);
      if (index === undefined || horizon !== Number.POSITIVE_INFINITY) return;
      const scan = scans[index]!;
      if (cap === Number.POSITIVE_INFINITY) scan.falsePositives = createMarkStore(marks);
      else scan.waiting = createMarkStore(Math.min(marks, scan.patience));
    },
    finish() {
      for (const scan of scans) {
        const { waiting } = scan;
        applyCap(scan, true);
        const { records, size } = waiting;
        // False positives are written over marks that were read before them, so that nothing has to be allocated.
        if (size > 0) scan.falsePositives = { size: 0, records };
        for (let at = 0; at < recordSize * size; at += recordSize)
          judge(scan, records[at]!, records[at + field.y]!, records[at + field.z]!, records[at + field.score]!, records[at + field.extra]!);
        scan.waiting = createMarkStore();
      }
      return {
        rule,
        scanIds,
        lines: Int32Array.from(lineScans),
        nodules,
        falsePositives: falsePositiveColumns(scans.map((scan) => scan.falsePositives)),
        counts,
        horizon,
        unknownScans: [...unknown],
        unknownCandidates,
      };
    },
  };
}
