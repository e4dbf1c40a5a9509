import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { differences, distance, numbers } from "../../../test/double.js";
import { paired, startEngine, withEngine } from "./support/engine.js";
import { type FocalCase, focalDouble } from "./support/focal-double.js";

const focal = (targets: tf.Tensor, logits: tf.Tensor, c: FocalCase): [tf.Tensor, tf.Tensor] =>
  tf.engine().runKernel("GleanerSoftTargetFocalLoss", { targets, logits }, { ...c }) as unknown as [tf.Tensor, tf.Tensor];

const usual: FocalCase = { alpha0: 0.75, alpha1: 0.25, gamma: 2, softAlpha: true, softBeta: true };
const cases: FocalCase[] = [
  usual,
  { ...usual, softAlpha: false },
  { ...usual, softBeta: false },
  { ...usual, softAlpha: false, softBeta: false },
  { ...usual, gamma: 1.5 },
  { ...usual, gamma: 3.7, softBeta: false },
  { ...usual, gamma: 0 },
  { ...usual, gamma: 1 },
  { ...usual, alpha0: 1, alpha1: 1 },
];

describe.runIf(paired)(withEngine("soft-target focal loss"), () => {
  beforeAll(startEngine);

  // 23² elements: more than one chunk and no multiple of a vector; logits to ±11, targets at 0, at 1 and between.
  const logits = numbers(529, 1).map((v) => 11 * v);
  const targets = numbers(529, 2).map((v, i) => (i % 3 === 0 ? Math.round(Math.abs(v)) : Math.abs(v)));

  test.each(cases)("value, slope and gradient agree with double precision: %o", (c) => {
    const [y, x, w] = [tf.tensor2d(targets, [23, 23]), tf.tensor2d(logits, [23, 23]), numbers(529, 3)];
    const [value, slope] = focal(y, x, c);
    expect([value.shape, slope.shape]).toEqual([
      [23, 23],
      [23, 23],
    ]);
    const expected = Array.from(logits, (logit, i) => focalDouble(targets[i]!, logit, c));
    for (const [i, v] of value.dataSync().entries()) expect(Math.abs(v - expected[i]!)).toBeLessThan(1e-7 + 4e-6 * expected[i]!);
    const inputs = tf.tensor2d(w, [23, 23]);
    const gradient = tf
      .grad((t) => tf.sum(tf.mul(focal(y, t, c)[0], inputs)))(x)
      .dataSync();
    const slopes = slope.dataSync();
    const finite = Array.from(logits, (logit, i) => differences(([v]) => focalDouble(targets[i]!, v!, c), [logit])[0]!);
    expect(distance(slopes, finite)).toBeLessThan(3e-6);
    expect(
      distance(
        gradient,
        slopes.map((s, i) => s * w[i]!),
      ),
    ).toBeLessThan(1e-7);
  });

  test.each(cases)("stays finite and keeps its digits at logits of ±100 and between: %o", (c) => {
    const far = [-100, -88, -87, -60, -30, -20, 20, 30, 60, 87, 88, 100];
    for (const y of [0, 0.3, 0.5, 1]) {
      const [value, slope] = focal(tf.fill([far.length], y), tf.tensor1d(far), c).map((t) => t.dataSync());
      for (const [i, logit] of far.entries()) {
        const expected = focalDouble(y, logit, c);
        // Below 1e-37 float32 has no full digits, and 0 is given.
        expect(Math.abs(value![i]! - expected)).toBeLessThan(1e-37 + 3e-6 * expected);
        expect(Number.isFinite(slope![i]!)).toBe(true);
      }
    }
  });

  test("is 0 with slope 0 where the probability is the target, and NaN only where an input is", () => {
    const [value, slope] = focal(tf.tensor1d([0.5, Number.NaN, 0, 1]), tf.tensor1d([0, 1, Number.NaN, 2]), usual).map((t) => t.dataSync());
    expect([value![0], slope![0]]).toEqual([0, 0]);
    expect(Array.from(value!, Number.isNaN)).toEqual([false, true, true, false]);
    expect(Array.from(slope!, Number.isNaN)).toEqual([false, true, true, false]);
  });

  test("many elements give the same bits at every run", () => {
    const size = 300_001;
    const x = tf.tensor1d(numbers(size, 5).map((v) => 100 * v));
    const y = tf.tensor1d(numbers(size, 6).map(Math.abs));
    const run = (): Float32Array[] => focal(y, x, usual).map((t) => t.dataSync() as Float32Array);
    expect(run()).toEqual(run());
  });

  test("an empty input has an empty answer, and shapes that differ are refused", () => {
    expect(focal(tf.tensor1d([]), tf.tensor1d([]), usual).map(({ size }) => size)).toEqual([0, 0]);
    expect(() => focal(tf.ones([2]), tf.ones([3]), usual)).toThrow("targets and logits do not have the same shape");
  });
});
