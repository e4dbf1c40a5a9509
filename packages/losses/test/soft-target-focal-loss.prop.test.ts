import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { expect, it } from "vitest";
import { softTargetFocalLoss } from "../src/index.js";
import { expectClose, onEachBackend, valueAndGradient } from "./helpers.js";

const real = (min: number, max: number) => fc.double({ min, max, noNaN: true }).map(Math.fround);
const settings = fc.record({
  alpha: fc.tuple(real(0, 1), real(0, 1)),
  gamma: fc.constantFrom<number>(0, 0.5, 1, 1.5, 2, 3, 5),
  softAlpha: fc.boolean(),
  softBeta: fc.boolean(),
});
type Settings = typeof settings extends fc.Arbitrary<infer T> ? T : never;

/** The formula as the doc comment has it, in float64. */
function reference(y: number, x: number, { alpha, gamma, softAlpha, softBeta }: Settings): number {
  const p = 1 / (1 + Math.exp(-x));
  const label = y >= 0.5 ? 1 : 0;
  const crossEntropy = y * Math.log1p(Math.exp(-x)) + (1 - y) * Math.log1p(Math.exp(x));
  return (alpha[0] + (softAlpha ? y : label) * (alpha[1] - alpha[0])) * Math.abs((softBeta ? y : label) - p) ** gamma * crossEntropy;
}

function run(y: number, x: number, options: Settings): { value: number; gradient: number } {
  return tf.tidy(() => {
    const target = tf.tensor1d([y]);
    const { value, gradient } = valueAndGradient((t) => softTargetFocalLoss(target, t, options), tf.tensor1d([x]));
    return { value: value[0]!, gradient: gradient[0]! };
  });
}

onEachBackend(() => {
  it("is the formula, and its gradient agrees with finite differences", () => {
    fc.assert(
      fc.property(real(0, 1), real(-10, 10), settings, (y, x, options) => {
        // |y − p|^γ has a kink or a pole at p = y for γ ≤ 1: no derivative to compare with there.
        fc.pre(Math.abs((options.softBeta ? y : y >= 0.5 ? 1 : 0) - 1 / (1 + Math.exp(-x))) > 2e-3);
        const { value, gradient } = run(y, x, options);
        const h = 1e-4;
        expectClose([value], [reference(y, x, options)], 2e-6, 1e-4);
        expectClose([gradient], [(reference(y, x + h, options) - reference(y, x - h, options)) / (2 * h)], 2e-5, 1e-3);
      }),
    );
  });

  it("is never negative and finite at logits of ±100, value and gradient", () => {
    fc.assert(
      fc.property(real(0, 1), fc.oneof(real(-100, 100), fc.constantFrom(-100, 0, 100)), settings, (y, x, options) => {
        const { value, gradient } = run(y, x, options);
        expect(value).toBeGreaterThanOrEqual(0);
        expect(Number.isFinite(value) && Number.isFinite(gradient)).toBe(true);
      }),
    );
  });

  it("is 0 at p = y, and for γ > 1 so is its gradient", () => {
    fc.assert(
      fc.property(real(-8, 8), settings, (x, options) => {
        const y = Math.fround(1 / (1 + Math.exp(-x)));
        const { value, gradient } = run(y, x, { ...options, gamma: 1 + options.gamma, softBeta: true });
        // At γ = 1 only the value; float32 leaves |y − p| of about 1e-7.
        expect(value).toBeLessThan(1e-6);
        if (options.gamma > 0) expect(Math.abs(gradient)).toBeLessThan(options.gamma < 1 ? 1e-3 : 1e-6);
      }),
    );
  });

  it("is symmetric under exchange of the two classes", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 8 }), real(-20, 20), settings, (eighths, x, options) => {
        fc.pre(eighths !== 4);
        const a = run(eighths / 8, x, options);
        const b = run(1 - eighths / 8, -x, { ...options, alpha: [options.alpha[1], options.alpha[0]] });
        expectClose([b.value, -b.gradient], [a.value, a.gradient], 5e-6, 1e-5);
      }),
    );
  });
});
