import { describe, expect, test } from "vitest";
import { createRandom, createShuffledPasses, shuffled } from "../src/index.js";

test("pass p is the shuffle of 0 … size − 1 by the fork named p", () => {
  for (const size of [1, 2, 7, 100]) {
    const random = createRandom(11);
    const draws = createShuffledPasses(size, random);
    for (const pass of [0, 1, 2, 90_000]) {
      const identity = Array.from({ length: size }, (_, i) => i);
      expect(Array.from(draws(pass * size, size))).toEqual(shuffled(identity, random.fork(pass)));
    }
  }
});

test("how far the stream was drawn makes no difference, its name does", () => {
  const [fresh, drawn, other] = [createRandom(1), createRandom(1), createRandom(2)];
  drawn();
  expect(createShuffledPasses(50, drawn)(20, 60)).toEqual(createShuffledPasses(50, fresh)(20, 60));
  expect(createShuffledPasses(50, other)(20, 60)).not.toEqual(createShuffledPasses(50, fresh)(20, 60));
});

test("passes differ, and a draw belongs to its caller", () => {
  const draws = createShuffledPasses(50, createRandom(3));
  const first = draws(0, 50);
  expect(draws(50, 50)).not.toEqual(first);
  const copy = first.slice();
  first.fill(-1);
  expect(draws(0, 50)).toEqual(copy);
});

test("a position costs one shuffle for each pass that it is far from, and none nearby", () => {
  const stream = createRandom(3);
  const shuffles: (string | number)[] = [];
  const fork = (label: string | number) => {
    shuffles.push(label);
    return stream.fork(label);
  };
  const draws = createShuffledPasses(
    1000,
    Object.assign(() => stream(), { ...stream, fork }),
  );
  // A run with a prefetcher two batches ahead of it.
  for (let step = 0; step < 100; step++) {
    draws(64 * (step + 2), 64);
    draws(64 * step, 64);
  }
  expect(shuffles).toEqual([0, 1, 2, 3, 4, 5, 6]);
});

test("with replacement draws are uniform, independent of each other and of what a pass had", () => {
  const draws = createShuffledPasses(10, createRandom(4), { replacement: true })(0, 100_000);
  const counts = new Array<number>(10).fill(0);
  const pairs = new Array<number>(100).fill(0);
  for (const [i, index] of draws.entries()) {
    counts[index]!++;
    if (i > 0) pairs[10 * draws[i - 1]! + index]!++;
  }
  // Five standard deviations of a count.
  for (const n of counts) expect(Math.abs(n - 10_000)).toBeLessThan(5 * Math.sqrt(1e5 * 0.09));
  for (const n of pairs) expect(Math.abs(n - 1000)).toBeLessThan(5 * Math.sqrt(1e5 * 0.0099));
  // Ten draws are all ten indices with a probability of 10!/10¹⁰ = 0.00036.
  const whole = Array.from({ length: 10_000 }, (_, pass) => new Set(draws.subarray(10 * pass, 10 * pass + 10)).size === 10);
  expect(whole.filter(Boolean).length).toBeLessThan(15);
});

test("positions at the end of the integers are answered", () => {
  const draws = createShuffledPasses(3, createRandom(0));
  expect(Array.from(draws(Number.MAX_SAFE_INTEGER - 6, 6))).toHaveLength(6);
  expect(draws(12, 0)).toEqual(new Int32Array(0));
});

describe("refuses", () => {
  test.each([0, -1, 1.5, Number.NaN, 2 ** 31])("the size %d", (size) => {
    expect(() => createShuffledPasses(size, createRandom(0))).toThrow(
      new RangeError(`size must be an integer from 1 to 2^31 - 1, got ${size}`),
    );
  });

  test.each([
    [-1, 1, "start must be an integer from 0 to 2^53 - 1, got -1"],
    [0.5, 1, "start must be an integer from 0 to 2^53 - 1, got 0.5"],
    [0, -2, "count must be an integer from 0 to 2^53 - 1, got -2"],
    [0, Number.NaN, "count must be an integer from 0 to 2^53 - 1, got NaN"],
    [Number.MAX_SAFE_INTEGER, 1, "start + count must be an integer from 0 to 2^53 - 1, got 9007199254740992"],
  ])("the positions %d, %d", (start, count, message) => {
    expect(() => createShuffledPasses(4, createRandom(0))(start, count)).toThrow(new RangeError(message));
  });
});
