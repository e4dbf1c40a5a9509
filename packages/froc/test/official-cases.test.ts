import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { cpmRates, evaluateFroc } from "../src/index.js";
import { type CaseResult, fixtures, readCase, readJson, sharedCases } from "./cases.js";

function reproduces(folder: string): void {
  const input = readCase(folder);
  const expected = readJson<CaseResult>(folder, "result.json");
  const points = readJson<{ fps: number[]; sens: number[]; threshold: (number | null)[] }>(folder, "froc_points.json");
  const result = evaluateFroc(input);

  test("counts", () => {
    const { TP, FP, FN, nodules, ignoredExcluded, ignoredDouble } = expected.counts;
    expect(result).toMatchObject({
      scans: expected.numScans,
      nodules,
      truePositives: TP,
      falsePositives: FP,
      missed: FN,
      ignored: ignoredExcluded,
      duplicates: ignoredDouble,
    });
  });

  test("every point of the curve, to the bit", () => {
    expect(result.curve).toHaveLength(expected.nCurvePoints);
    expect(result.curve.map((p) => p.falsePositivesPerScan)).toEqual(points.fps);
    expect(result.curve.map((p) => p.sensitivity)).toEqual(points.sens);
    expect(result.curve.map((p) => (p.threshold === Number.POSITIVE_INFINITY ? null : p.threshold))).toEqual(points.threshold);
  });

  test("sensitivities and CPM", () => {
    for (const [i, rate] of cpmRates.entries()) {
      expect(result.sensitivity[String(rate) as "1"]).toBeCloseTo(expected.sens_interp[i]!, 12);
    }
    expect(result.cpm).toBeCloseTo(expected.CPM_interp, 12);
  });
}

for (const name of ["hand-rules-4scans", "free-seed11-40scans"])
  describe(`the official script on ${name}`, () => reproduces(join(fixtures, name)));

for (const name of ["real-deeplung-20scans", "synth-seed1-50", "synth-seed3-nofp-30scans"]) {
  describe.runIf(sharedCases)(`the official script on ${name} (left out without GLEANER_DATA)`, () => {
    if (sharedCases) reproduces(join(sharedCases, name));
  });
}
