/**
 * The part of the images whose class is among the k classes with the highest scores.
 *
 * Of equal scores the lower class comes first, so that k = 1 is the accuracy of an argmax. With k of at least the number of classes it
 * is 1. NaN ranks below every number; no images give NaN.
 *
 * @param probabilities a row for each image with a score for each class; any scores that rise with the probabilities will do
 * @param labels the class of each image
 * @param k an integer ≥ 1
 * @returns 0 to 1
 * @throws RangeError for a k that is no such integer, unequal lengths, or a label that has no score
 *
 * @example
 * ```ts
 * import { topKAccuracy } from "@gleaner/training";
 * const probabilities = [[0.5, 0.3, 0.2], [0.4, 0.5, 0.1]];
 * topKAccuracy(probabilities, [0, 0], 1); // => 0.5
 * topKAccuracy(probabilities, [0, 0], 2); // => 1
 * ```
 */
export function topKAccuracy(probabilities: ArrayLike<ArrayLike<number>>, labels: ArrayLike<number>, k: number): number {
  if (!Number.isInteger(k) || k < 1) throw new RangeError(`k must be an integer of at least 1, got ${k}`);
  if (labels.length !== probabilities.length)
    throw new RangeError(`labels has ${labels.length} entries, expected ${probabilities.length} as probabilities`);
  let hits = 0;
  for (let i = 0; i < labels.length; i++) {
    const scores = probabilities[i]!;
    const label = labels[i]!;
    if (!Number.isInteger(label) || label < 0 || label >= scores.length)
      throw new RangeError(`labels[${i}] must be an integer from 0 to ${scores.length - 1}, got ${label}`);
    const own = rankable(scores[label]!);
    let before = 0;
    for (let c = 0; c < scores.length; c++) {
      const score = rankable(scores[c]!);
      if (score > own || (score === own && c < label)) before++;
    }
    if (before < k) hits++;
  }
  return hits / labels.length;
}

const rankable = (score: number): number => (Number.isNaN(score) ? Number.NEGATIVE_INFINITY : score);
