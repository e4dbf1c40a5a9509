import { type Candidate, cpmRates, evaluateFroc, type Finding } from "@gleaner/froc";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { frocLine } from "../src/report/detection-froc.js";
import { runawayOf } from "../src/report/detection-runaway.js";
import { smoothed } from "../src/report/plots.js";
import { stepEvent } from "./report-runs.js";

describe("frocLine", () => {
  test("passes through the seven sensitivities that make the CPM", () => {
    const scans = ["a", "b", "c", "d"];
    const place = fc.record({ scan: fc.constantFrom(...scans), at: fc.integer({ min: 0, max: 6 }) });
    const marks = fc.array(fc.record({ place, probability: fc.integer({ min: 1, max: 30 }) }), { maxLength: 90 });
    const nodules = fc.uniqueArray(place, { minLength: 1, maxLength: 8, selector: ({ scan, at }) => scan + at });
    fc.assert(
      fc.property(nodules, marks, (nodules, marks) => {
        const findings: Finding[] = nodules.map(({ scan, at }) => ({ scan, x: 20 * at, y: 0, z: 0, diameterMm: 8 }));
        const candidates: Candidate[] = marks.map(({ place: { scan, at }, probability }) => ({
          scan,
          x: 20 * at,
          y: 0,
          z: 0,
          probability,
        }));
        const { curve, sensitivity } = evaluateFroc({ scans, findings, candidates });
        const line = frocLine(curve);
        for (const rate of cpmRates) {
          // Where the curve goes straight up the CPM takes its upper end.
          const value = Math.max(...line.filter((point) => Math.abs(point.x - rate) < 1e-12).map((point) => point.y));
          const official = 100 * sensitivity[String(rate) as "1"];
          // Where nothing is found the official script has no value, and no curve is drawn.
          if (Number.isNaN(official)) expect(value).toBeNaN();
          else expect(value).toBeCloseTo(official, 9);
        }
      }),
    );
  });

  test("never falls, and spans 1/8 to 8", () => {
    const point = (falsePositivesPerScan: number, sensitivity: number) => ({ falsePositivesPerScan, sensitivity });
    const line = frocLine([point(0, 0), point(0, 0.2), point(3, 0.5), point(3, 0.7), point(20, 0.9)]);
    expect([line[0]!.x, line.at(-1)!.x]).toEqual([0.125, 8]);
    expect(line.every((p, i) => i === 0 || p.y >= line[i - 1]!.y)).toBe(true);
    expect(line.at(-1)!.y).toBeCloseTo(70 + (20 * 5) / 17, 12);
    expect(frocLine([])).toEqual([]);
  });
});

describe("smoothed", () => {
  test("means over stretches of about equal length, each at its last step", () => {
    const steps = [1, 2, 3, 4, 5, 6, 7].map((step) => stepEvent(step, { classification: step }));
    expect(smoothed(steps, "classification", 3)).toEqual([
      { x: 2, y: 1.5 },
      { x: 5, y: 4 },
      { x: 7, y: 6.5 },
    ]);
    expect(smoothed(steps, "classification", 1)).toHaveLength(7);
    expect(smoothed([], "classification", 3)).toEqual([]);
  });
});

test("runawayOf is the highest mean over 50 steps, over all of a shorter run, and the first step above the alarm", () => {
  const run = (values: number[]) => ({ steps: values.map((pseudoPositives, i) => stepEvent(i + 1, { pseudoPositives })) });
  expect(runawayOf(run([]))).toEqual({ peak: 0 });
  expect(runawayOf(run([0, 1]))).toEqual({ peak: 0.5 });
  expect(runawayOf(run([1, 2]))).toEqual({ peak: 1.5, step: 2 });
  // From step 101 on 4 pseudo-positives a step: the mean over 50 is 1.2 after 15 of them, and above it after 16.
  const values = Array.from({ length: 200 }, (_, i) => (i >= 100 && i < 125 ? 4 : 0));
  expect(runawayOf(run(values))).toEqual({ peak: 2, step: 116 });
  expect(runawayOf(run(values.map((value) => value / 2)))).toEqual({ peak: 1 });
});
