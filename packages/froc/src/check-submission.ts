import { checkReference } from "./check-reference.js";
import { groupByScan } from "./group-by-scan.js";
import { createIssueList, type FrocIssue } from "./issues.js";
import { matchFindings } from "./match-findings.js";
import type { FrocMatches } from "./matches.js";
import type { Finding, FrocInput, FrocOptions } from "./types.js";

/** The part of the world that a scan covers (mm). */
export interface ScanExtent {
  min: readonly [x: number, y: number, z: number];
  max: readonly [x: number, y: number, z: number];
}

/** Looks at marks one at a time. */
export interface SubmissionCheck {
  add(scan: string, x: number, y: number, z: number, probability: number): void;
  /** What was noticed; matches add what the rules did to the marks. */
  finish(matches?: FrocMatches): FrocIssue[];
}

/** A chest CT is not longer than this, so a mark farther from all findings of its scan is in no scan (mm). */
const farMm = 1000;
/** Remembering all of 100 million marks would need the memory that streaming saves; repeats show in the first million. */
const rememberedMarks = 1_000_000;
/** A wrong order of columns is the same in all marks, so fewer do. */
const guessedMarks = 100_000;
/** So many hits by chance are no sign of anything. */
const fewHits = 5;

/** How coordinates are read in each guess at what went wrong. */
const guesses: ((x: number, y: number, z: number) => [number, number, number])[] = [
  (x, y, z) => [x, y, z],
  (x, y, z) => [z, y, x],
  (x, y, z) => [-x, -y, z],
];

const isNear = (finding: Finding, x: number, y: number, z: number): boolean => {
  const radius = (finding.diameterMm < 0 ? 10 : finding.diameterMm) / 2;
  return (finding.x - x) ** 2 + (finding.y - y) ** 2 + (finding.z - z) ** 2 < radius * radius;
};

function isOutside(x: number, y: number, z: number, findings: readonly Finding[], extent: ScanExtent | undefined): boolean {
  if (extent) return [x, y, z].some((value, axis) => value < extent.min[axis]! || value > extent.max[axis]!);
  return findings.length > 0 && findings.every((f) => (f.x - x) ** 2 + (f.y - y) ** 2 + (f.z - z) ** 2 > farMm ** 2);
}

/** A number that two marks share only if they are the same (but for one chance in 2^53). */
function fingerprint(scan: number, x: number, y: number, z: number, probability: number, view: DataView): number {
  for (const [i, value] of [scan, x, y, z, probability].entries()) view.setFloat64(8 * i, value);
  let low = 0x811c9dc5;
  let high = 0x9e3779b9;
  for (let i = 0; i < 40; i += 4) {
    const word = view.getUint32(i);
    low = Math.imul(low ^ word, 0x85ebca6b);
    low ^= low >>> 13;
    high = Math.imul(high ^ (word + low), 0xc2b2ae35);
    high ^= high >>> 16;
  }
  return (high >>> 11) * 2 ** 32 + (low >>> 0);
}

/**
 * A check of a submission that takes marks one at a time, in bounded memory: repeated marks are looked for in the first million marks, wrong orders
 * of columns in the first hundred thousand, everything else in all of them.
 *
 * Looks for scans that match nothing, repeated rows, marks outside their scan (of `extents`, where given, and otherwise farther than a meter from all
 * findings), probabilities outside 0..1, columns in the order z, y, x, axes of the other handedness (RAS), voxel coordinates.
 *
 * @example
 * ```ts
 * import { createSubmissionCheck } from "@gleaner/froc";
 *
 * const check = createSubmissionCheck({ scans: ["a"], findings: [{ scan: "a", x: 0, y: 0, z: 0, diameterMm: 6 }] });
 * check.add("a", 1, 0, 0, 1.5);
 * check.finish().map(({ message }) => message); // => ["1 mark has a probability outside 0..1; the lowest is 1.5, the highest 1.5"]
 * ```
 */
