import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { drawMixPlan, drawMixUpLambda, mixBatch, mixUp } from "../src/index.js";
import { anyRandom, expectClose, onEachBackend, seeded } from "./helpers.js";

const unit = fc.double({ min: 0, max: 1, noNaN: true });
const pairs = fc.array(fc.tuple(unit, unit), { minLength: 1, maxLength: 8 });

onEachBackend(() => {
  it("stays in [0, 1], keeps sums, and is the identity at λ = 1", () => {
    fc.assert(
      fc.property(pairs, unit, (values, lambda) => {
        tf.tidy(() => {
          const a = tf.tensor1d(values.map(([x]) => x));
          const b = tf.tensor1d(values.map(([, x]) => x));
          const mixed = mixUp(a, b, lambda).dataSync();
          for (const [i, value] of mixed.entries()) {
            expect(value).toBeGreaterThanOrEqual(0);
            expect(value).toBeLessThanOrEqual(1);
            expectClose([value], [lambda * values[i]![0] + (1 - lambda) * values[i]![1]], 1e-6);
          }
          expect(mixUp(a, b, 1).arraySync()).toEqual(a.arraySync());
          expect(mixUp(a, b, 0).arraySync()).toEqual(b.arraySync());
        });
      }),
    );
  });

  it("keeps distributions, and its gradient is the weights", () => {
    tf.tidy(() => {
      const a = tf.tensor2d([[0.2, 0.8]]);
      const b = tf.tensor2d([[1, 0]]);
      expectClose(tf.sum(mixUp(a, b, 0.3), 1).dataSync(), [1], 1e-6);
      const [toA, toB] = tf.grads((x: tf.Tensor, y: tf.Tensor) => tf.sum(mixUp(x, y, 0.75)))([a, b]);
      expect([toA!.arraySync(), toB!.arraySync()]).toEqual([[[0.75, 0.75]], [[0.25, 0.25]]]);
    });
  });

  it("gives a new tensor at λ = 1, and ignores what b holds there", () => {
    const a = tf.tensor1d([1]);
    const b = tf.tensor1d([Number.NaN]);
    const mixed = mixUp(a, b, 1);
    a.dispose();
    expect(mixed.arraySync()).toEqual([1]);
    tf.dispose([b, mixed]);
  });

  it("mixes images and targets of a batch alike, as mixUp does one by one", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), anyRandom, (count, random) => {
        tf.tidy(() => {
          const images = tf.reshape(tf.range(0, count * 6), [count, 1, 2, 1, 3]);
          const targets = tf.tensor2d(Array.from({ length: count }, () => [random(), random()]));
          const plan = drawMixPlan(count, 0.75, random);
          const mixed = mixBatch({ images, targets }, plan);
          expect(mixed.images.shape).toEqual(images.shape);
          for (let i = 0; i < count; i++) {
            for (const name of ["images", "targets"] as const) {
              const of = (t: tf.Tensor, k: number): tf.Tensor => tf.gather(t, [k]);
              const from = { images, targets }[name];
              const expected = mixUp(of(from, i), of(from, plan.partners[i]!), plan.lambdas[i]!);
              expectClose(of(mixed[name], i).dataSync(), expected.dataSync(), 1e-5);
            }
          }
        });
      }),
      { numRuns: 30 },
    );
  });

  it("names what is wrong with its arguments", () => {
    tf.tidy(() => {
      const one = tf.ones([1]);
      expect(() => mixUp(one, one, 1.5)).toThrow(new RangeError("lambda is 1.5; expected a number in 0..1"));
      expect(() => mixUp(one, one, Number.NaN)).toThrow(RangeError);
      expect(() => mixUp(one, tf.ones([1, 1]) as unknown as typeof one, 0.5)).toThrow(/b is \[1,1\]/);
      expect(() => mixBatch({ x: one }, { lambdas: [1], partners: [1] })).toThrow(/partners\[0\] is 1/);
      expect(() => mixBatch({ x: one }, { lambdas: [2], partners: [0] })).toThrow(/lambdas\[0\] is 2/);
      expect(() => mixBatch({ x: one }, { lambdas: [1], partners: [] })).toThrow(/partners has 0/);
      expect(() => mixBatch({ x: one }, { lambdas: [1, 1], partners: [0, 1] })).toThrow(/x is \[1\]/);
    });
  });
});

describe("drawMixUpLambda", () => {
  it("is in ½..1 for every α, and 1 for α = 0", () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.double({ min: 1e-6, max: 2, noNaN: true }), fc.constantFrom(1e-12, 1e-3, 1, 1e3, 1e9)),
        anyRandom,
        (alpha, random) => {
          const lambda = drawMixUpLambda(alpha, random);
          expect(lambda).toBeGreaterThanOrEqual(0.5);
          expect(lambda).toBeLessThanOrEqual(1);
        },
      ),
      { numRuns: 500 },
    );
    expect(drawMixUpLambda(0, seeded(1))).toBe(1);
    expect(drawMixUpLambda(0.75, () => 0)).toBe(0.5);
  });

  it.each([0.1, 0.2, 0.75, 1, 2, 10])("has Beta's variance at α = %d", (alpha) => {
    // (λ̃ − ½)² = (λ − ½)², whose mean is the variance of Beta(α, α), 1/(4(2α + 1)); its fourth central moment is 3/(16(2α + 1)(2α + 3)).
    const random = seeded(Math.round(alpha * 1000));
    const count = 40000;
    let second = 0;
    let fourth = 0;
    for (let i = 0; i < count; i++) {
      const square = (drawMixUpLambda(alpha, random) - 0.5) ** 2;
      second += square / count;
      fourth += square ** 2 / count;
    }
    const variance = 1 / (4 * (2 * alpha + 1));
    const kurtic = 3 / (16 * (2 * alpha + 1) * (2 * alpha + 3));
    expectClose([second], [variance], 5 * Math.sqrt((kurtic - variance ** 2) / count));
    expectClose([fourth], [kurtic], 0, 0.05);
  });

  it("tends to 1 for small α and to ½ for large", () => {
    const random = seeded(7);
    const mean = (alpha: number): number => Array.from({ length: 500 }, () => drawMixUpLambda(alpha, random)).reduce((a, b) => a + b) / 500;
    expect(mean(1e-4)).toBeGreaterThan(0.999);
    expect(mean(1e6)).toBeLessThan(0.501);
  });

  it("refuses α below 0 and a random that is stuck", () => {
    expect(() => drawMixUpLambda(-1, Math.random)).toThrow(new RangeError("alpha is -1; expected a finite number of at least 0"));
    expect(() => drawMixUpLambda(Number.NaN, Math.random)).toThrow(RangeError);
    expect(() => drawMixUpLambda(1, () => 1 - 2 ** -53)).not.toThrow();
    expect(() => drawMixUpLambda(1, () => Number.NaN)).toThrow(/random is stuck/);
    expect(() => drawMixPlan(1.5, 1, Math.random)).toThrow(/count is 1.5/);
  });

  it("plans with partners that are an order of the batch", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 12 }), anyRandom, (count, random) => {
        const { partners, lambdas } = drawMixPlan(count, 0.5, random);
        expect(Array.from(partners).sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => i));
        expect(lambdas.length).toBe(count);
      }),
    );
  });
});
