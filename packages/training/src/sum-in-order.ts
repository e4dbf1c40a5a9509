/**
 * Adds arrays element by element in the order in which they are given, in float64, and rounds once: sᵢ = fround(Σₖ partsₖᵢ).
 *
 * So the sum of what several threads computed does not depend on which of them was first.
 *
 * @param parts at least one, all of one length; NaN where a part has it
 * @throws RangeError without a part, or for parts of different lengths
 *
 * @example
 * ```ts
 * import { sumInOrder } from "@gleaner/training";
 * sumInOrder([Float32Array.of(1, 2 ** 24), Float32Array.of(2, 1), Float32Array.of(3, 1)]); // => [6, 16777218]
 * ```
 */
export function sumInOrder(parts: readonly Float32Array[]): Float32Array {
  const [first, ...others] = parts;
  if (!first) throw new RangeError("there are no parts, expected at least one");
  const other = others.find(({ length }) => length !== first.length);
  if (other) throw new RangeError(`a part has ${other.length} numbers, expected ${first.length} as the first`);
  const sums = Float64Array.from(first);
  for (const part of others) for (let i = 0; i < sums.length; i++) sums[i]! += part[i]!;
  return Float32Array.from(sums);
}
