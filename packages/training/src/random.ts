import { hashText, splitMix64 } from "./splitmix.js";

/** The whole state of a random stream as plain data, safe to write as JSON. */
export interface RandomSnapshot {
  readonly generator: "xoshiro128**";
  /** Identifies the stream for `fork`: 16 hexadecimal digits. */
  readonly key: string;
  /** The four 32-bit words of the generator. */
  readonly state: readonly number[];
}

/** A seeded random stream: call it for a number in [0, 1). */
export interface Random {
  (): number;
  /** The state as plain data; `restoreRandom` continues from it. */
  snapshot(): RandomSnapshot;
  /**
   * A stream of its own, named by `label`. It depends on the seed and the labels on the way to it, never on how many numbers were drawn,
   * so that one more draw in one place changes nothing elsewhere. The same label gives the same stream.
   */
  fork(label: string | number): Random;
}

const rotateLeft = (x: number, by: number): number => (x << by) | (x >>> (32 - by));

function stream(key: bigint, words: readonly number[]): Random {
  let [a, b, c, d] = words as [number, number, number, number];
  const next = (): number => {
    const value = Math.imul(rotateLeft(Math.imul(b, 5), 7), 9);
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotateLeft(d, 11);
    return value >>> 0;
  };
  // 53 random bits from two draws: the upper 27 of the first and the upper 26 of the second.
  const random = (): number => ((next() >>> 5) * 0x4000000 + (next() >>> 6)) / 0x20000000000000;
  return Object.assign(random, {
    snapshot: (): RandomSnapshot => ({
      generator: "xoshiro128**",
      key: key.toString(16).padStart(16, "0"),
      state: [a >>> 0, b >>> 0, c >>> 0, d >>> 0],
    }),
    fork: (label: string | number): Random => start(splitMix64(key ^ hashText(`${typeof label}:${label}`), 1)[0]!),
  });
}

function start(key: bigint): Random {
  const [first, second] = splitMix64(key, 2) as [bigint, bigint];
  const words = [first, first >> 32n, second, second >> 32n].map((x) => Number(x & 0xffffffffn));
  return stream(key, words);
}

/**
 * A random stream from a seed: xoshiro128** 1.1 (Blackman & Vigna, "Scrambled linear pseudorandom number generators", 2021) started by
 * SplitMix64, with 53 random bits a number. The same seed gives the same numbers on every platform. Not for secrets.
 *
 * @param seed an integer, 0 to 2⁵³ − 1
 * @throws RangeError for any other seed
 *
 * @example
 * ```ts
 * import { createRandom } from "@gleaner/training";
 * const random = createRandom(7);
 * random(); // => 0.419
 * random.fork("augment")() === random.fork("augment")(); // => true
 * ```
 */
export function createRandom(seed: number): Random {
  if (!Number.isSafeInteger(seed) || seed < 0) throw new RangeError(`seed must be an integer from 0 to 2^53 - 1, got ${seed}`);
  return start(BigInt(seed));
}

/**
 * Continues the stream that a snapshot was taken of: the next numbers are those that would have followed.
 *
 * @throws RangeError if the snapshot is not one of `Random.snapshot`
 *
 * @example
 * ```ts
 * import { createRandom, restoreRandom } from "@gleaner/training";
 * const random = createRandom(7);
 * const later = restoreRandom(JSON.parse(JSON.stringify(random.snapshot())));
 * random() === later(); // => true
 * ```
 */
export function restoreRandom(snapshot: RandomSnapshot): Random {
  const { generator, key, state } = snapshot;
  const words = Array.isArray(state) ? (state as readonly unknown[]) : [];
  const isWord = (x: unknown): boolean => Number.isInteger(x) && (x as number) >= 0 && (x as number) <= 0xffffffff;
  // A state of zeros would give zeros for ever.
  const valid = words.length === 4 && words.every(isWord) && words.some((x) => x !== 0);
  if (generator !== "xoshiro128**" || !/^[0-9a-f]{16}$/.test(key) || !valid) {
    throw new RangeError(`expected a snapshot of createRandom, got ${JSON.stringify(snapshot)}`);
  }
  return stream(BigInt(`0x${key}`), state);
}
