import fc from "fast-check";
import { expect, test } from "vitest";
import { bootstrapFroc, cpmRates, evaluateFroc, type FrocResult } from "../src/index.js";
import { caps, rules, seeded, submissions } from "./arbitrary.js";
import { referenceEvaluation } from "./reference.js";

const options = (rule: "official" | "exact", cap: number | undefined) => ({
  rule,
  ...(cap === undefined ? {} : { maxCandidatesPerScan: cap }),
});
const sensitivities = (result: FrocResult): number[] => cpmRates.map((rate) => result.sensitivity[String(rate) as "1"]);

test("agrees with the rules written out plainly", () => {
  fc.assert(
    fc.property(submissions, rules, caps, (submission, rule, cap) => {
      const expected = referenceEvaluation(submission, rule, cap ?? (rule === "official" ? 100 : Number.POSITIVE_INFINITY));
      const result = evaluateFroc(submission, options(rule, cap));
      expect(result).toMatchObject({
        scans: submission.scans.length,
        nodules: expected.nodules,
        truePositives: expected.found.length,
        missed: expected.nodules - expected.found.length,
        falsePositives: expected.falsePositives.length,
        ignored: expected.ignored,
        duplicates: expected.duplicates,
      });
      for (const [i, value] of expected.sensitivities(cpmRates).entries()) {
        const own = sensitivities(result)[i]!;
        if (expected.nodules === 0 || (rule === "official" && expected.found.length === 0)) expect(own).toBeNaN();
        else expect(Math.abs(own - value)).toBeLessThan(1e-12);
      }
    }),
    { numRuns: 500 },
  );
});

test("sensitivity never falls as false positives grow, and 0 ≤ CPM ≤ 1", () => {
  fc.assert(
    fc.property(submissions, rules, caps, (submission, rule, cap) => {
      const result = evaluateFroc(submission, options(rule, cap));
      for (const [i, point] of result.curve.entries()) {
        if (i === 0) continue;
        expect(point.falsePositivesPerScan).toBeGreaterThanOrEqual(result.curve[i - 1]!.falsePositivesPerScan);
        if (!Number.isNaN(point.sensitivity)) expect(point.sensitivity).toBeGreaterThanOrEqual(result.curve[i - 1]!.sensitivity);
        expect(point.threshold).toBeLessThan(result.curve[i - 1]!.threshold);
      }
      const values = sensitivities(result);
      for (let i = 1; i < values.length; i++) if (!Number.isNaN(values[i])) expect(values[i]!).toBeGreaterThanOrEqual(values[i - 1]!);
      if (!Number.isNaN(result.cpm)) {
        expect(result.cpm).toBeGreaterThanOrEqual(0);
        expect(result.cpm).toBeLessThanOrEqual(1 + 1e-15);
      }
    }),
  );
});

test("the order of rows does not matter", () => {
  fc.assert(
    fc.property(submissions, rules, caps, fc.integer(), (submission, rule, cap, seed) => {
      const random = seeded(seed);
      const shuffled = <T>(rows: T[]): T[] =>
        rows
          .map((row) => ({ row, key: random() }))
          .sort((p, q) => p.key - q.key)
          .map(({ row }) => row);
      const other = {
        scans: shuffled(submission.scans),
        findings: shuffled(submission.findings),
        excluded: shuffled(submission.excluded),
        candidates: shuffled(submission.candidates),
      };
      const unordered = (result: FrocResult): FrocResult => ({ ...result, unknownScans: result.unknownScans.toSorted() });
      expect(unordered(evaluateFroc(other, options(rule, cap)))).toEqual(unordered(evaluateFroc(submission, options(rule, cap))));
    }),
  );
});

test("a mark on an excluded finding changes nothing but the count of ignored marks", () => {
  fc.assert(
    fc.property(submissions, rules, fc.double({ min: 0, max: 1, noNaN: true }), (submission, rule, probability) => {
      // Far from everything else, so that the mark is on the excluded finding alone.
      const excluded = [...submission.excluded, { scan: "a", x: 500, y: 0, z: 0, diameterMm: -1 }];
      const before = evaluateFroc({ ...submission, excluded }, { rule });
      const candidates = [...submission.candidates, { scan: "a", x: 504, y: 0, z: 0, probability }];
      expect(evaluateFroc({ ...submission, excluded, candidates }, { rule })).toEqual({ ...before, ignored: before.ignored + 1 });
    }),
  );
});

