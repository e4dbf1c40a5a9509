import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cosineSchedule, fixMatchSchedule, linearRamp, linearWarmUp } from "../src/index.js";

const fixture: { cases: { total: number; warmup: number; base_lr: number; steps: number[]; lr: number[] }[] } = JSON.parse(
  readFileSync(new URL("./fixtures/cosine_lr.json", import.meta.url), "utf8"),
);

test.each(fixture.cases)(
  "FixMatch's schedule agrees with TorchSSL and USB: $total steps, $warmup of them warm-up",
  ({ total, warmup, base_lr, steps, lr }) => {
    const factor = linearWarmUp({ steps: warmup, after: fixMatchSchedule({ steps: total - warmup }) });
    for (const [i, step] of steps.entries()) expect(base_lr * factor(step)).toBeCloseTo(lr[i]!, 12);
  },
);

describe("properties", () => {
  const length = fc.integer({ min: 1, max: 10_000 });
  test("decaying schedules start at 1, never rise, and end where they say", () => {
    fc.assert(
      fc.property(length, fc.array(fc.integer({ min: -10, max: 20_000 }), { minLength: 2, maxLength: 20 }), (steps, at) => {
        for (const [schedule, end] of [
          [cosineSchedule({ steps }), 0],
          [fixMatchSchedule({ steps }), Math.cos((7 * Math.PI) / 16)],
        ] as const) {
          expect(schedule(0)).toBe(1);
          expect(schedule(steps)).toBeCloseTo(end, 12);
          const values = [...at].sort((a, b) => a - b).map(schedule);
          for (const [i, value] of values.entries()) {
            expect(value).toBeGreaterThanOrEqual(end - 1e-12);
            if (i > 0) expect(value).toBeLessThanOrEqual(values[i - 1]! + 1e-12);
          }
        }
      }),
    );
  });

  test("a ramp stays between its ends", () => {
    fc.assert(
      fc.property(
        length,
        fc.double({ min: -5, max: 5, noNaN: true }),
        fc.double({ min: -5, max: 5, noNaN: true }),
        fc.integer(),
        (steps, low, high, at) => {
          const value = linearRamp({ steps, low, high })(at);
          expect(value).toBeGreaterThanOrEqual(Math.min(low, high) - 1e-9);
          expect(value).toBeLessThanOrEqual(Math.max(low, high) + 1e-9);
        },
      ),
    );
  });
});

test("edges: no warm-up, a warm-up alone, a decreasing ramp", () => {
  expect([0, 1].map(linearWarmUp({ steps: 0 }))).toEqual([1, 1]);
  expect([0, 1, 2, 9].map(linearWarmUp({ steps: 2 }))).toEqual([0, 0.5, 1, 1]);
  expect([0, 5, 99].map(linearRamp({ steps: 10, low: 1, high: 0.5 }))).toEqual([1, 0.75, 0.5]);
});

test("lengths that are none are refused", () => {
  for (const steps of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
    for (const make of [cosineSchedule, fixMatchSchedule, linearRamp]) expect(() => make({ steps })).toThrow(RangeError);
  }
  expect(() => linearWarmUp({ steps: -1 })).toThrow(RangeError);
});
