import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  afrocArea,
  compareFroc,
  cpmRates,
  evaluateFroc,
  type FrocInput,
  matchFindings,
  meanSensitivity,
  precisionRecall,
  scanRoc,
  stratifyByFinding,
  stratifyByScan,
} from "../src/index.js";
import { rules, type Submission, seeded, submissions } from "./arbitrary.js";
import { referenceEvaluation } from "./reference.js";

/** Wilcoxon by all pairs. */
const pairs = (winners: number[], others: number[]): number => {
  let sum = 0;
  for (const a of winners) for (const b of others) sum += a > b ? 1 : a === b ? 0.5 : 0;
  return sum / (winners.length * others.length);
};
const sameNumber = (actual: number, expected: number): void => {
  if (Number.isNaN(expected)) expect(actual).toBeNaN();
  else expect(actual).toBeCloseTo(expected, 12);
};
const of = (submission: Submission, scan: string): ReturnType<typeof referenceEvaluation> =>
  referenceEvaluation({ ...submission, scans: [scan] }, "exact", Number.POSITIVE_INFINITY);
const highest = (scores: number[]): number => Math.max(Number.NEGATIVE_INFINITY, ...scores);

test("the CPM is the mean sensitivity over its own rates, in any order", () => {
  fc.assert(
    fc.property(submissions, rules, (submission, rule) => {
      const { cpm, sensitivity } = evaluateFroc(submission, { rule });
      sameNumber(meanSensitivity(submission, cpmRates.toReversed(), { rule }), cpm);
      sameNumber(meanSensitivity(submission, [1], { rule }), sensitivity["1"]);
    }),
  );
  expect(meanSensitivity({ scans: ["a"], findings: [], candidates: [] }, [])).toBeNaN();
});

test("rates out of range are named", () => {
  const input: FrocInput = { scans: ["a"], findings: [], candidates: [] };
  expect(() => meanSensitivity(input, [-1])).toThrow("the rate -1");
  expect(() => meanSensitivity(input, [9], { horizon: 8 })).toThrow("beyond the horizon of 8");
  expect(() => precisionRecall(input, { horizon: 8 })).toThrow("horizon");
});

test("a rate that misses a whole count by rounding alone is that count", () => {
  // 0.29 · 100 = 28.999999999999996
  const scans = Array.from({ length: 100 }, (_, i) => `s${i}`);
  const input = {
    scans,
    findings: [{ scan: "s0", x: 0, y: 0, z: 0, diameterMm: 6 }],
    candidates: [
      ...scans.slice(0, 29).map((scan) => ({ scan, x: 50, y: 0, z: 0, probability: 0.9 })),
      { scan: "s0", x: 0, y: 0, z: 0, probability: 0.5 },
    ],
  };
  expect(meanSensitivity(input, [0.29], { rule: "exact" })).toBe(1);
  expect(meanSensitivity(input, [0.28], { rule: "exact" })).toBe(0);
});

test("AFROC area is the share of pairs that the finding wins", () => {
  fc.assert(
    fc.property(submissions, fc.constantFrom("withoutFindings" as const, "all" as const), (submission, scans) => {
      const ill = new Set(submission.findings.map((f) => f.scan));
      const winners = submission.scans.flatMap((scan) => {
        const { found, nodules } = of(submission, scan);
        return [...found, ...new Array(nodules - found.length).fill(Number.NEGATIVE_INFINITY)];
      });
      const others = submission.scans
        .filter((scan) => scans === "all" || !ill.has(scan))
        .map((scan) => highest(of(submission, scan).falsePositives));
      sameNumber(afrocArea(submission, { rule: "exact", scans }), pairs(winners, others));
    }),
  );
});

test("the ROC of scans is the share of pairs, and the area under its own curve", () => {
  fc.assert(
    fc.property(submissions, (submission) => {
      const ill = new Set(submission.findings.map((f) => f.scan));
      const score = (scan: string): number => {
        const { found, falsePositives } = of(submission, scan);
        return highest([...found, ...falsePositives]);
      };
      const winners = submission.scans.filter((scan) => ill.has(scan)).map(score);
      const others = submission.scans.filter((scan) => !ill.has(scan)).map(score);
      const roc = scanRoc(submission, { rule: "exact" });
      expect(roc).toMatchObject({ withFindings: winners.length, withoutFindings: others.length });
      sameNumber(roc.auc, pairs(winners, others));
      if (Number.isNaN(roc.auc)) return;
      let area = 0;
      for (const [i, point] of roc.curve.entries()) {
        const before = roc.curve[i - 1];
        if (before) area += ((point.falsePositiveRate - before.falsePositiveRate) * (point.truePositiveRate + before.truePositiveRate)) / 2;
      }
      sameNumber(area, roc.auc);
    }),
  );
});

