import type { AnchorGrid } from "./anchors.js";
import { countBoxes, iouAt } from "./boxes.js";

/** Adaptive training sample selection. */
export interface AtssMatching {
  method: "atss";
  /** Order of the anchors, to know which level each one is of. */
  grid: AnchorGrid;
  /** Nearest locations of each level that are looked at, times the sizes of a location; 4 unless told. */
  candidates?: number | undefined;
  /** Whether the center of a positive anchor must lie inside the box; false unless told. */
  centerInside?: boolean | undefined;
}

const centerOf = (boxes: ArrayLike<number>, i: number, axis: number): number => (boxes[i + axis]! + boxes[i + axis + 3]!) / 2;

function centerDistance(anchors: ArrayLike<number>, a: number, boxes: ArrayLike<number>, b: number): number {
  let squared = 0;
  for (let axis = 0; axis < 3; axis++) squared += (centerOf(anchors, a, axis) - centerOf(boxes, b, axis)) ** 2;
  return squared;
}

/** The `k` anchors of `first..last` whose centers are nearest to a box; equal distances in anchor order. */
function nearest(anchors: ArrayLike<number>, first: number, last: number, boxes: ArrayLike<number>, b: number, k: number): number[] {
  // Kept in order by insertion: k is a dozen, the anchors are many thousand, and almost none is nearer than the k-th so far.
  const kept: number[] = [];
  const distances: number[] = [];
  for (let a = first; a < last; a++) {
    const distance = centerDistance(anchors, 6 * a, boxes, b);
    if (kept.length === k && !(distance < distances[k - 1]!)) continue;
    let place = Math.min(kept.length, k - 1);
    for (; place > 0 && distance < distances[place - 1]!; place--) {
      distances[place] = distances[place - 1]!;
      kept[place] = kept[place - 1]!;
    }
    distances[place] = distance;
    kept[place] = a;
  }
  return kept;
}

export function matchByAtss(
  anchors: ArrayLike<number>,
  boxes: ArrayLike<number>,
  { grid, candidates: perLocation = 4, centerInside = false }: AtssMatching,
): Int32Array {
  if (!Number.isInteger(perLocation) || perLocation < 1) throw new RangeError(`candidates ${perLocation}, expected a positive integer`);
  const count = countBoxes(anchors, "anchors");
  const levels = grid.levels.map(({ shape: [d, h, w], anchors: sizes }) => ({ locations: d * h * w, sizes: sizes.length }));
  const expected = levels.reduce((sum, level) => sum + level.locations * level.sizes, 0);
  if (expected !== count) throw new RangeError(`anchors has ${count} boxes, expected ${expected} as grid says`);
  const matches = new Int32Array(count).fill(-1);
  const matchedIou = new Float64Array(count).fill(-1);
  for (let b = 0; b < boxes.length; b += 6) {
    const candidates: number[] = [];
    let first = 0;
    for (const { locations, sizes } of levels) {
      const last = first + locations * sizes;
      candidates.push(...nearest(anchors, first, last, boxes, b, Math.min(perLocation * sizes, locations)));
      first = last;
    }
    const ious = candidates.map((a) => iouAt(anchors, 6 * a, boxes, b));
    const mean = ious.reduce((sum, v) => sum + v, 0) / ious.length;
    const deviation = Math.sqrt(ious.reduce((sum, v) => sum + (v - mean) ** 2, 0) / Math.max(1, ious.length - 1));
    for (const [i, a] of candidates.entries()) {
      const value = ious[i]!;
      if (value < mean + deviation || value <= matchedIou[a]!) continue;
      if (
        centerInside &&
        ![0, 1, 2].every(
          (axis) => centerOf(anchors, 6 * a, axis) > boxes[b + axis]! && centerOf(anchors, 6 * a, axis) < boxes[b + axis + 3]!,
        )
      )
        continue;
      matches[a] = b / 6;
      matchedIou[a] = value;
    }
  }
  return matches;
}
