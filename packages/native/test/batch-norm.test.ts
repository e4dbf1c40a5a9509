import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { type BatchNormCase, batchNormDouble, differences, distance, numbers } from "../../../test/double.js";
import { registerBatchNorm } from "../src/kernels/batch-norm.js";
import { backendName } from "../src/kernels/operator.js";
import { paired, startEngine, withEngine } from "./support/engine.js";

function batchNorm(x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor, { epsilon, slope }: BatchNormCase): tf.Tensor[] {
  return tf.engine().runKernel("GleanerBatchNorm", { x, gamma, beta }, { epsilon, slope }) as unknown as tf.Tensor[];
}

function agree(shape: number[], c: BatchNormCase): void {
  const size = shape.reduce((a, b) => a * b, 1);
  const [x, gamma, beta, weight] = [numbers(size, 1), numbers(c.channels, 2), numbers(c.channels, 3), numbers(size, 4)];
  const tensors = [tf.tensor(x, shape), tf.tensor1d(gamma), tf.tensor1d(beta)] as const;
  const [y, mean, variance] = batchNorm(...tensors, c);
  const expected = batchNormDouble(x, gamma, beta, c);
  expect(distance(y!.dataSync(), expected.y)).toBeLessThan(1e-5);
  expect(distance(mean!.dataSync(), expected.mean)).toBeLessThan(1e-6);
  const rows = size / c.channels;
  expect(
    distance(
      variance!.dataSync(),
      expected.variance.map((v) => (v * rows) / (rows - 1)),
    ),
  ).toBeLessThan(1e-5);
  const w = tf.tensor(weight, shape);
  const gradients = tf.grads((a, g, b) => tf.sum(tf.mul(batchNorm(a!, g!, b!, c)[0]!, w)))([...tensors]);
  const objective = (a: ArrayLike<number>, g: ArrayLike<number>, b: ArrayLike<number>): number =>
    batchNormDouble(a, g, b, c).y.reduce((sum, value, i) => sum + value * weight[i]!, 0);
  const slopes = [
    differences((v) => objective(v, gamma, beta), x),
    differences((v) => objective(x, v, beta), gamma),
    differences((v) => objective(x, gamma, v), beta),
  ];
  for (const [i, gradient] of gradients.entries()) {
    const scale = Math.max(1, ...slopes[i]!.map(Math.abs));
    expect(distance(gradient.dataSync(), slopes[i]!) / scale).toBeLessThan(2e-5);
  }
}

describe.runIf(paired)(withEngine("batch norm"), () => {
  beforeAll(startEngine);

  test.each<[number[], BatchNormCase]>([
    [[2, 3, 5, 4], { channels: 4, epsilon: 1e-3, slope: 1 }],
    [[2, 3, 5, 4], { channels: 4, epsilon: 1e-3, slope: 0.1 }],
    [[9, 5], { channels: 5, epsilon: 1e-2, slope: 0 }],
    [[2, 2, 3, 2, 8], { channels: 8, epsilon: 1e-3, slope: 0.1 }],
    [[3, 2, 2, 16], { channels: 16, epsilon: 1e-3, slope: 0.1 }],
    [[2, 2, 2, 32], { channels: 32, epsilon: 1e-3, slope: 0.3 }],
    [[5, 1, 1, 64], { channels: 64, epsilon: 1e-3, slope: 0 }],
    [[5, 1, 1, 128], { channels: 128, epsilon: 1e-3, slope: 0.1 }],
  ])("value, statistics and gradient agree with double precision: %o %o", agree);

  test("many blocks and a mean far above the deviation cost no digits, and the same input gives the same bits", () => {
    const c: BatchNormCase = { channels: 8, epsilon: 1e-5, slope: 0.1 };
    const x = numbers(12_000 * 8, 5).map((v) => 1000 + v);
    const run = (): tf.Tensor => batchNorm(tf.tensor(x, [12_000, 8]), tf.ones([8]), tf.zeros([8]), c)[0]!;
    const y = run().dataSync();
    expect(distance(y, batchNormDouble(x, Array(8).fill(1), Array(8).fill(0), c).y)).toBeLessThan(3e-4);
    expect(run().dataSync()).toEqual(y);
  });

  test("slope and epsilon may be left out, NaN passes, and an empty batch has an empty answer", () => {
    const run = (x: tf.Tensor): tf.Tensor[] =>
      tf.engine().runKernel("GleanerBatchNorm", { x, gamma: tf.ones([2]), beta: tf.zeros([2]) }) as unknown as tf.Tensor[];
    const [y] = run(tf.tensor2d([0, Number.NaN, 2, 3], [2, 2]));
    const side = 1 / Math.sqrt(1 + 1e-3);
    const values = y!.dataSync();
    expect(distance([values[0]!, values[2]!], [-side, side])).toBeLessThan(1e-6);
    expect([values[1], values[3]]).toEqual([Number.NaN, Number.NaN]);
    expect(run(tf.zeros([0, 3, 3, 2])).map(({ shape }) => shape)).toEqual([[0, 3, 3, 2], [2], [2], [2], [2]]);
  });

  test("a kernel names what does not fit", () => {
    const c: BatchNormCase = { channels: 4, epsilon: 1e-3, slope: 1 };
    expect(() => batchNorm(tf.zeros([2, 4]), tf.ones([2]), tf.zeros([4]), c)).toThrow("one value for each of 4 channels");
    expect(() => batchNorm(tf.zeros([4]), tf.ones([4]), tf.zeros([4]), c)).toThrow("it has rank 1");
  });

  // The operators that a GPU gets exist on processors too, so what is made of them can be tried without one.
  test.each<[number[], BatchNormCase]>([
    [[2, 3, 5, 4], { channels: 4, epsilon: 1e-3, slope: 1 }],
    [[2, 3, 5, 4], { channels: 4, epsilon: 1e-3, slope: 0.1 }],
    [[2, 3, 5, 4], { channels: 4, epsilon: 1e-3, slope: 0 }],
    [[2, 2, 3, 2, 8], { channels: 8, epsilon: 1e-3, slope: 0.1 }],
  ])("as it is made for a GPU, of TensorFlow's own operators: %o %o", (shape, c) => {
    for (const name of ["GleanerBatchNorm", "GleanerBatchNormGrad"]) tf.unregisterKernel(name, backendName);
    tf.unregisterGradient("GleanerBatchNorm");
    registerBatchNorm(true);
    agree(shape, c);
  });
});
