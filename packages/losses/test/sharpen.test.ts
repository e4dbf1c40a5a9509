import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { expect, it } from "vitest";
import { sharpen, sharpenBinary } from "../src/index.js";
import fixture from "./fixtures/sharpen.json" with { type: "json" };
import binary from "./fixtures/sharpen_binary.json" with { type: "json" };
import { expectClose, onEachBackend, take, valueAndGradient } from "./helpers.js";

const entropy = (p: readonly number[]): number => -p.reduce((sum, x) => sum + (x > 0 ? x * Math.log(x) : 0), 0);
const sharpened = (p: number[], temperature: number): number[] => take(tf.tidy(() => sharpen(tf.tensor1d(p), temperature)));
const weights = fc
  .array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 6 })
  .map((values) => values.map(Math.fround))
  .filter((values) => values.some((v) => v > 1e-3));
const distributions = weights.map((values) => values.map((v) => v / values.reduce((a, b) => a + b, 0)));
const temperatures = fc.double({ min: 0.01, max: 4, noNaN: true });

onEachBackend(() => {
  it.each(fixture.cases)("agrees with torch at T $T", ({ T, probs, softmax_logits_over_T, p_pow_1_over_T_normalised }) => {
    const actual = take(tf.tidy(() => sharpen(tf.tensor2d(probs), T)));
    expectClose(actual, p_pow_1_over_T_normalised.flat(), 1e-6);
    expectClose(actual, softmax_logits_over_T.flat(), 2e-6);
  });

  it.each(Object.entries(binary.sharpened_by_T))("sharpens yes against no at T %s", (temperature, expected) => {
    expectClose(take(tf.tidy(() => sharpenBinary(tf.tensor1d(binary.p), Number(temperature)))), expected, 1e-6, 1e-5);
  });

  it("stays a distribution, keeps the order of the classes, is the identity at T = 1", () => {
    fc.assert(
      fc.property(distributions, temperatures, (p, temperature) => {
        const q = sharpened(p, temperature);
        expectClose([q.reduce((a, b) => a + b, 0)], [1], 1e-5);
        for (const [i, a] of p.entries()) {
          expect(q[i]).toBeGreaterThanOrEqual(0);
          for (const [j, b] of p.entries()) if (a < b) expect(q[i]!).toBeLessThanOrEqual(q[j]! + 1e-7);
        }
        expectClose(sharpened(p, 1), p, 1e-6);
        // Far below that, entropy is rounding.
        if (temperature < 1) expect(entropy(q)).toBeLessThanOrEqual(entropy(p) + 1e-5);
      }),
    );
  });

  it("sharpens (y, 1 − y) as sharpenBinary sharpens y", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 64 }), temperatures, (n, temperature) => {
        const y = n / 64;
        const [yes] = take(tf.tidy(() => sharpenBinary(tf.tensor1d([y]), temperature)));
        expectClose([yes!], [sharpened([y, 1 - y], temperature)[0]!], 1e-5);
      }),
    );
  });

  it("does not underflow at low temperatures, and clips what rounding put outside of 0..1", () => {
    expectClose(take(tf.tidy(() => sharpenBinary(tf.tensor1d([0.5, 0.49, 1.0000001, -1e-7]), 1e-4))), [0.5, 0, 1, 0], 1e-7);
    expectClose(sharpened([0.25, 0.25, 0.5], 1e-4), [0, 0, 1], 1e-7);
    expect(sharpened([0, 0], 0.5)).toEqual([Number.NaN, Number.NaN]);
  });

  it("has the gradient of finite differences", () => {
    const soft = tf.tidy(() => valueAndGradient((p) => tf.square(sharpenBinary(p, 0.5)), tf.tensor1d([0.1, 0.6])));
    const f = (y: number): number => (y ** 2 / (y ** 2 + (1 - y) ** 2)) ** 2;
    expectClose(
      soft.gradient,
      [0.1, 0.6].map((y) => (f(y + 1e-6) - f(y - 1e-6)) / 2e-6),
      1e-4,
    );
  });

  it("names what is wrong with its arguments", () => {
    expect(() => tf.tidy(() => sharpen(tf.scalar(1), 0))).toThrow(new RangeError("temperature is 0; expected a finite number above 0"));
    expect(() => tf.tidy(() => sharpen(tf.scalar(1), 1))).toThrow(/scalar/);
    expect(() => tf.tidy(() => sharpenBinary(tf.scalar(1), Number.NaN))).toThrow(RangeError);
  });
});
