import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { accuracyLine } from "../src/report/classification-figures.js";
import { secondsOf } from "../src/report/classifier-errors.js";
import { confusedPairs } from "../src/report/confusion-table.js";
import { hardestFirst, shownClasses } from "../src/report/curriculum-figures.js";
import { firstConfident } from "../src/report/curriculum-words.js";
import { thinned } from "../src/report/plots.js";
import { accuracyFall, inTenths } from "../src/report/pseudo-label-words.js";
import type { ClassifierSummary, RateStep } from "../src/report/summarize-classifier.js";
import { listed } from "../src/report/words.js";

const rateStep = (step: number, changes: Partial<RateStep> = {}): RateStep => ({
  step,
  maskRate: 0.5,
  confidentRate: 0.5,
  pseudoLabelAccuracy: 1,
  seconds: 1,
  ...changes,
});
/** A run as far as these functions look at it. */
const run = (parts: Partial<ClassifierSummary>): ClassifierSummary => parts as ClassifierSummary;
const withClasses = (learningEffects: number[], thresholds: number[]): ClassifierSummary =>
  run({
    split: { classes: thresholds.length } as ClassifierSummary["split"],
    curricula: [{ step: 1, learningEffects, thresholds }],
  });

describe("thinned", () => {
  test("keeps the order, the last one and no more than asked for", () => {
    const sizes = { values: fc.nat(2000), most: fc.integer({ min: 1, max: 300 }) };
    fc.assert(
      fc.property(fc.record(sizes), ({ values: n, most }) => {
        const values = Array.from({ length: n }, (_, i) => i);
        const kept = thinned(values, most);
        expect(kept.length).toBeLessThanOrEqual(most);
        expect(kept.length).toBeGreaterThanOrEqual(Math.min(n, Math.ceil(most / 2)));
        expect(kept.at(-1)).toBe(values.at(-1));
        expect(kept.every((value, i) => i === 0 || value > kept[i - 1]!)).toBe(true);
      }),
    );
  });

  test("changes no short list", () => {
    expect(thinned([3, 1, 2], 3)).toEqual([3, 1, 2]);
    expect(thinned([], 3)).toEqual([]);
    expect(thinned([1, 2, 3, 4, 5], 2)).toEqual([2, 5]);
  });
});

describe("accuracyLine", () => {
  test("weighs stretches by how many pseudo-labels they had", () => {
    const few = rateStep(1, { maskRate: 0.1, pseudoLabelAccuracy: 0 });
    const many = rateStep(2, { maskRate: 0.9, pseudoLabelAccuracy: 1 });
    const [point, ...more] = accuracyLine([few, many], 2);
    expect(point!.x).toBe(2);
    expect(point!.y).toBeCloseTo(90, 12);
    expect(more).toEqual([]);
  });

  test("leaves out steps without pseudo-labels", () => {
    const nothing = rateStep(2, { maskRate: 0, pseudoLabelAccuracy: Number.NaN });
    expect(accuracyLine([rateStep(1), nothing, rateStep(3)], 1)).toEqual([
      { x: 1, y: 100 },
      { x: 3, y: 100 },
    ]);
    expect(accuracyLine([nothing], 1)).toEqual([]);
  });
});

describe("inTenths", () => {
  test("covers every step once, in order", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 50 }), (n, every) => {
        const tenths = inTenths(Array.from({ length: n }, (_, i) => rateStep((i + 1) * every)));
        expect(tenths).toHaveLength(Math.min(10, n));
        expect(tenths[0]!.from).toBe(1);
        expect(tenths.at(-1)!.to).toBe(n * every);
        for (let i = 1; i < tenths.length; i++) expect(tenths[i]!.from).toBe(tenths[i - 1]!.to + 1);
      }),
    );
  });

  test("means, each accuracy by its share; NaN where nothing is known", () => {
    const [one] = inTenths([rateStep(1, { maskRate: 0.2, confidentRate: 0.4, pseudoLabelAccuracy: 0.5 })]);
    expect(one).toEqual({ from: 1, to: 1, maskRate: 0.2, confidentRate: 0.4, accuracy: 0.5 });
    const [supervised] = inTenths([rateStep(1, { maskRate: Number.NaN, confidentRate: Number.NaN, pseudoLabelAccuracy: Number.NaN })]);
    expect(supervised!.maskRate).toBeNaN();
    expect(supervised!.accuracy).toBeNaN();
    expect(inTenths([])).toEqual([]);
  });
});

