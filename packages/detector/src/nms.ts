import { type BoxNeighborhood, boxNeighborhood, cellEdge } from "./box-neighborhood.js";
import { countBoxes, iouAt } from "./boxes.js";

export interface SelectOptions {
  /** Only scores strictly above it are taken; everything but NaN unless told. */
  scoreThreshold?: number;
  /** At most this many. */
  limit?: number;
}

export interface NmsOptions {
  /** A box goes if its IoU with a better kept one is strictly above this; in [0, 1]. */
  iouThreshold: number;
  /** Only boxes with a score strictly above it take part. */
  scoreThreshold?: number;
  /** Only the best so many take part. */
  topK?: number;
  /** Stop when so many are kept. */
  maxKept?: number;
  /** Class of each box: boxes of different classes do not remove each other. */
  labels?: ArrayLike<number>;
}

/**
 * Indices of the best scores, best first; equal scores keep their order, NaN is left out.
 *
 * @param scores any numbers
 * @example
 * ```ts
 * import { selectTopScores } from "@gleaner/detector";
 * selectTopScores([0.1, 0.9, 0.4, 0.9], { scoreThreshold: 0.1, limit: 2 }); // => [1, 3]
 * ```
 */
export function selectTopScores(
  scores: ArrayLike<number>,
  { scoreThreshold, limit = Number.POSITIVE_INFINITY }: SelectOptions = {},
): Int32Array {
  if (!(limit >= 0)) throw new RangeError(`limit ${limit}, expected a number that is not negative`);
  const picked: number[] = [];
  for (let i = 0; i < scores.length; i++) {
    const score = scores[i]!;
    if (scoreThreshold === undefined ? !Number.isNaN(score) : score > scoreThreshold) picked.push(i);
  }
  // Infinite scores subtract to NaN, so they are compared; Array.prototype.sort is stable.
  picked.sort((a, b) => (scores[a]! < scores[b]! ? 1 : scores[a]! > scores[b]! ? -1 : 0));
  return Int32Array.from(picked.length > limit ? picked.slice(0, limit) : picked);
}

/**
 * Greedy non-maximum suppression of 3D boxes: indices of the kept boxes, best first.
 *
 * Boxes are visited from the best score on (equal scores in their order); a box is kept unless its IoU with a kept one is above
 * `iouThreshold` (equal is kept). A box with a NaN score or a coordinate that is not finite is never kept. Empty input gives an empty array.
 * A grid over the kept boxes makes the cost grow with the number of neighbors instead of the number of boxes.
 *
 * @param boxes flat, 6 numbers each
 * @param scores one for each box
 * @throws RangeError if lengths disagree or a threshold is out of its range
 * @example
 * ```ts
 * import { nonMaxSuppression3d } from "@gleaner/detector";
 * const boxes = [0, 0, 0, 4, 4, 4, 0, 0, 1, 4, 4, 5, 0, 0, 8, 4, 4, 12];
 * nonMaxSuppression3d(boxes, [0.6, 0.9, 0.3], { iouThreshold: 0.1 }); // => [1, 2]
 * ```
 */
export function nonMaxSuppression3d(boxes: ArrayLike<number>, scores: ArrayLike<number>, options: NmsOptions): Int32Array {
  const { iouThreshold, scoreThreshold, topK, maxKept = Number.POSITIVE_INFINITY, labels } = options;
  const count = countBoxes(boxes, "boxes");
  if (scores.length !== count) throw new RangeError(`scores has ${scores.length} numbers, expected ${count}, one for each box`);
  if (labels && labels.length !== count) throw new RangeError(`labels has ${labels.length} numbers, expected ${count}, one for each box`);
  if (!(iouThreshold >= 0 && iouThreshold <= 1)) throw new RangeError(`iouThreshold ${iouThreshold}, expected a number in [0, 1]`);
  if (!(maxKept >= 0)) throw new RangeError(`maxKept ${maxKept}, expected a number that is not negative`);

  const finite = (i: number): boolean => {
    for (let k = 6 * i; k < 6 * i + 6; k++) if (!Number.isFinite(boxes[k]!)) return false;
    return true;
  };
  const candidates = selectTopScores(scores, {
    ...(scoreThreshold === undefined ? {} : { scoreThreshold }),
    ...(topK === undefined ? {} : { limit: topK }),
  }).filter(finite);
  const cell = cellEdge(boxes, candidates);
  const neighborhoods = new Map<number, BoxNeighborhood>();
  const kept: number[] = [];
  for (const index of candidates) {
    if (kept.length >= maxKept) break;
    const label = labels?.[index] ?? 0;
    let neighborhood = neighborhoods.get(label);
    if (!neighborhood) neighborhoods.set(label, (neighborhood = boxNeighborhood(boxes, cell)));
    if (neighborhood.some(index, (other) => iouAt(boxes, 6 * index, boxes, 6 * other) > iouThreshold)) continue;
    neighborhood.add(index);
    kept.push(index);
  }
  return Int32Array.from(kept);
}
