import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { type SoftTargetFocalLossOptions, softTargetFocalLoss } from "../src/index.js";
import sigmoidFocal from "./fixtures/sigmoid_focal.json" with { type: "json" };
import softTargetFocal from "./fixtures/soft_target_focal.json" with { type: "json" };
import { expectClose, onEachBackend, valueAndGradient } from "./helpers.js";

function run(targets: number[], logits: number[], options?: SoftTargetFocalLossOptions) {
  return tf.tidy(() => {
    const y = tf.tensor1d(targets);
    return valueAndGradient((x) => softTargetFocalLoss(y, x, options), tf.tensor1d(logits));
  });
}

onEachBackend(() => {
  it.each(softTargetFocal.cases)("agrees with float64 autograd at α0 $alpha0, α1 $alpha1, γ $gamma", ({ alpha0, alpha1, gamma, rows }) => {
    for (const row of rows) {
      const { value, gradient } = run(new Array(11).fill(row.target), softTargetFocal.logits, { alpha: [alpha0, alpha1], gamma });
      // 1e-8 covers |y − p| of soft targets, which float32 resolves to 6e-8; hard targets lose nothing.
      const hard = row.target === 0 || row.target === 1;
      expectClose(value, row.loss, hard ? 1e-30 : 1e-7, 4e-6);
      expectClose(gradient, row.grad, hard ? 1e-30 : 2e-7, 4e-6);
    }
  });

  it.each(sigmoidFocal.cases)("is MONAI's sigmoid focal loss at hard targets, α $alpha, γ $gamma", ({ alpha, gamma, hard }) => {
    for (const row of hard) {
      const options: SoftTargetFocalLossOptions = { alpha: alpha === null ? [1, 1] : [1 - alpha, alpha], gamma };
      for (const softAlpha of [true, false]) {
        for (const softBeta of [true, false]) {
          const { value, gradient } = run(new Array(11).fill(row.target), sigmoidFocal.logits, { ...options, softAlpha, softBeta });
          expectClose(value, row.loss, 1e-30, 4e-6);
          expectClose(gradient, row.grad, 1e-30, 4e-6);
        }
      }
    }
  });

  it("stays finite and exact at logits of ±100", () => {
    const { value, gradient } = run([0, 1, 0, 1, 0.3, 0.3], [100, 100, -100, -100, 100, -100], { alpha: [0.25, 0.75], gamma: 2 });
    expectClose(value, [25, 0, 0, 75, 0.4 * 0.49 * 70, 0.4 * 0.09 * 30], 1e-12, 1e-6);
    expectClose(gradient, [0.25, 0, 0, -0.75, 0.4 * 0.7 ** 3, -0.4 * 0.3 ** 3], 1e-12, 1e-6);
  });

  it("has the nearer label's factors without softAlpha and softBeta", () => {
    const p = 1 / (1 + Math.exp(-1));
    const ce = -0.3 * Math.log(p) - 0.7 * Math.log(1 - p);
    const at = (options: SoftTargetFocalLossOptions) => run([0.3], [1], { alpha: [0.2, 0.9], gamma: 2, ...options }).value;
    expectClose(at({ softAlpha: false }), [0.2 * (p - 0.3) ** 2 * ce], 1e-7);
    expectClose(at({ softBeta: false }), [(0.2 + 0.3 * 0.7) * p ** 2 * ce], 1e-7);
    expectClose(at({ softAlpha: false, softBeta: false }), [0.2 * p ** 2 * ce], 1e-7);
  });

  it("takes any shape, empty ones and integer targets", () => {
    tf.tidy(() => {
      expect(softTargetFocalLoss(tf.zeros([2, 0]), tf.zeros([2, 0])).shape).toEqual([2, 0]);
      const loss = softTargetFocalLoss(tf.ones([1, 2, 3], "int32"), tf.zeros([1, 2, 3]), { alpha: [1, 1] });
      expect(loss.shape).toEqual([1, 2, 3]);
      expectClose(Array.from(loss.dataSync()), new Array(6).fill(Math.LN2 / 4), 1e-7);
    });
  });

  it("gives targets no gradient", () => {
    tf.tidy(() => {
      const logits = tf.tensor1d([1, 2]);
      // The sum alone has a gradient of 1.
      const gradient = tf.grad((y: tf.Tensor) => tf.add(tf.sum(softTargetFocalLoss(y, logits)), tf.sum(y)))(tf.tensor1d([0, 0.5]));
      expect(Array.from(gradient.dataSync())).toEqual([1, 1]);
    });
  });

  it("leaves one tensor to the caller", () => {
    const y = tf.tensor1d([0, 0.5]);
    const x = tf.tensor1d([1, 2]);
    const before = tf.memory().numTensors;
    const loss = softTargetFocalLoss(y, x);
    expect(tf.memory().numTensors).toBe(before + 1);
    tf.dispose([loss, x, y]);
  });

  it("names what is wrong with its arguments", () => {
    tf.tidy(() => {
      const one = tf.ones([1]);
      expect(() => softTargetFocalLoss(tf.ones([2]), one)).toThrow(new RangeError("targets is [2]; expected the shape of logits, [1]"));
      expect(() => softTargetFocalLoss(one, tf.ones([1], "int32"))).toThrow(TypeError);
      expect(() => softTargetFocalLoss(one, one, { gamma: -1 })).toThrow(
        new RangeError("gamma is -1; expected a finite number of at least 0"),
      );
      expect(() => softTargetFocalLoss(one, one, { gamma: Number.NaN })).toThrow(RangeError);
      expect(() => softTargetFocalLoss(one, one, { alpha: [1, -1] })).toThrow(/alpha\[1\] is -1/);
    });
  });
});
