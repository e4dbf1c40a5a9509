import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  compareConventions,
  compareRules,
  cpmRates,
  evaluateByConvention,
  evaluateFroc,
  type FrocConvention,
  frocConventions,
} from "../src/index.js";
import { type CaseResult, fixtures, readCase, readJson, sharedCases } from "./cases.js";

const named = (name: string): FrocConvention => frocConventions.find((one) => one.name === name)!;
const values = (sensitivity: Record<string, number>): (number | null)[] =>
  cpmRates.map((rate) => (Number.isNaN(sensitivity[rate]!) ? null : sensitivity[rate]!));

function readingsReproduce(folder: string): void {
  const input = readCase(folder);
  const expected = readJson<CaseResult>(folder, "result.json");
  const near = (actual: (number | null)[], wanted: (number | null)[]): void => {
    expect(actual.map((v) => (v === null ? null : v.toFixed(12)))).toEqual(wanted.map((v) => (v === null ? null : v.toFixed(12))));
  };
  const nearest = evaluateByConvention(input, named("nearest-grid-point"));
  near([...values(nearest.sensitivity), nearest.cpm], [...expected.sens_nearestGrid10001, expected.CPM_nearestGrid]);
  const first = evaluateByConvention(input, named("first-point-at-or-above"));
  near(values(first.sensitivity), expected.sens_firstPointAtOrAbove_NoduleNet);
  if (expected.CPM_NoduleNet === null) expect(first.cpm).toBeNaN();
  else expect(first.cpm).toBeCloseTo(expected.CPM_NoduleNet, 12);
}

for (const name of ["hand-rules-4scans", "free-seed11-40scans"])
  test(`the forks' readings of ${name}`, () => readingsReproduce(join(fixtures, name)));
for (const name of ["real-deeplung-20scans", "synth-seed1-50", "synth-seed3-nofp-30scans"]) {
  test.runIf(sharedCases)(`the forks' readings of ${name} (left out without GLEANER_DATA)`, () =>
    readingsReproduce(join(sharedCases!, name)),
  );
}

describe("one submission by every convention", () => {
  const input = readCase(join(fixtures, "free-seed11-40scans"));
  const table = Object.fromEntries(compareConventions(input).map((row) => [row.name, row]));

  test("each has its own name and says what it does", () => {
    expect(Object.keys(table)).toHaveLength(frocConventions.length);
    for (const one of frocConventions) expect(one.says.length).toBeGreaterThan(20);
  });

  test("the first two are the package's own rules", () => {
    expect(table["official"]!.cpm).toBe(evaluateFroc(input).cpm);
    expect(table["exact"]!.cpm).toBe(evaluateFroc(input, { rule: "exact" }).cpm);
  });

  test("marks on excluded findings become false positives", () => {
    expect(table["no-exclusions"]!.falsePositives).toBe(714 + 40);
  });

  test("scans without a finding are gone", () => {
    expect(table["scans-with-findings"]!.nodules).toBe(48);
    expect(table["scans-with-findings"]!.falsePositives).toBeLessThan(714);
  });

  test("without diameters nothing is found by IoU", () => {
    expect(table["iou-0.1"]).toMatchObject({ truePositives: 0, falsePositives: 805 });
    expect(table["iou-0.1"]!.cpm).toBeNaN();
  });
});

test("the README's table holds what the conventions give", () => {
  const input = readCase(join(fixtures, "free-seed11-40scans"));
  const sized = { ...input, candidates: input.candidates.map((mark) => ({ ...mark, diameterMm: 8 })) };
  const readme = readFileSync(join(fixtures, "../../README.md"), "utf8").replace(/ +/g, " ");
  for (const { name, says, sensitivity, cpm } of compareConventions(sized)) {
    const cells = [...cpmRates.map((rate) => sensitivity[String(rate) as "1"]), cpm].map((value) => value.toFixed(3));
    expect(readme).toContain(`| \`${name}\` | ${says} | ${cells.join(" | ")} |`);
  }
});

test("IoU of cubes: half of each overlaps gives 1/3", () => {
  const finding = { scan: "a", x: 0, y: 0, z: 0, diameterMm: 10 };
  const found = (threshold: number): number =>
    evaluateFroc(
      { scans: ["a"], findings: [finding], candidates: [{ scan: "a", x: 5, y: 0, z: 0, probability: 1, diameterMm: 10 }] },
      { matching: { by: "iou", threshold } },
    ).truePositives;
  expect(found(0.333)).toBe(1);
  expect(found(0.334)).toBe(0);
});

