import fc from "fast-check";
import { expect, test } from "vitest";
import { judgeScores } from "../src/run/judge-marks.js";

const scores = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 60 });

test("every score is counted once, in the bin it lies in", () => {
  expect(judgeScores([0, 0.04, 0.99, 1], [0.5, 0.5], 3, 25).found).toEqual([1, 1, ...new Array(22).fill(0), 2]);
  fc.assert(
    fc.property(scores, scores, (found, falsePositives) => {
      const judged = judgeScores(found, falsePositives, 1, 10);
      for (const [values, counts] of [[found, judged.found] as const, [falsePositives, judged.falsePositives] as const])
        expect(counts).toEqual(Array.from({ length: 10 }, (_, i) => values.filter((v) => Math.min(9, Math.floor(v * 10)) === i).length));
    }),
  );
});

test("above the threshold lies at most one false positive a scan, and it is the lowest such score", () => {
  expect(judgeScores([], [0.9, 0.8, 0.7, 0.1], 2).thresholdAt1).toBe(0.7);
  expect(judgeScores([], [0.9, 0.8], 2).thresholdAt1).toBeNull();
  expect(judgeScores([], [], 2).thresholdAt1).toBeNull();
  fc.assert(
    fc.property(scores, fc.integer({ min: 1, max: 20 }), (falsePositives, scans) => {
      const above = (limit: number): number => falsePositives.filter((score) => score > limit).length;
      const { thresholdAt1 } = judgeScores([], falsePositives, scans);
      if (thresholdAt1 === null) expect(falsePositives.length).toBeLessThanOrEqual(scans);
      else {
        expect(above(thresholdAt1)).toBeLessThanOrEqual(scans);
        for (const lower of falsePositives.filter((score) => score < thresholdAt1)) expect(above(lower)).toBeGreaterThan(scans);
      }
    }),
  );
});
