import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { distance, numbers } from "../../../test/double.js";
import { paired, startEngine, withEngine } from "./support/engine.js";

const tensor = (shape: number[], seed: number): tf.Tensor => tf.tensor(numbers(tf.util.sizeFromShape(shape), seed), shape);
type Conv = [image: [number, number, number, number], filter: [number, number, number, number], stride: number, pad: "same" | "valid"];

describe.runIf(paired)(withEngine("a convolution with its bias"), () => {
  beforeAll(startEngine);

  test.each<Conv>([
    [[2, 5, 6, 3], [3, 3, 3, 4], 1, "same"],
    [[2, 5, 6, 3], [3, 3, 3, 4], 2, "same"],
    [[1, 8, 7, 2], [3, 2, 2, 8], 2, "valid"],
    [[3, 4, 4, 5], [1, 1, 5, 1], 1, "same"],
    [[2, 9, 9, 16], [3, 3, 16, 32], 1, "same"],
  ])("gives the value and the gradients of a convolution and an addition: %o %o, stride %d, %s", async (image, filter, strides, pad) => {
    const run = (): Float32Array[] => {
      const inputs = [tensor(image, 1), tensor(filter, 2), tensor([filter[3]], 3)];
      const f = (x: tf.Tensor, w: tf.Tensor, bias: tf.Tensor): tf.Tensor =>
        tf.fused.conv2d({ x: x as tf.Tensor4D, filter: w as tf.Tensor4D, strides, pad, bias });
      const y = f(...(inputs as [tf.Tensor, tf.Tensor, tf.Tensor]));
      const weight = tensor(y.shape, 4);
      const gradients = tf.grads((x, w, bias) => tf.sum(tf.mul(f(x!, w!, bias!), weight)))(inputs);
      return [y, ...gradients].map((t) => t.dataSync<"float32">());
    };
    const native = run();
    await tf.setBackend("cpu");
    const plain = run();
    await tf.setBackend("tensorflow");
    for (const [i, values] of native.entries()) expect(distance(values, plain[i]!)).toBeLessThan(1e-4);
  });

  test("with an activation, or without a bias, it is TensorFlow.js's own", () => {
    const [x, filter] = [tensor([1, 4, 4, 2], 1) as tf.Tensor4D, tensor([3, 3, 2, 3], 2) as tf.Tensor4D];
    const bias = tf.tensor1d([1, -1, 0]);
    const common = { x, filter, strides: 1, pad: "same" as const };
    const linear = tf.fused.conv2d(common);
    const expected = tf.relu(tf.add(linear, bias)).dataSync();
    expect(distance(tf.fused.conv2d({ ...common, bias, activation: "relu" }).dataSync(), expected)).toBeLessThan(1e-5);
    expect(distance(linear.dataSync(), tf.conv2d(x, filter, 1, "same").dataSync())).toBe(0);
  });
});

describe.runIf(paired)(withEngine("sums"), () => {
  beforeAll(startEngine);

  test.each([
    [[3, 4, 5], [0, 1], false],
    [[3, 4, 5], [0, 1], true],
    [[3, 4, 5], [-3, -2], false],
    [[6, 2], [0], false],
    [[2, 3, 4, 5], [0, 1, 2], true],
    [[2, 3, 4, 5], [1, 2], false],
    [[2, 3, 4, 5], [3], true],
    [[4], [0], false],
    [[0, 3], [0], false],
  ] as [number[], number[], boolean][])(
    "over the axes of %o named %o, kept %o, are those of the cpu backend",
    async (shape, axes, keep) => {
      const native = tf.sum(tensor(shape, 1), axes, keep);
      const values = native.dataSync();
      await tf.setBackend("cpu");
      const plain = tf.sum(tensor(shape, 1), axes, keep);
      expect(native.shape).toEqual(plain.shape);
      expect(distance(values, plain.dataSync())).toBeLessThan(1e-5);
      await tf.setBackend("tensorflow");
    },
  );

  test("integers are still summed, and no tensor is left behind", () => {
    expect([...tf.sum(tf.tensor2d([1, 2, 3, 4], [2, 2], "int32"), 0).dataSync()]).toEqual([4, 6]);
    const x = tensor([3, 4, 5], 1);
    const before = tf.memory().numTensors;
    tf.sum(x, [0, 1], true).dispose();
    tf.sum(x, [0, 1]).dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});