describe("the cap", () => {
  const finding = { scan: "a", x: 0, y: 0, z: 0, diameterMm: 10 };
  const marks = (count: number, probability: (i: number) => number) =>
    Array.from({ length: count }, (_, i) => ({ scan: "a", x: 100 + i, y: 0, z: 0, probability: probability(i) }));
  const falsePositives = (count: number, probability: (i: number) => number, options: object): number =>
    evaluateFroc({ scans: ["a"], findings: [finding], candidates: marks(count, probability) }, options).falsePositives;

  test("100 marks stay, of 101 the lowest goes", () => {
    expect(falsePositives(100, (i) => i / 1000, {})).toBe(100);
    expect(falsePositives(101, (i) => i / 1000, {})).toBe(100);
    expect(falsePositives(5000, (i) => ((i * 7919) % 5000) / 5000, {})).toBe(100);
  });

  test("officially all marks tied with the first that does not fit go, even all of them", () => {
    expect(falsePositives(101, () => 0.5, {})).toBe(0);
    expect(falsePositives(100, () => 0.5, {})).toBe(100);
    expect(falsePositives(2000, (i) => (i < 30 ? 0.9 : 0.5), {})).toBe(30);
    expect(falsePositives(2000, (i) => (i >= 1970 ? 0.9 : 0.5), {})).toBe(30);
  });

  test("exactly they stay, and without a cap everything does", () => {
    expect(falsePositives(2000, (i) => (i < 30 ? 0.9 : 0.5), { rule: "exact", maxCandidatesPerScan: 100 })).toBe(2000);
    expect(falsePositives(2000, (i) => -i, { rule: "exact", maxCandidatesPerScan: 100 })).toBe(100);
    expect(falsePositives(2000, (i) => i, { rule: "exact" })).toBe(2000);
  });

  test("is the one difference between the rules where only it matters", () => {
    const candidates = [...marks(150, (i) => 1 + i), { scan: "a", x: 0, y: 0, z: 0, probability: 0.5 }];
    const comparison = compareRules({ scans: ["a"], findings: [finding], candidates });
    expect(comparison).toMatchObject({ cappedScans: 1, droppedByCap: 51 });
    expect(comparison.official.truePositives).toBe(0);
    expect(comparison.exact.truePositives).toBe(1);
  });

  test("of 888 scans and 111 false positives the arithmetic decides", () => {
    // 111/888 = 1/8, but (111/46078)·46078/888 is a bit less; facts of the official script.
    const scans = Array.from({ length: 888 }, (_, i) => `s${i}`);
    const findings = [0, 1].map((i) => ({ scan: `s${i}`, x: 0, y: 0, z: 0, diameterMm: 10 }));
    const hit = (i: number, probability: number) => ({ scan: `s${i}`, x: 0, y: 0, z: 0, probability });
    const false_ = (i: number, probability: number) => ({ scan: `s${i % 888}`, x: 90, y: 0, z: i, probability });
    const at = (total: number, rule: "official" | "exact"): number =>
      evaluateFroc(
        {
          scans,
          findings,
          candidates: [
            hit(0, 1),
            ...Array.from({ length: 111 }, (_, i) => false_(i, 0.9)),
            // The second finding shares its score with the 112th false positive: a slope begins at the 111th.
            hit(1, 0.8),
            ...Array.from({ length: total - 111 }, (_, i) => false_(i, 0.8 - i / 1e6)),
          ],
        },
        { rule, maxCandidatesPerScan: Number.POSITIVE_INFINITY },
      ).sensitivity["0.125"];
    expect((111 / 46078) * 46078).toBeLessThan(111);
    expect(at(46078, "exact")).toBe(0.5);
    expect(at(46078, "official")).toBeGreaterThan(0.5);
    expect(at(44386, "official")).toBe(0.5);
  });
});

test("bad options are named", () => {
  const input = { scans: ["a"], findings: [], candidates: [] };
  expect(() => evaluateFroc(input, { maxCandidatesPerScan: 0 })).toThrow(
    "maxCandidatesPerScan is 0; expected a whole number above 0, or Infinity",
  );
  expect(() => evaluateFroc(input, { matching: { by: "iou", threshold: 2 } })).toThrow("matching.threshold is 2");
  expect(() => evaluateFroc(input, { matching: { by: "fixedRadius", radiusMm: 0 } })).toThrow("matching.radiusMm is 0");
  expect(() => evaluateFroc({ ...input, candidates: [{ scan: "a", x: 0, y: 0, z: Number.NaN, probability: 1 }] })).toThrow(RangeError);
  expect(() => evaluateFroc({ ...input, findings: [{ scan: "a", x: 0, y: 0, z: 0, diameterMm: Number.NaN }] })).toThrow("findings[0]");
});
