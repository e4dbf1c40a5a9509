import { describe, expect, test } from "vitest";
import { createRandom, randomInteger, randomNormal, restoreRandom, shuffled } from "../src/index.js";
import { hashText, splitMix64 } from "../src/splitmix.js";

const draw = (random: () => number, count: number): number[] => Array.from({ length: count }, () => random());

describe("the generator", () => {
  test("is xoshiro128** 1.1: the outputs of the reference program for the state 1, 2, 3, 4", () => {
    // Blackman and Vigna's xoshiro128starstar.c, as quoted in the tests of Rust's rand_xoshiro.
    const words = [11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597, 4258142804];
    const random = restoreRandom({ generator: "xoshiro128**", key: "0000000000000000", state: [1, 2, 3, 4] });
    const expected = Array.from(
      { length: 5 },
      (_, i) => (Math.floor(words[2 * i]! / 32) * 2 ** 26 + Math.floor(words[2 * i + 1]! / 64)) / 2 ** 53,
    );
    expect(draw(random, 5)).toEqual(expected);
  });

  test("is started by SplitMix64 (reference outputs) and labels are hashed by FNV-1a (reference outputs)", () => {
    expect(splitMix64(1234567n, 5)).toEqual([
      6457827717110365317n,
      3203168211198807973n,
      9817491932198370423n,
      4593380528125082431n,
      16408922859458223821n,
    ]);
    expect(hashText("")).toBe(0xcbf29ce484222325n);
  });

  test("gives numbers in [0, 1) with the mean, variance and independence of uniform ones", () => {
    const values = draw(createRandom(42), 100_000);
    expect(Math.min(...values.slice(0, 50_000))).toBeGreaterThanOrEqual(0);
    expect(values.every((x) => x < 1)).toBe(true);
    const mean = values.reduce((a, b) => a + b) / values.length;
    const variance = values.reduce((a, x) => a + (x - mean) ** 2, 0) / values.length;
    const lag = values.slice(1).reduce((a, x, i) => a + (x - mean) * (values[i]! - mean), 0) / values.length / variance;
    // Five standard errors each.
    expect(Math.abs(mean - 0.5)).toBeLessThan(5 * Math.sqrt(1 / 12 / 1e5));
    expect(Math.abs(variance - 1 / 12)).toBeLessThan(5 * Math.sqrt(1 / 180 / 1e5));
    expect(Math.abs(lag)).toBeLessThan(5 / Math.sqrt(1e5));
  });

  test.each([-1, 0.5, Number.NaN, 2 ** 53])("refuses the seed %d", (seed) => {
    expect(() => createRandom(seed)).toThrow(RangeError);
  });
});

describe("forks", () => {
  test("do not depend on what was drawn and do not disturb their parent", () => {
    const [a, b] = [createRandom(5), createRandom(5)];
    draw(a, 17);
    expect(draw(a.fork("x"), 5)).toEqual(draw(b.fork("x"), 5));
    draw(b, 17);
    expect(draw(a, 5)).toEqual(draw(b, 5));
  });

  test("differ by label, by the label's type, by seed and from their parent", () => {
    const streams = [
      createRandom(5),
      createRandom(6),
      createRandom(5).fork("1"),
      createRandom(5).fork(1),
      createRandom(5).fork("a").fork("b"),
      createRandom(5).fork("b").fork("a"),
      createRandom(6).fork("1"),
    ];
    expect(new Set(streams.map((random) => random())).size).toBe(streams.length);
  });

  test("are the same after a restart", () => {
    const random = createRandom(9);
    expect(restoreRandom(random.snapshot()).fork("x")()).toBe(random.fork("x")());
  });
});

test.each([
  [{ generator: "xoshiro128**", key: "0123456789abcdef", state: [0, 0, 0, 0] }],
  [{ generator: "xoshiro128**", key: "0123456789abcdef", state: [1, 2, 3] }],
  [{ generator: "xoshiro128**", key: "0123456789abcdef", state: [1, 2, 3, 2 ** 32] }],
  [{ generator: "xoshiro128**", key: "no", state: [1, 2, 3, 4] }],
  [{ generator: "other", key: "0123456789abcdef", state: [1, 2, 3, 4] }],
])("a snapshot that is none is refused: %j", (snapshot) => {
  expect(() => restoreRandom(snapshot as never)).toThrow(RangeError);
});

test("normal draws have the mean and the deviation asked for, and normal tails", () => {
  const random = createRandom(1);
  const values = Array.from({ length: 50_000 }, () => randomNormal(random, { mean: 3, deviation: 2 }));
  const mean = values.reduce((a, b) => a + b) / values.length;
  const deviation = Math.sqrt(values.reduce((a, x) => a + (x - mean) ** 2, 0) / values.length);
  expect(Math.abs(mean - 3)).toBeLessThan((5 * 2) / Math.sqrt(5e4));
  expect(Math.abs(deviation - 2)).toBeLessThan((5 * 2) / Math.sqrt(1e5));
  // P(|z| > 1.96) = 0.05
  expect(values.filter((x) => Math.abs(x - 3) > 2 * 1.959964).length / 5e4).toBeCloseTo(0.05, 2);
  expect(randomNormal(() => 0)).toBe(0);
});

test("integers are uniform and refuse an empty range", () => {
  const random = createRandom(2);
  const counts = [0, 0, 0];
  for (let i = 0; i < 30_000; i++) counts[randomInteger(3, random)]!++;
  for (const n of counts) expect(Math.abs(n - 10_000)).toBeLessThan(5 * Math.sqrt(30_000 * (2 / 9)));
  for (const below of [0, -1, 1.5, Number.NaN]) expect(() => randomInteger(below, random)).toThrow(RangeError);
});

test("each order of three comes as often in shuffles", () => {
  const random = createRandom(3);
  const counts = new Map<string, number>();
  for (let i = 0; i < 12_000; i++) {
    const order = shuffled([0, 1, 2], random).join("");
    counts.set(order, (counts.get(order) ?? 0) + 1);
  }
  expect(counts.size).toBe(6);
  for (const n of counts.values()) expect(Math.abs(n - 2000)).toBeLessThan(5 * Math.sqrt(12_000 * (5 / 36)));
});
