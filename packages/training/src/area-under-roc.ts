/**
 * The area under the ROC curve: the probability that a positive has a higher score than a negative, ties counted half.
 *
 * By ranks, (Σ ranks of the P positives − P(P+1)/2) / (P·N), ties at their mean rank (Hanley & McNeil, "The meaning and use of the area
 * under a receiver operating characteristic (ROC) curve", Radiology 1982), in O(n log n). NaN where a class is absent or a score is NaN.
 *
 * @param scores one an item, higher for what is more likely positive; of any scale
 * @param labels 1 for a positive, 0 for a negative
 * @returns 0 to 1; 0.5 is chance
 * @throws RangeError for unequal lengths or a label that is neither 0 nor 1
 *
 * @example
 * ```ts
 * import { areaUnderRoc } from "@gleaner/training";
 * areaUnderRoc([0.9, 0.8, 0.8, 0.1], [1, 1, 0, 0]); // => 0.875
 * ```
 */
export function areaUnderRoc(scores: ArrayLike<number>, labels: ArrayLike<number>): number {
  if (labels.length !== scores.length) throw new RangeError(`labels has ${labels.length} entries, expected ${scores.length} as scores`);
  let positives = 0;
  for (let i = 0; i < labels.length; i++) {
    if (labels[i] !== 0 && labels[i] !== 1) throw new RangeError(`labels[${i}] must be 0 or 1, got ${labels[i]}`);
    positives += labels[i]!;
    if (Number.isNaN(scores[i])) return Number.NaN;
  }
  const negatives = labels.length - positives;
  const order = Uint32Array.from({ length: scores.length }, (_, i) => i);
  // Not by a difference: it is NaN for two equal infinities.
  order.sort((a, b) => (scores[a]! < scores[b]! ? -1 : scores[a]! > scores[b]! ? 1 : 0));
  let rankSum = 0;
  for (let first = 0; first < order.length; ) {
    let end = first;
    let tied = 0;
    for (; end < order.length && scores[order[end]!] === scores[order[first]!]; end++) tied += labels[order[end]!]!;
    // Ranks count from 1, so those of first … end − 1 have this mean.
    rankSum += (tied * (first + 1 + end)) / 2;
    first = end;
  }
  return (rankSum - (positives * (positives + 1)) / 2) / (positives * negatives);
}
