/**
 * A uniform integer from 0 to `below` − 1.
 *
 * @param below an integer, 1 to 2³²; the bias of scaling 53 bits is under 2⁻²¹
 * @throws RangeError if `below` is not such an integer
 *
 * @example
 * ```ts
 * import { createRandom, randomInteger } from "@gleaner/training";
 * randomInteger(1, createRandom(3)); // => 0
 * ```
 */
export function randomInteger(below: number, random: () => number): number {
  if (!Number.isInteger(below) || below < 1 || below > 2 ** 32)
    throw new RangeError(`below must be an integer from 1 to 2^32, got ${below}`);
  return Math.floor(random() * below);
}

/**
 * A draw from the normal distribution, by Box and Muller's transform (1958). It uses two numbers of the stream and keeps none.
 *
 * @param options `mean` (default 0) and `deviation` (standard deviation ≥ 0, default 1)
 *
 * @example
 * ```ts
 * import { createRandom, randomNormal } from "@gleaner/training";
 * randomNormal(createRandom(3), { mean: 5, deviation: 0 }); // => 5
 * ```
 */
export function randomNormal(random: () => number, options: { mean?: number; deviation?: number } = {}): number {
  const { mean = 0, deviation = 1 } = options;
  // 1 - random() is in (0, 1], so the logarithm is finite.
  const radius = Math.sqrt(-2 * Math.log(1 - random()));
  return mean + deviation * radius * Math.cos(2 * Math.PI * random());
}

/**
 * The values in a random order, as a new array (Fisher and Yates).
 *
 * @example
 * ```ts
 * import { createRandom, shuffled } from "@gleaner/training";
 * shuffled(["a", "b", "c"], createRandom(1)).sort(); // => ["a", "b", "c"]
 * ```
 */
export function shuffled<T>(values: Iterable<T>, random: () => number): T[] {
  const order = Array.from(values);
  for (let last = order.length - 1; last > 0; last--) {
    const chosen = randomInteger(last + 1, random);
    [order[last], order[chosen]] = [order[chosen]!, order[last]!];
  }
  return order;
}
