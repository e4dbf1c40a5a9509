import fc from "fast-check";
import { expect, test } from "vitest";
import { compareFroc, type FrocInput } from "../src/index.js";
import { rules, type Submission, seeded, submissions } from "./arbitrary.js";

/** Marks of other runs on the scans and findings of the first. */
const methods = fc.tuple(
  submissions,
  fc.array(submissions, { minLength: 1, maxLength: 3 }),
  fc.array(submissions, { minLength: 1, maxLength: 3 }),
);
const runsOf = (truth: Submission, others: readonly Submission[]): FrocInput[] =>
  others.map(({ candidates }) => ({ ...truth, candidates }));
const same = (actual: number, expected: number): void => {
  if (Number.isNaN(expected)) expect(actual).toBeNaN();
  else expect(actual).toBeCloseTo(expected, 12);
};

test("a method against itself differs by 0, in any order of its runs", () => {
  fc.assert(
    fc.property(methods, ([truth, one]) => {
      const runs = runsOf(truth, one);
      const { cpm } = compareFroc(runs, runs.toReversed(), { rule: "exact", samples: 20, random: seeded(1) });
      for (const value of [cpm.difference, cpm.lower, cpm.upper]) if (!Number.isNaN(value)) expect(value).toBeCloseTo(0, 12);
    }),
  );
});

test("the difference of two methods is the mean difference of all pairs of their runs, and the same call gives the same answer", () => {
  fc.assert(
    fc.property(methods, rules, ([truth, one, other], rule) => {
      const [a, b] = [runsOf(truth, one), runsOf(truth, other)];
      const compare = () => compareFroc(a, b, { rule, samples: 20, random: seeded(2) });
      const { cpm } = compare();
      expect(compare().cpm).toEqual(cpm);
      const pairs = a.flatMap((x) => b.map((y) => compareFroc(x, y, { rule, samples: 1, random: seeded(2) }).cpm.difference));
      same(cpm.difference, pairs.reduce((sum, value) => sum + value, 0) / pairs.length);
    }),
  );
});

test("a list of one is that one; a run listed twice counts as it does once", () => {
  fc.assert(
    fc.property(methods, rules, ([truth, one, other], rule) => {
      const [[a], [b]] = [runsOf(truth, one), runsOf(truth, other)] as [[FrocInput], [FrocInput]];
      const plain = compareFroc(a, b, { rule, samples: 20, random: seeded(3) });
      expect(compareFroc([a], [b], { rule, samples: 20, random: seeded(3) })).toEqual(plain);
      const twice = compareFroc([a, a], [b, b], { rule, samples: 20, random: seeded(3) }).cpm;
      for (const key of ["a", "b", "difference", "lower", "upper"] as const) same(twice[key], plain.cpm[key]);
    }),
  );
});

test("where every scan is drawn once the interval is the difference itself", () => {
  fc.assert(
    fc.property(methods, ([truth, one, other]) => {
      const all = truth.scans.map((_, i) => i);
      const { cpm } = compareFroc(runsOf(truth, one), runsOf(truth, other), { rule: "exact", resamples: [all, all.toReversed()] });
      same(cpm.lower, cpm.difference);
      same(cpm.upper, cpm.difference);
    }),
  );
});
