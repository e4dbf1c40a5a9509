import { type BoxNeighborhood, boxNeighborhood, cellEdge } from "./box-neighborhood.js";
import { countBoxes, iouAt, volumeAt } from "./boxes.js";
import { selectTopScores } from "./nms.js";

export interface WeightedMergeOptions {
  /** A box joins the best box of a cluster if their IoU is strictly above this; in [0, 1]. */
  iouThreshold: number;
  /** Class of each box: boxes of different classes do not join. */
  labels?: ArrayLike<number>;
  /** Which look at the scan each box is from (a tile, a model), a number; all from one unless told. */
  sources?: ArrayLike<number>;
  /** How many looks could have seen a box at this place, the center of the best box of a cluster; as many as did unless told. */
  expected?: (center: readonly [number, number, number], label: number) => number;
  /** At most so many merged boxes, the best ones. */
  maxKept?: number;
}

/** Merged boxes, best first. */
export interface MergedBoxes {
  /** Flat, 6 numbers each. */
  boxes: Float32Array;
  scores: Float32Array;
  /** The best box of each cluster, an index of the input. */
  best: Int32Array;
}

/**
 * Weighted clustering of boxes: boxes around one place become their weighted mean, and their score a mean that looks without a box pull down.
 *
 * ```
 * w = IoU with the best box · volume;   score = Σ w·s / (Σ w + missing · mean w);   box = Σ w·s·box / Σ w·s
 * ```
 *
 * The rule is the weighted box clustering of Jaeger et al., "Retina U-Net" (ML4H 2019), without its third factor, the distance from the center of a
 * patch: here a patch answers only for its inner part. A cluster is opened by the best box that is left, and takes every box whose IoU with it is above
 * the threshold. `missing` is the number of expected looks less those that are in the cluster. Boxes that are not finite, and scores that are NaN, are
 * left out; a box without volume stays alone. Empty input gives empty arrays.
 *
 * @param boxes flat, 6 numbers each
 * @param scores probabilities in [0, 1], one for each box
 * @throws RangeError if lengths disagree, a score is negative, or an option is out of its range
 * @example
 * ```ts
 * import { mergeWeighted } from "@gleaner/detector";
 * const boxes = [0, 0, 0, 4, 4, 4, 0, 0, 0, 4, 4, 4, 0, 0, 8, 4, 4, 12];
 * const merged = mergeWeighted(boxes, [0.8, 0.4, 0.9], { iouThreshold: 0.1 });
 * merged.scores; // => [0.9, 0.6]
 * merged.best; // => [2, 0]
 * // Two looks could have seen each place, and only one did.
 * mergeWeighted(boxes, [0.8, 0.4, 0.9], { iouThreshold: 0.1, expected: () => 2 }).scores; // => [0.45, 0.40]
 * ```
 */
export function mergeWeighted(boxes: ArrayLike<number>, scores: ArrayLike<number>, options: WeightedMergeOptions): MergedBoxes {
  const { iouThreshold, labels, sources, expected, maxKept = Number.POSITIVE_INFINITY } = options;
  const count = countBoxes(boxes, "boxes");
  for (const [name, list] of Object.entries({ scores, labels, sources })) {
    if (list && list.length !== count) throw new RangeError(`${name} has ${list.length} numbers, expected ${count}, one for each box`);
  }
  if (!(iouThreshold >= 0 && iouThreshold <= 1)) throw new RangeError(`iouThreshold ${iouThreshold}, expected a number in [0, 1]`);
  if (!(maxKept >= 0)) throw new RangeError(`maxKept ${maxKept}, expected a number that is not negative`);
  for (let i = 0; i < count; i++) if (scores[i]! < 0) throw new RangeError(`score ${i} is ${scores[i]}, expected a probability`);

  const isFinite6 = (i: number): boolean => [0, 1, 2, 3, 4, 5].every((k) => Number.isFinite(boxes[6 * i + k]!));
  const order = selectTopScores(scores).filter(isFinite6);
  const cell = cellEdge(boxes, order);
  const neighborhoods = new Map<number, BoxNeighborhood>();
  for (const index of order) {
    const label = labels?.[index] ?? 0;
    if (!neighborhoods.has(label)) neighborhoods.set(label, boxNeighborhood(boxes, cell));
    neighborhoods.get(label)!.add(index);
  }
  const taken = new Uint8Array(count);
  const merged: { box: number[]; score: number; best: number }[] = [];
  for (const best of order) {
    if (taken[best]) continue;
    taken[best] = 1;
    const label = labels?.[best] ?? 0;
    const members = [best];
    // Members come in the order of the grid, which depends on nothing but the boxes.
    neighborhoods.get(label)!.some(best, (other) => {
      if (!taken[other] && iouAt(boxes, 6 * best, boxes, 6 * other) > iouThreshold) {
        taken[other] = 1;
        members.push(other);
      }
      return false;
    });
    merged.push({ ...mergeCluster(boxes, scores, members, label, sources, expected), best });
  }
  merged.sort((a, b) => b.score - a.score);
  const kept = merged.slice(0, maxKept);
  return {
    boxes: Float32Array.from(kept.flatMap(({ box }) => box)),
    scores: Float32Array.from(kept, ({ score }) => score),
    best: Int32Array.from(kept, ({ best }) => best),
  };
}

/** The weighted mean of the boxes of a cluster, whose first member is the best. */
function mergeCluster(
  boxes: ArrayLike<number>,
  scores: ArrayLike<number>,
  members: readonly number[],
  label: number,
  sources: ArrayLike<number> | undefined,
  expected: WeightedMergeOptions["expected"],
): { box: number[]; score: number } {
  const best = members[0]!;
  let [sumOfWeights, sumOfScores] = [0, 0];
  const box = [0, 0, 0, 0, 0, 0];
  for (const i of members) {
    // A lone box without volume has no weight of its own.
    const weight = members.length === 1 ? 1 : iouAt(boxes, 6 * best, boxes, 6 * i) * volumeAt(boxes, 6 * i);
    sumOfWeights += weight;
    sumOfScores += weight * scores[i]!;
    for (let k = 0; k < 6; k++) box[k]! += weight * scores[i]! * boxes[6 * i + k]!;
  }
  const looks = sources ? new Set(members.map((i) => sources[i]!)).size : 1;
  const center = [0, 1, 2].map((axis) => (boxes[6 * best + axis]! + boxes[6 * best + 3 + axis]!) / 2) as [number, number, number];
  const missing = Math.max(0, (expected?.(center, label) ?? looks) - looks);
  return {
    // Where every score is 0 there is nothing to weigh by.
    box: sumOfScores > 0 ? box.map((v) => v / sumOfScores) : Array.from({ length: 6 }, (_, k) => boxes[6 * best + k]!),
    score: sumOfScores / (sumOfWeights + (missing * sumOfWeights) / members.length),
  };
}
