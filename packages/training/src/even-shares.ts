/** A part of a batch: from `from` up to, not including, `to`. */
export interface Share {
  from: number;
  to: number;
}

/**
 * Splits `count` things into at most `parts` shares that follow each other and differ by one thing at most, the larger ones first; none is empty.
 *
 * @param count an integer from 0
 * @param parts an integer from 1
 * @returns fewer shares than `parts` where there is not something for each; none for nothing
 * @throws RangeError unless both are such integers
 *
 * @example
 * ```ts
 * import { evenShares } from "@gleaner/training";
 * evenShares(5, 2); // => [{ from: 0, to: 3 }, { from: 3, to: 5 }]
 * evenShares(1, 4); // => [{ from: 0, to: 1 }]
 * ```
 */
export function evenShares(count: number, parts: number): Share[] {
  if (!Number.isInteger(count) || count < 0) throw new RangeError(`count is ${count}, expected an integer from 0`);
  if (!Number.isInteger(parts) || parts < 1) throw new RangeError(`parts is ${parts}, expected an integer from 1`);
  const shares = Math.min(count, parts);
  const edge = (i: number): number => i * Math.floor(count / shares) + Math.min(i, count % shares);
  return Array.from({ length: shares }, (_, i) => ({ from: edge(i), to: edge(i + 1) }));
}
