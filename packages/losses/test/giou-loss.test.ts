import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { expect, it } from "vitest";
import { giouLoss } from "../src/index.js";
import lossFixture from "./fixtures/box_losses.json" with { type: "json" };
import pairFixture from "./fixtures/iou_giou.json" with { type: "json" };
import { expectClose, onEachBackend, take, valueAndGradient } from "./helpers.js";

const lossOf = (targets: number[][], predictions: number[][]): number[] =>
  take(tf.tidy(() => giouLoss(tf.tensor2d(targets), tf.tensor2d(predictions))));
const gradientOf = (targets: number[][], predictions: number[][]): number[] =>
  tf.tidy(() => {
    const constant = tf.tensor2d(targets);
    return valueAndGradient((p) => giouLoss(constant, p as tf.Tensor2D), tf.tensor2d(predictions)).gradient;
  });

/** GIoU in float64, written side by side. */
function reference(a: readonly number[], b: readonly number[]): number {
  const sides = [0, 1, 2];
  const product = (f: (i: number) => number): number => sides.reduce((v, i) => v * Math.max(0, f(i)), 1);
  const inter = product((i) => Math.min(a[i + 3]!, b[i + 3]!) - Math.max(a[i]!, b[i]!));
  const union = product((i) => a[i + 3]! - a[i]!) + product((i) => b[i + 3]! - b[i]!) - inter;
  const around = product((i) => Math.max(a[i + 3]!, b[i + 3]!) - Math.min(a[i]!, b[i]!));
  return 1 - inter / union + (around - union) / around;
}

const corner = fc.double({ min: -10, max: 10, noNaN: true }).map(Math.fround);
const length = fc.double({ min: 0.5, max: 10, noNaN: true }).map(Math.fround);
const box = fc
  .tuple(corner, corner, corner, length, length, length)
  .map(([z, y, x, dz, dy, dx]) => [z, y, x, z + dz, y + dy, x + dx].map(Math.fround));
const tenths = fc
  .tuple(...Array.from({ length: 6 }, (_, i) => fc.integer(i < 3 ? { min: -60, max: 60 } : { min: 5, max: 90 })))
  .map((v) => v.map((n, i) => (i < 3 ? n : n + v[i - 3]!) / 10));

onEachBackend(() => {
  it("agrees with MONAI, value and gradient", () => {
    const { target, pred, giou_loss, giou_grad } = lossFixture;
    expectClose(lossOf(target, pred), giou_loss, 2e-6);
    expectClose(gradientOf(target, pred), giou_grad.flat(), 1e-6);
  });

  it("agrees with MONAI's GIoU of every pair, points and touching boxes among them", () => {
    const { boxes1, boxes2, giou } = pairFixture;
    for (const [i, row] of giou.entries()) {
      expectClose(
        lossOf(
          boxes2,
          boxes2.map(() => boxes1[i]!),
        ),
        row.map((g) => 1 - g),
        2e-6,
      );
    }
  });

  it("agrees with MONAI's gradients where no corners coincide", () => {
    const { boxes1, boxes2, grad_sum_pair_giou_wrt_boxes1: expected } = pairFixture;
    const smooth = boxes1.map((_, i) => i).filter((i) => boxes1[i]!.every((c, k) => c !== boxes2[i]![k] && c !== boxes2[i]![(k + 3) % 6]));
    expect(smooth.length).toBeGreaterThanOrEqual(6);
    const pick = (rows: number[][]): number[][] => smooth.map((i) => rows[i]!);
    expectClose(
      gradientOf(pick(boxes2), pick(boxes1)),
      pick(expected)
        .flat()
        .map((g) => -g),
      1e-6,
      1e-4,
    );
  });

  it("is the formula, in 0..2, symmetric, and 0 for equal boxes", () => {
    fc.assert(
      fc.property(box, box, (a, b) => {
        const [loss, swapped, same] = lossOf([a, b, a], [b, a, a]);
        expectClose([loss!, swapped!], [reference(a, b), reference(a, b)], 2e-4);
        expect(loss).toBeGreaterThanOrEqual(-1e-6);
        expect(loss).toBeLessThanOrEqual(2);
        expectClose([same!], [0], 1e-6);
      }),
    );
  });

  it("has the gradient of finite differences away from kinks", () => {
    fc.assert(
      fc.property(tenths, tenths, (a, tens) => {
        const h = 1e-3;
        // The one box has corners at tenths, the other between them.
        const b = tens.map((c) => c + 0.05);
        const numeric = b.map((_, i) => {
          const at = (step: number): number =>
            reference(
              a,
              b.map((c, k) => (k === i ? c + step : c)),
            );
          return (at(h) - at(-h)) / (2 * h);
        });
        expectClose(gradientOf([a], [b]), numeric, 2e-3, 1e-2);
      }),
    );
  });

  it("takes no boxes, and names what is wrong with others", () => {
    tf.tidy(() => {
      expect(giouLoss(tf.zeros([0, 6]), tf.zeros([0, 6])).shape).toEqual([0]);
      expect(() => giouLoss(tf.zeros([2, 4]), tf.zeros([2, 4]))).toThrow(new RangeError("predictions is [2,4]; expected [n, 6]"));
      expect(() => giouLoss(tf.zeros([1, 6]), tf.zeros([2, 6]))).toThrow(/targets is \[1,6\]/);
    });
  });
});
