import { randomInteger } from "./draws.js";
import type { Random } from "./random.js";

/**
 * Draws of a sequence that never ends, by their position: draws `start` … `start` + `count` − 1, as an array of the caller's own.
 *
 * @throws RangeError unless `start` and `count` are integers from 0, `start` + `count` up to 2⁵³ − 1
 */
export type ShuffledPasses = (start: number, count: number) => Int32Array;

export interface ShuffledPassesOptions {
  /** Each draw is uniform among all indices, whatever was drawn before (default false): an index may come twice in a pass, or never. */
  replacement?: boolean;
}

// Draws with replacement need no pass; blocks of this length keep few of them unused, and the start of a stream cheap beside its draws.
const replacementBlock = 1024;

const permute = (order: Int32Array, random: () => number): void => {
  for (let i = 0; i < order.length; i++) order[i] = i;
  for (let last = order.length - 1; last > 0; last--) {
    const chosen = randomInteger(last + 1, random);
    const value = order[last]!;
    order[last] = order[chosen]!;
    order[chosen] = value;
  }
};

/**
 * The indices 0 … `size` − 1 in shuffled passes that never end, addressed by position: pass p is a permutation by Fisher and Yates, made
 * by `random.fork(p)`.
 *
 * A draw depends on the seed and its position alone. So a batch is a function of the number of its step, there is nothing to save, and
 * batches may be made ahead or out of order. Two passes are kept (4 bytes an index each); a position in another one costs a shuffle.
 * `createSampler` keeps its place instead of being told.
 *
 * @param size how many indices there are, an integer from 1 to 2³¹ − 1
 * @param random names the sequence: how far it has been drawn makes no difference; give it a fork
 * @param options `replacement`: independent uniform draws instead, as PyTorch's `RandomSampler(replacement=True)` in FixMatch's experiments
 * @throws RangeError if `size` is not such an integer
 *
 * @example
 * ```ts
 * import { createRandom, createShuffledPasses } from "@gleaner/training";
 * const draws = createShuffledPasses(4, createRandom(0).fork("unlabeled"));
 * draws(0, 4).sort(); // => [0, 1, 2, 3]
 * const batch = (step: number) => draws(3 * step, 3);
 * [...batch(2), ...batch(3)].join() === draws(6, 6).join(); // => true
 * ```
 */
export function createShuffledPasses(size: number, random: Random, options: ShuffledPassesOptions = {}): ShuffledPasses {
  const { replacement = false } = options;
  if (!Number.isInteger(size) || size < 1 || size >= 2 ** 31)
    throw new RangeError(`size must be an integer from 1 to 2^31 - 1, got ${size}`);
  const length = replacement ? replacementBlock : size;
  const fill = (order: Int32Array, own: () => number): void => {
    if (!replacement) permute(order, own);
    else for (let i = 0; i < order.length; i++) order[i] = randomInteger(size, own);
  };
  // The two passes that were needed last, the last one first: a batch at the end of one reaches into the next.
  let kept: { pass: number; order: Int32Array }[] = [];
  const orderOf = (pass: number): Int32Array => {
    const found = kept.find((one) => one.pass === pass);
    if (found === undefined || found !== kept[0]) {
      const order = found?.order ?? (kept.length === 2 ? kept[1]!.order : new Int32Array(length));
      if (!found) fill(order, random.fork(pass));
      kept = [{ pass, order }, ...kept.filter((one) => one.order !== order)];
    }
    return kept[0]!.order;
  };

  return (start, count) => {
    for (const [name, value] of Object.entries({ start, count, "start + count": start + count })) {
      if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${name} must be an integer from 0 to 2^53 - 1, got ${value}`);
    }
    const draws = new Int32Array(count);
    for (let done = 0; done < count; ) {
      const within = (start + done) % length;
      const order = orderOf((start + done - within) / length);
      const piece = order.subarray(within, within + count - done);
      draws.set(piece, done);
      done += piece.length;
    }
    return draws;
  };
}
