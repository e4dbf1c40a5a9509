import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { depthwise, expectGradients } from "./depthwise.js";
import { numbers, sizeOf, startWasm } from "./wasm.js";

beforeAll(startWasm);

test("gradients of depthwise convolutions against the definition in float64", () => {
  fc.assert(fc.property(depthwise, expectGradients), { numRuns: 300 });
});

const random = <R extends tf.Rank>(shape: tf.ShapeMap[R], seed: number): tf.Tensor<R> => tf.tensor<R>(numbers(sizeOf(shape), seed), shape);

test.each([
  [1, "same"],
  [2, "same"],
  [2, "valid"],
] as const)("by tfjs-core at stride %s, %s: finite differences agree", (stride, pad) => {
  const inputs = [random<tf.Rank.R4>([2, 9, 7, 3], 1), random<tf.Rank.R4>([3, 2, 3, 2], 2)] as const;
  for (const which of [0, 1] as const) {
    const direction = random(inputs[which].shape, 9);
    const loss = (moved: tf.Tensor): tf.Scalar => {
      const [x, w] = which === 0 ? [moved, inputs[1]] : [inputs[0], moved];
      const y = tf.depthwiseConv2d(x as tf.Tensor4D, w as tf.Tensor4D, stride, pad);
      return tf.sum(tf.mul(y, tf.tensor(numbers(y.size, 8), y.shape)));
    };
    const at = (t: number): number => tf.tidy(() => loss(tf.add(inputs[which], tf.mul(direction, t))).dataSync()[0]!);
    // A convolution is linear in each of its inputs, so a large step costs nothing.
    const differences = (at(1 / 4) - at(-1 / 4)) * 2;
    const slope = tf.tidy(() => tf.sum(tf.mul(tf.grad(loss)(inputs[which]), direction)).dataSync()[0]!);
    expect(Math.abs(slope - differences)).toBeLessThan(1e-4 * Math.max(1, Math.abs(differences)));
  }
});
