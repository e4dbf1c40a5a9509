import { shuffled } from "./draws.js";
import { type Random, type RandomSnapshot, restoreRandom } from "./random.js";

/** Where a sampler is in its passes, as plain data. */
export interface SamplerSnapshot {
  readonly order: readonly number[];
  readonly position: number;
  readonly random: RandomSnapshot;
}

/** Draws indices in shuffled passes: each index once before any comes again. */
export interface Sampler {
  /** The next `count` indices; a batch larger than what is left of a pass reaches into the next one. */
  next(count: number): number[];
  snapshot(): SamplerSnapshot;
}

const sampler = (order: number[], position: number, random: Random): Sampler => ({
  next(count) {
    const batch: number[] = [];
    while (batch.length < count) {
      if (position === order.length) {
        order = shuffled(order, random);
        position = 0;
      }
      batch.push(order[position++]!);
    }
    return batch;
  },
  snapshot: () => ({ order: [...order], position, random: random.snapshot() }),
});

/**
 * A sampler of the indices 0 … `size` − 1 in shuffled passes that never end. `random` belongs to the sampler from then on: give it a fork.
 *
 * @param size how many indices there are, an integer ≥ 1
 * @throws RangeError if `size` is not such an integer
 *
 * @example
 * ```ts
 * import { createRandom, createSampler } from "@gleaner/training";
 * const sampler = createSampler(4, createRandom(0).fork("labeled"));
 * sampler.next(4).sort(); // => [0, 1, 2, 3]
 * sampler.next(6).length; // => 6
 * ```
 */
export function createSampler(size: number, random: Random): Sampler {
  if (!Number.isInteger(size) || size < 1) throw new RangeError(`size must be an integer of at least 1, got ${size}`);
  return sampler(
    Array.from({ length: size }, (_, i) => i),
    size,
    random,
  );
}

/**
 * Continues a sampler from its snapshot with the indices that would have come next.
 *
 * @throws RangeError if the snapshot is not one of `Sampler.snapshot`
 *
 * @example
 * ```ts
 * import { createRandom, createSampler, restoreSampler } from "@gleaner/training";
 * const sampler = createSampler(10, createRandom(0));
 * sampler.next(3);
 * const again = restoreSampler(sampler.snapshot());
 * sampler.next(12).join() === again.next(12).join(); // => true
 * ```
 */
export function restoreSampler(snapshot: SamplerSnapshot): Sampler {
  const { order, position, random } = snapshot;
  const isPermutation = Array.isArray(order) && order.length > 0 && [...order].sort((a, b) => a - b).every((index, i) => index === i);
  if (!isPermutation || !Number.isInteger(position) || position < 0 || position > order.length) {
    throw new RangeError(`expected a snapshot of createSampler, got an order of ${order?.length} indices at position ${position}`);
  }
  return sampler([...order], position, restoreRandom(random));
}
