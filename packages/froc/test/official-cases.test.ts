import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { bootstrapFroc, cpmRates, evaluateFroc } from "../src/index.js";
import { type CaseResult, fixtures, readCase, readJson, sharedCases } from "./cases.js";
import { numpyRandint } from "./numpy-random.js";

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

/** The interval of a case with null where the script says NaN. */
const plain = (values: Record<string, number>): (number | null)[] =>
  cpmRates.map((rate) => (Number.isNaN(values[rate]!) ? null : values[rate]!));

function expectNear(actual: (number | null)[], expected: (number | null)[]): void {
  expect(actual.map((value) => value === null)).toEqual(expected.map((value) => value === null));
  for (const [i, value] of expected.entries()) if (value !== null) expect(Math.abs(actual[i]! - value)).toBeLessThan(1e-6);
}

function bootstrapReproduces(folder: string, indices?: number[][]): void {
  const input = readCase(folder);
  const { bootstrap } = readJson<CaseResult>(folder, "result.json");
  // Where the drawn scans are not on file they are drawn again with NumPy's generator and the case's seed.
  const draw = numpyRandint(0);
  const drawn = (): number[][] => Array.from({ length: bootstrap.samples }, () => draw(input.scans.length, input.scans.length));
  const result = bootstrapFroc(input, { resamples: indices ?? drawn() });
  expect(result.samples).toBe(bootstrap.samples);
  expectNear(plain(result.mean), bootstrap.mean);
  expectNear(plain(result.lower), bootstrap.lower);
  expectNear(plain(result.upper), bootstrap.upper);
}

test("bootstrap of free-seed11-40scans with the scans that the script drew", () => {
  const folder = join(fixtures, "free-seed11-40scans");
  const indices = readJson<number[][]>(folder, "bootstrap_indices.json");
  const draw = numpyRandint(0);
  expect(indices.map((sample) => draw(40, sample.length))).toEqual(indices);
  bootstrapReproduces(folder, indices);
});

test("bootstrap of hand-rules-4scans, samples without a found nodule included", () =>
  bootstrapReproduces(join(fixtures, "hand-rules-4scans")));

for (const name of ["real-deeplung-20scans", "synth-seed1-50", "synth-seed3-nofp-30scans"]) {
  test.runIf(sharedCases)(`bootstrap of ${name} (left out without GLEANER_DATA)`, () => bootstrapReproduces(join(sharedCases!, name)));
}
