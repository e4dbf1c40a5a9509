import { createFrocMatcher } from "./froc-matcher.js";
import type { FrocMatches } from "./matches.js";
import type { Candidate, FrocInput, FrocOptions } from "./types.js";

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
  const candidates = Array.isArray(input.candidates) ? (input.candidates as readonly Candidate[]) : [...input.candidates];
  const { ids, ends, marks } = groupMarks(candidates);
  let at = 0;
  for (const [scan, id] of ids.entries()) {
    const end = ends[scan]! * markSize;
    matcher.reserve(id, (end - at) / markSize);
    for (; at < end; at += markSize) matcher.add(id, marks[at]!, marks[at + 1]!, marks[at + 2]!, marks[at + 3]!, marks[at + 4]!);
  }
  return matcher.finish();
}

const markSize = 5;

/** The numbers of all marks scan by scan, and where each scan ends: a matcher that stays with one scan finds its memory in the cache. */
function groupMarks(candidates: readonly Candidate[]): { ids: string[]; ends: Uint32Array; marks: Float64Array } {
  const numbers = new Map<string, number>();
  const counts: number[] = [];
  const scanOf = new Uint32Array(candidates.length);
  let lastId: string | undefined;
  let number = 0;
  for (let i = 0; i < candidates.length; i++) {
    const id = candidates[i]!.scan;
    if (id !== lastId) {
      lastId = id;
      const known = numbers.get(id);
      number = known ?? numbers.size;
      if (known === undefined) {
        numbers.set(id, number);
        counts.push(0);
      }
    }
    scanOf[i] = number;
    counts[number]!++;
  }
  const ends = new Uint32Array(counts.length);
  for (let scan = 1; scan < counts.length; scan++) ends[scan] = ends[scan - 1]! + counts[scan - 1]!;
  const marks = new Float64Array(markSize * candidates.length);
  for (let i = 0; i < candidates.length; i++) {
    const { x, y, z, probability, diameterMm = 0 } = candidates[i]!;
    const at = markSize * ends[scanOf[i]!]!++;
    marks[at] = x;
    marks[at + 1] = y;
    marks[at + 2] = z;
    marks[at + 3] = probability;
    marks[at + 4] = diameterMm;
  }
  return { ids: [...numbers.keys()], ends, marks };
}