describe("accuracyFall", () => {
  const tenth = (accuracy: number, maskRate = 0.5) => ({ from: 1, to: 2, maskRate, confidentRate: 0.5, accuracy });

  test("needs five points, and enough images at both ends", () => {
    expect(accuracyFall([tenth(0.9), tenth(0.7), tenth(0.84)])?.best.accuracy).toBe(0.9);
    expect(accuracyFall([tenth(0.9), tenth(0.845)])?.best.accuracy).toBe(0.9);
    expect(accuracyFall([tenth(0.9), tenth(0.855)])).toBeUndefined();
    expect(accuracyFall([tenth(0.9, 0.01), tenth(0.7)])).toBeUndefined();
    expect(accuracyFall([tenth(0.9), tenth(0.7, 0.01)])).toBeUndefined();
    expect(accuracyFall([tenth(0.9), tenth(Number.NaN)])).toBeUndefined();
    expect(accuracyFall([])).toBeUndefined();
  });
});

describe("the hardest classes", () => {
  test("lowest threshold first, then the fewest images, then the order of classes", () => {
    expect(hardestFirst(withClasses([5, 1, 2, 2], [0.9, 0.1, 0.1, 0.1]))).toEqual([1, 2, 3, 0]);
  });

  test("all of twelve have lines in their own order, five of thirteen the hardest first", () => {
    const falling = (n: number) => Array.from({ length: n }, (_, c) => (n - c) / 20);
    expect(shownClasses(withClasses(new Array(12).fill(0), falling(12)))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    expect(shownClasses(withClasses(new Array(13).fill(0), falling(13)))).toEqual([12, 11, 10, 9, 8]);
  });

  test("the step at which a class first had an image, though it may lose it again", () => {
    const curricula = [
      { step: 5, learningEffects: [0, 1, 0], thresholds: [0, 0, 0] },
      { step: 9, learningEffects: [2, 0, 0], thresholds: [0, 0, 0] },
    ];
    expect(firstConfident(curricula, 3)).toEqual([9, 5, Number.POSITIVE_INFINITY]);
  });
});

describe("confusedPairs", () => {
  test("has every image that is off the diagonal, the most first", () => {
    const matrix = fc.integer({ min: 1, max: 6 }).chain((n) => {
      const row = fc.array(fc.nat(20), { minLength: n, maxLength: n });
      return fc.array(row, { minLength: n, maxLength: n });
    });
    fc.assert(
      fc.property(matrix, (confusion) => {
        const pairs = confusedPairs(confusion);
        const off = confusion.flatMap((row, t) => row.filter((_, p) => p !== t)).reduce((a, b) => a + b, 0);
        expect(pairs.reduce((sum, { images }) => sum + images, 0)).toBe(off);
        for (const { truth, taken, images, share } of pairs) {
          expect(confusion[truth]![taken]).toBe(images);
          expect(share).toBeGreaterThan(0);
          expect(share).toBeLessThanOrEqual(1);
        }
        expect(pairs.every(({ images }, i) => i === 0 || images <= pairs[i - 1]!.images)).toBe(true);
      }),
    );
  });
});

test("secondsOf counts the steps of a stretch by their mean", () => {
  expect(secondsOf(run({ steps: [rateStep(1, { seconds: 3 }), rateStep(11, { seconds: 0.5 })] }))).toBe(8);
  expect(secondsOf(run({ steps: [] }))).toBe(0);
});

test("listed", () => {
  expect([listed([]), listed(["a"]), listed(["a", "b"]), listed(["a", "b", "c"])]).toEqual(["", "a", "a and b", "a, b and c"]);
});
