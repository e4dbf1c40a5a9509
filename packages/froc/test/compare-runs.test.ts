import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type CpmRate, compareFroc, cpmRates, type FrocInput } from "../src/index.js";

interface Run {
  /** The score of each finding; null where it is missed. */
  found: (number | null)[];
  false: Record<string, number[]>;
}
interface Fixture {
  scans: string[];
  /** The scan of each finding. */
  findings: string[];
  runs: Record<"a" | "b", Run[]>;
  resamples: number[][];
  expected: Record<CpmRate | "cpm", Record<"a" | "b" | "difference" | "lower" | "upper", number>>;
}
const { scans, findings, runs, resamples, expected } = JSON.parse(
  readFileSync(new URL("fixtures/paired-runs/paired.json", import.meta.url), "utf8"),
) as Fixture;

/** Findings stand 40 mm apart, marks on them or far from all. */
const inputOf = ({ found, false: marks }: Run): FrocInput => ({
  scans,
  findings: findings.map((scan, i) => ({ scan, x: 40 * i, y: 0, z: 0, diameterMm: 6 })),
  candidates: [
    ...found.flatMap((probability, i) => (probability === null ? [] : [{ scan: findings[i]!, x: 40 * i, y: 1, z: 0, probability }])),
    ...Object.entries(marks).flatMap(([scan, scores]) => scores.map((probability, i) => ({ scan, x: 9 * i, y: 500, z: 0, probability }))),
  ],
});
const [a, b] = [runs.a.map(inputOf), runs.b.map(inputOf)];

describe("several runs of two methods", () => {
  test("agree with a paired bootstrap in plain Python", () => {
    const { cpm, sensitivity, samples } = compareFroc(a, b, { rule: "exact", resamples });
    expect(samples).toBe(200);
    for (const [name, of] of [["cpm", cpm], ...cpmRates.map((rate) => [rate, sensitivity[String(rate) as CpmRate]])] as [
      keyof Fixture["expected"],
      typeof cpm,
    ][]) {
      for (const [key, value] of Object.entries(expected[name])) expect(of[key as "a"], `${name} ${key}`).toBeCloseTo(value, 12);
    }
  });

  test("an empty list, and scans that one run does not have, are refused", () => {
    expect(() => compareFroc([], b, { resamples })).toThrow("a list of submissions is empty; expected at least one submission");
    expect(() => compareFroc(a, [], { resamples })).toThrow(RangeError);
    const other = { ...b[1]!, scans: scans.toReversed() };
    expect(() => compareFroc(a, [b[0]!, other], { resamples })).toThrow("different scans");
  });

  test("five runs, 100 scans and 1000 samples take seconds at most", () => {
    const many = Array.from({ length: 100 }, (_, i) => `m${i}`);
    const run = (seed: number): FrocInput => ({
      scans: many,
      findings: many.map((scan) => ({ scan, x: 0, y: 0, z: 0, diameterMm: 8 })),
      candidates: many.flatMap((scan, i) =>
        Array.from({ length: 40 }, (_, j) => ({ scan, x: 30 * j, y: 0, z: 0, probability: ((i * 41 + j * 17 + seed * 7) % 997) / 997 })),
      ),
    });
    let state = 1;
    const random = (): number => (state = (state * 48271) % 2147483647) / 2147483647;
    const seeds = [1, 2, 3, 4, 5];
    const started = performance.now();
    compareFroc(
      seeds.map(run),
      seeds.map((seed) => run(seed + 5)),
      { random },
    );
    // More than ten times what it takes on a quiet machine.
    expect(performance.now() - started).toBeLessThan(5000);
  });
});