export function createSubmissionCheck(
  reference: Omit<FrocInput, "candidates">,
  { extents = {} }: { extents?: Readonly<Record<string, ScanExtent>> } = {},
): SubmissionCheck {
  const { issues, note } = createIssueList();
  issues.push(...checkReference(reference));
  const every = groupByScan([...reference.findings, ...(reference.excluded ?? [])]);
  const scans = new Map(
    [...new Set(reference.scans)].map((id, index) => [id, { index, findings: every.get(id) ?? [], extent: extents[id], marks: 0 }]),
  );
  const seen = new Set<number>();
  const view = new DataView(new ArrayBuffer(40));
  const unknown = new Set<string>();
  const hits = guesses.map(() => 0);
  let [marks, unknownMarks, repeated, outside, impossible] = [0, 0, 0, 0, 0];
  let [lowest, highest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  let [known, whole, notNegative] = [0, 0, 0];
  let example = "";

  return {
    add(scan, x, y, z, probability) {
      marks++;
      lowest = Math.min(lowest, probability);
      highest = Math.max(highest, probability);
      if (!(probability >= 0 && probability <= 1)) impossible++;
      const own = scans.get(scan);
      if (own === undefined) {
        unknown.add(scan);
        unknownMarks++;
        return;
      }
      known++;
      own.marks++;
      const { index, findings, extent } = own;
      if (isOutside(x, y, z, findings, extent) && outside++ === 0) example = `${scan} (${x}, ${y}, ${z})`;
      if (x >= 0 && y >= 0 && z >= 0) notNegative++;
      if (Number.isInteger(x) && Number.isInteger(y) && Number.isInteger(z)) whole++;
      if (marks > rememberedMarks) return;
      const before = seen.size;
      if (seen.add(fingerprint(index, x, y, z, probability, view)).size === before) repeated++;
      if (marks > guessedMarks) return;
      for (const [i, guess] of guesses.entries()) {
        const [gx, gy, gz] = guess(x, y, z);
        if (findings.some((finding) => isNear(finding, gx, gy, gz))) hits[i]!++;
      }
    },
    finish(matches) {
      note(
        "unknownScans",
        "warning",
        unknownMarks,
        "mark",
        `on ${unknown.size} scan${unknown.size === 1 ? "" : "s"} that ${unknown.size === 1 ? "is" : "are"} not listed, for example ${[...unknown][0]}; [it does|they do] not count`,
      );
      note(
        "repeatedMarks",
        "warning",
        repeated,
        "mark",
        `[repeats|repeat] another one${marks > rememberedMarks ? ` among the first ${rememberedMarks}` : ""}`,
      );
      note(
        "scansWithoutMarks",
        "note",
        [...scans.values()].filter((own) => own.marks === 0).length,
        "scan",
        `of ${scans.size} without any mark: if the detector was never run there, the result is better than it should be`,
      );
      note("marksOutsideScans", "warning", outside, "mark", `outside of the scan, for example ${example}`);
      note(
        "probabilityRange",
        "warning",
        impossible,
        "mark",
        `[has|have] a probability outside 0..1; the lowest is ${lowest}, the highest ${highest}`,
      );
      const [straight, swapped, flipped] = hits as [number, number, number];
      const looksLike = (count: number): boolean => count >= fewHits && count > 3 * straight;
      if (looksLike(swapped))
        note(
          "swappedColumns",
          "warning",
          swapped,
          "mark",
          `would be on a finding with x and z exchanged, ${straight} as they are: the columns seem to be in the order z, y, x`,
        );
      if (looksLike(flipped))
        note(
          "flippedAxes",
          "warning",
          flipped,
          "mark",
          `would be on a finding with the signs of x and y changed, ${straight} as they are: the coordinates seem to be RAS, not LPS`,
        );
      const negative = [...every.values()].flat().filter((f) => Math.min(f.x, f.y, f.z) < 0).length;
      const findings = [...every.values()].reduce((sum, group) => sum + group.length, 0);
      // Hardly a finding in world coordinates has three coordinates above 0, each voxel has.
      const looksLikeVoxels = known >= 20 && straight < fewHits && notNegative === known && negative > findings / 2;
      if (looksLikeVoxels)
        note(
          "voxelCoordinates",
          "warning",
          known,
          "mark",
          `with no coordinate below 0${whole === known ? " and whole numbers only" : ""}, unlike ${negative} of ${findings} findings: [it seems|they seem] to be voxels, not world coordinates in mm`,
        );
      if (matches) issues.push(...checkMatches(matches));
      return issues;
    },
  };
}

/** What the rules did to the marks without a word in the script. */
export function checkMatches({ counts }: FrocMatches): FrocIssue[] {
  const { issues, note } = createIssueList();
  const sum = (column: Float64Array): number => column.reduce((total, count) => total + count, 0);
  const capped = counts.droppedByCap.filter((dropped) => dropped > 0).length;
  note(
    "cappedMarks",
    "warning",
    sum(counts.droppedByCap),
    "mark",
    `on ${capped} scan${capped === 1 ? "" : "s"} dropped by the cap on marks per scan`,
  );
  note("sharedMarks", "note", sum(counts.shared), "mark", "on more than one finding: each of them counts as found");
  return issues;
}

/**
 * What is odd about a submission: everything that costs a week when it goes unnoticed, counted and said in a sentence each.
 *
 * `extents` are the parts of the world that the scans cover, if they are known. An empty list: nothing was noticed.
 *
 * @example
 * ```ts
 * import { validateSubmission } from "@gleaner/froc";
 *
 * const issues = validateSubmission({
 *   scans: ["a"],
 *   findings: [{ scan: "a", x: 0, y: 0, z: 0, diameterMm: 6 }],
 *   candidates: [
 *     { scan: "a", x: 1, y: 0, z: 0, probability: 0.5 },
 *     { scan: "A", x: 1, y: 0, z: 0, probability: 0.5 },
 *   ],
 * });
 * issues.map(({ code, count }) => [code, count]); // => [["unknownScans", 1]]
 * ```
 */
export function validateSubmission(
  input: FrocInput,
  options: FrocOptions & { extents?: Readonly<Record<string, ScanExtent>> } = {},
): FrocIssue[] {
  const reread = { ...input, candidates: [...input.candidates] };
  const check = createSubmissionCheck(reread, options);
  for (const { scan, x, y, z, probability } of reread.candidates) check.add(scan, x, y, z, probability);
  return check.finish(matchFindings(reread, options));
}