test("precision and recall by counting at every threshold", () => {
  fc.assert(
    fc.property(submissions, (submission) => {
      const { found, falsePositives, nodules } = referenceEvaluation(submission, "exact", Number.POSITIVE_INFINITY);
      fc.pre(nodules > 0);
      const { curve, averagePrecision, envelopeAveragePrecision } = precisionRecall(submission, { rule: "exact" });
      let average = 0;
      let before = 0;
      for (const { threshold, precision, recall } of curve) {
        const t = found.filter((score) => score >= threshold).length;
        const f = falsePositives.filter((score) => score >= threshold).length;
        sameNumber(precision, t / (t + f));
        sameNumber(recall, t / nodules);
        average += (t / nodules - before) * (t / (t + f));
        before = t / nodules;
      }
      sameNumber(averagePrecision, average);
      expect(envelopeAveragePrecision).toBeGreaterThanOrEqual(averagePrecision - 1e-12);
      expect(envelopeAveragePrecision).toBeLessThanOrEqual(1 + 1e-12);
    }),
  );
});

describe("strata", () => {
  test("of scans are the evaluation of those scans alone", () => {
    fc.assert(
      fc.property(submissions, rules, (submission, rule) => {
        const fold = (scan: string): string => (scan < "c" ? "first" : "second");
        for (const { name, result } of stratifyByScan(submission, fold, { rule })) {
          const scans = submission.scans.filter((scan) => fold(scan) === name);
          const alone = evaluateFroc({ ...submission, scans }, { rule });
          expect({ ...result, unknownScans: [] }).toEqual({ ...alone, unknownScans: [] });
        }
      }),
    );
  });

  test("of findings add up, with the same false positives in each", () => {
    fc.assert(
      fc.property(submissions, rules, (submission, rule) => {
        const whole = evaluateFroc(submission, { rule });
        const strata = stratifyByFinding(submission, (finding) => `${finding.diameterMm} mm`, { rule });
        const sum = (of: (i: number) => number): number => strata.reduce((total, _, i) => total + of(i), 0);
        expect(sum((i) => strata[i]!.result.nodules)).toBe(whole.nodules);
        expect(sum((i) => strata[i]!.result.truePositives)).toBe(whole.truePositives);
        for (const { result } of strata) expect(result.falsePositives).toBe(whole.falsePositives);
      }),
    );
  });
});

describe("paired comparison", () => {
  const random = seeded(5);
  const scans = Array.from({ length: 60 }, (_, i) => `s${i}`);
  const findings = scans.map((scan) => ({ scan, x: 0, y: 0, z: 0, diameterMm: 8 }));
  const submission = (skill: number): FrocInput => ({
    scans,
    findings,
    candidates: scans.flatMap((scan) => [
      ...(random() < skill ? [{ scan, x: 0, y: 0, z: 0, probability: 0.5 + random() / 2 }] : []),
      ...Array.from({ length: 5 }, (_, i) => ({ scan, x: 40 + i, y: 0, z: 0, probability: random() * 0.8 })),
    ]),
  });
  const [weak, strong] = [submission(0.4), submission(0.95)];

  test("a clearly better submission is found to be", () => {
    const { cpm, samples } = compareFroc(weak, strong, { rule: "exact", samples: 500, random: seeded(1) });
    expect(samples).toBe(500);
    expect(cpm.difference).toBeCloseTo(cpm.b - cpm.a, 12);
    expect(cpm.lower).toBeGreaterThan(0);
    expect(cpm.pValue).toBeCloseTo(2 / 501, 12);
  });

  test("changing sides changes the sign alone", () => {
    const there = compareFroc(weak, strong, { rule: "exact", samples: 200, random: seeded(2) }).cpm;
    const back = compareFroc(strong, weak, { rule: "exact", samples: 200, random: seeded(2) }).cpm;
    expect(back.difference).toBeCloseTo(-there.difference, 12);
    expect(back.lower).toBeCloseTo(-there.upper, 12);
    expect(back.pValue).toBeCloseTo(there.pValue, 12);
  });

  test("a submission against itself: no difference, p 1, for inputs and matches alike", () => {
    const matches = matchFindings(weak);
    const { cpm, sensitivity } = compareFroc(weak, matches, { samples: 50, random: seeded(3) });
    expect(cpm).toMatchObject({ difference: 0, lower: 0, upper: 0, pValue: 1 });
    expect(sensitivity["8"].pValue).toBe(1);
  });

  test("other scans are refused", () => {
    expect(() => compareFroc(weak, { ...weak, scans: scans.slice(1) }, { samples: 5, random })).toThrow("different scans");
  });
});
