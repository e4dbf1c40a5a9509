import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { evaluationSteps, runLoop, summarizeErrors } from "../src/index.js";

const at = (errors: readonly number[]) => errors.map((error, i) => ({ step: 10 * (i + 1), error }));

describe("summarizeErrors", () => {
  test("reports the last, the first of the best, the mean and the median of the last evaluations", () => {
    // Twenty at the end: 1 … 20 with a mean and a median of 10.5. Two at the start that are no part of them.
    const errors = [0.5, 99, ...Array.from({ length: 20 }, (_, i) => ((7 * i) % 20) + 1)];
    expect(summarizeErrors(at(errors))).toEqual({ last: 14, best: 0.5, bestStep: 10, meanOfLast: 10.5, medianOfLast: 10.5 });
    expect(summarizeErrors(at([5, 3, 9, 3]), { last: 3 })).toEqual({ last: 3, best: 3, bestStep: 20, meanOfLast: 5, medianOfLast: 3 });
    expect(summarizeErrors(at([4, 2]), { last: 1 })).toEqual({ last: 2, best: 2, bestStep: 20, meanOfLast: 2, medianOfLast: 2 });
  });

  test("averages all where there are fewer", () => {
    expect(summarizeErrors(at([1, 2, 6]), { last: 50 })).toMatchObject({ meanOfLast: 3, medianOfLast: 2 });
  });

  test("is NaN without evaluations", () => {
    const nan = Number.NaN;
    expect(summarizeErrors([])).toEqual({ last: nan, best: nan, bestStep: nan, meanOfLast: nan, medianOfLast: nan });
  });

  test("shows a breakdown where it matters and never as the best", () => {
    const nan = Number.NaN;
    expect(summarizeErrors(at([nan, 4, 2, nan]), { last: 2 })).toEqual({
      last: nan,
      best: 2,
      bestStep: 30,
      meanOfLast: nan,
      medianOfLast: nan,
    });
    expect(summarizeErrors(at([nan, 4, 2]), { last: 2 })).toEqual({ last: 2, best: 2, bestStep: 30, meanOfLast: 3, medianOfLast: 3 });
    expect(summarizeErrors(at([nan, nan]))).toMatchObject({ best: nan, bestStep: nan });
  });

  test("has the best no worse than the last, the mean and the median", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 1 }), fc.integer({ min: 1, max: 30 }), (errors, last) => {
        const summary = summarizeErrors(at(errors), { last });
        for (const value of [summary.last, summary.meanOfLast, summary.medianOfLast]) expect(summary.best).toBeLessThanOrEqual(value);
        expect(errors[summary.bestStep / 10 - 1]).toBe(Math.min(...errors));
        expect(errors.slice(0, summary.bestStep / 10 - 1)).not.toContain(summary.best);
      }),
    );
  });

  test.each([0, -1, 1.5, Number.NaN])("refuses to average %d evaluations", (last) => {
    expect(() => summarizeErrors([], { last })).toThrow(new RangeError(`last must be an integer of at least 1, got ${last}`));
  });
});

const due = (options: Parameters<typeof evaluationSteps>[0]): number[] =>
  Array.from({ length: options.steps + 1 }, (_, done) => done).filter(evaluationSteps(options));

describe("evaluationSteps", () => {
  test("are those of FlexMatch's experiments", () => {
    const isDue = evaluationSteps({ steps: 2 ** 20, every: 5000, everyLate: 1000 });
    // 0.8·2²⁰ = 838,860.8
    expect([5000, 835_000, 836_000, 838_000, 839_000, 840_000, 841_000, 2 ** 20 - 1, 2 ** 20].map(isDue)).toEqual([
      true,
      true,
      false,
      false,
      true,
      true,
      true,
      false,
      true,
    ]);
  });

  test("always include the end, once, and never the start", () => {
    expect(due({ steps: 7, every: 3 })).toEqual([3, 6, 7]);
    expect(due({ steps: 6, every: 3 })).toEqual([3, 6]);
    expect(due({ steps: 3, every: 100 })).toEqual([3]);
    expect(due({ steps: 8, every: 4, everyLate: 1, lateFrom: 1 })).toEqual([4, 8]);
    expect(due({ steps: 4, every: 4, everyLate: 1, lateFrom: 0 })).toEqual([1, 2, 3, 4]);
  });

  test("say when a task of the loop runs", async () => {
    const seen: number[] = [];
    const steps = evaluationSteps({ steps: 25, every: 10, everyLate: 2 });
    await runLoop({ steps: 25, step: () => {}, every: [{ steps, atEnd: true, run: (done) => void seen.push(done) }] });
    expect(seen).toEqual([10, 20, 22, 24, 25]);
  });

  test.each([
    [{ steps: 0, every: 1 }, "steps must be an integer of at least 1, got 0"],
    [{ steps: 5, every: 0.5 }, "every must be an integer of at least 1, got 0.5"],
    [{ steps: 5, every: 1, everyLate: 0 }, "everyLate must be an integer of at least 1, got 0"],
    [{ steps: 5, every: 1, lateFrom: 80 }, "lateFrom must be a number in 0..1, got 80"],
    [{ steps: 5, every: 1, lateFrom: Number.NaN }, "lateFrom must be a number in 0..1, got NaN"],
  ])("refuse %j", (options, message) => {
    expect(() => evaluationSteps(options)).toThrow(new RangeError(message));
  });
});
