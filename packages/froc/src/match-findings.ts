import { createCriterion, createTargets, type Targets } from "./criterion.js";
import { createMarkStore, keepAbove, type MarkStore, pushMark, scoreAtRank } from "./mark-store.js";
import type { FalsePositiveColumns, FrocMatches, NoduleColumns, ScanCounts } from "./matches.js";
import { createTrimmer } from "./trim-false-positives.js";
import type { Finding, FrocInput, FrocOptions } from "./types.js";

/** Takes marks one at a time and keeps only what the rules can still use. */
export interface FrocMatcher {
  /** Takes one mark; `diameterMm` is read by IoU matching only. */
  add(scan: string, x: number, y: number, z: number, probability: number, diameterMm?: number): void;
  /** Ends the submission. Nothing may be added after it. */
  finish(): FrocMatches;
}

interface Scan {
  index: number;
  /** Place of the scan's first nodule in the columns. */
  firstNodule: number;
  targets: Targets;
  excluded: Targets;
  /** Marks that wait for the cap to be known. */
  waiting: MarkStore;
  /** As many marks may wait before those that the cap is sure to take are let go. */
  patience: number;
  falsePositives: MarkStore;
}

function groupByScan(findings: readonly Finding[], indexOf: Map<string, number>, what: string): { finding: Finding; index: number }[][] {
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

const join = <T extends Float64Array | Uint32Array>(columns: T, parts: T[]): T => {
  let offset = 0;
  for (const part of parts) {
    columns.set(part, offset);
    offset += part.length;
  }
  return columns;
};

/**
 * A matcher that takes marks one at a time, so that a submission of any length fits: with a cap it holds at most 4 · cap marks a scan, without one
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

  const nodulesOf = groupByScan(findings, indexOf, "findings");
  const excludedOf = groupByScan(excluded, indexOf, "excluded");
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
      waiting: createMarkStore(0),
      patience: 4 * cap,
      falsePositives: createMarkStore(0),
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
    pushMark(scan.falsePositives, x, y, z, probability, 0);
    trim(scan.falsePositives, scans);
  };

  /** The official cap keeps what is above the first score that does not fit, so ties with it all go; the exact one keeps them all. */
  const applyCap = (scan: Scan, last: boolean): void => {
    const { waiting } = scan;
    if (waiting.size <= cap) return;
    const before = waiting.size;
    if (rule === "exact") keepAbove(waiting, scoreAtRank(waiting, cap - 1), before);
    else {
      const edge = scoreAtRank(waiting, cap);
      let above = 0;
      for (let i = 0; i < before; i++) if (waiting.score[i]! > edge) above++;
      // While marks still come, enough marks at the edge stay to hold it in place.
      keepAbove(waiting, edge, last ? 0 : cap + 1 - above);
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
      else {
        pushMark(lastScan.waiting, x, y, z, probability, diameterMm);
        if (lastScan.waiting.size >= lastScan.patience) applyCap(lastScan, false);
      }
    },
    finish() {
      for (const scan of scans) {
        const { waiting } = scan;
        applyCap(scan, true);
        for (let i = 0; i < waiting.size; i++)
          judge(scan, waiting.x[i]!, waiting.y[i]!, waiting.z[i]!, waiting.score[i]!, waiting.diameterMm[i]!);
        scan.waiting = createMarkStore(0);
      }
      const stores = scans.map((scan) => scan.falsePositives);
      const size = stores.reduce((sum, store) => sum + store.size, 0);
      const gather = (name: "x" | "y" | "z" | "score"): Float64Array =>
        join(
          new Float64Array(size),
          stores.map((store) => store[name].subarray(0, store.size)),
        );
      const falsePositives: FalsePositiveColumns = {
        scan: new Int32Array(size),
        score: gather("score"),
        count: join(
          new Uint32Array(size),
          stores.map((store) => store.count.subarray(0, store.size)),
        ),
        x: gather("x"),
        y: gather("y"),
        z: gather("z"),
      };
      let offset = 0;
      for (const [index, store] of stores.entries()) falsePositives.scan.fill(index, offset, (offset += store.size));
      return {
        rule,
        scanIds,
        lines: Int32Array.from(lineScans),
        nodules,
        falsePositives,
        counts,
        horizon,
        unknownScans: [...unknown],
        unknownCandidates,
      };
    },
  };
}

/**
 * Lays a submission over its reference standard: which findings were found with what score, and which marks are false.
 *
 * @throws RangeError for numbers that are not finite.
 *
 * @example
 * ```ts
 * import { matchFindings } from "@gleaner/froc";
 *
 * const matches = matchFindings({
 *   scans: ["a"],
 *   findings: [{ scan: "a", x: 0, y: 0, z: 0, diameterMm: 6 }],
 *   candidates: [
 *     { scan: "a", x: 1, y: 0, z: 0, probability: 0.9 },
 *     { scan: "a", x: 3, y: 0, z: 0, probability: 0.4 }, // exactly the radius away: a miss
 *   ],
 * });
 * matches.nodules.score; // => [0.9]
 * matches.falsePositives.score; // => [0.4]
 * ```
 */
export function matchFindings(input: FrocInput, options: FrocOptions = {}): FrocMatches {
  const matcher = createFrocMatcher(input, options);
  for (const { scan, x, y, z, probability, diameterMm } of input.candidates) matcher.add(scan, x, y, z, probability, diameterMm);
  return matcher.finish();
}