test("perfect marks give 1", () => {
  fc.assert(
    fc.property(submissions, rules, (submission, rule) => {
      const findings = submission.findings.filter((finding) => submission.scans.includes(finding.scan));
      fc.pre(findings.length > 0);
      const candidates = findings.map(({ scan, x, y, z }, i) => ({ scan, x, y, z, probability: 1 - i / 100 }));
      expect(evaluateFroc({ ...submission, findings, candidates }, { rule }).cpm).toBe(1);
    }),
  );
});

test("another false positive never raises a sensitivity", () => {
  fc.assert(
    fc.property(submissions, fc.double({ min: 0, max: 1, noNaN: true }), (submission, probability) => {
      const before = sensitivities(evaluateFroc(submission, { rule: "exact" }));
      const candidates = [...submission.candidates, { scan: "b", x: 900, y: 0, z: 0, probability }];
      const after = sensitivities(evaluateFroc({ ...submission, candidates }, { rule: "exact" }));
      for (const [i, value] of after.entries()) if (!Number.isNaN(value)) expect(value).toBeLessThanOrEqual(before[i]!);
    }),
  );
});

test("a horizon changes no sensitivity up to it, resampled or not", () => {
  // One or two scans with many marks, so that most of them are beyond 8 false positives per scan.
  const crowded = submissions.chain((submission) =>
    fc.record({
      scans: fc.constantFrom(["a"], ["a", "b"]),
      findings: fc.constant(submission.findings),
      candidates: fc.array(
        fc.record({
          scan: fc.constantFrom("a", "b"),
          x: fc.integer({ min: -12, max: 12 }),
          y: fc.integer({ min: -12, max: 12 }),
          z: fc.constant(0),
          probability: fc.integer({ min: 0, max: 100 }),
        }),
        { minLength: 60, maxLength: 300 },
      ),
    }),
  );
  let pruned = 0;
  fc.assert(
    fc.property(crowded, rules, fc.integer(), (submission, rule, seed) => {
      const whole = evaluateFroc(submission, { rule });
      const cut = evaluateFroc(submission, { rule, horizon: 8 });
      if (cut.curve.length < whole.curve.length) pruned++;
      expect({ ...cut, curve: [] }).toEqual({ ...whole, curve: [] });
      const bootstrap = (extra: object) => bootstrapFroc(submission, { rule, samples: 20, random: seeded(seed), ...extra });
      expect(bootstrap({ horizon: 8 })).toEqual(bootstrap({}));
    }),
    { numRuns: 60 },
  );
  expect(pruned).toBeGreaterThan(10);
});

test("every scan drawn once is the submission itself", () => {
  fc.assert(
    fc.property(submissions, (submission) => {
      const { sensitivity, cpm } = evaluateFroc(submission, { rule: "exact" });
      const bootstrap = bootstrapFroc(submission, { rule: "exact", resamples: [submission.scans.map((_, i) => i)] });
      expect(bootstrap.mean).toEqual(sensitivity);
      if (Number.isNaN(cpm)) expect(bootstrap.cpm.mean).toBeNaN();
      else expect(bootstrap.cpm.mean).toBeCloseTo(cpm, 12);
    }),
  );
});

test("a sample is the submission of its drawn scans under new names", () => {
  fc.assert(
    fc.property(submissions, rules, fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 1, maxLength: 6 }), (submission, rule, drawn) => {
      fc.pre(drawn.length === submission.scans.length);
      const copies = <T extends { scan: string }>(rows: T[]): T[] =>
        drawn.flatMap((i, copy) => rows.filter((row) => row.scan === submission.scans[i]).map((row) => ({ ...row, scan: `copy-${copy}` })));
      const sample = {
        scans: drawn.map((_, copy) => `copy-${copy}`),
        findings: copies(submission.findings),
        excluded: copies(submission.excluded),
        candidates: copies(submission.candidates),
      };
      const { mean } = bootstrapFroc(submission, { rule, resamples: [drawn] });
      const expected = evaluateFroc(sample, { rule });
      // The official rule reads its band at grid places next to 1/4, 1/2, 2 and 4, so only the others are compared there.
      for (const rate of rule === "exact" ? (["0.125", "0.25", "0.5", "1", "2", "4", "8"] as const) : (["0.125", "1", "8"] as const)) {
        if (Number.isNaN(expected.sensitivity[rate])) expect(mean[rate]).toBeNaN();
        else expect(mean[rate]).toBeCloseTo(expected.sensitivity[rate], 6);
      }
    }),
  );
});
