import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { differences, distance, numbers } from "../../../test/double.js";
import { paired, startEngine, withEngine } from "./support/engine.js";
import { type GroupNormCase, groupNormDouble } from "./support/group-norm-double.js";

const shapeOf = ({ n, rows, channels }: GroupNormCase): number[] => [n, rows, channels];

function groupNorm(x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor, { groups, epsilon, relu }: GroupNormCase): [tf.Tensor, tf.Tensor] {
  return tf.engine().runKernel("GleanerGroupNorm", { x, gamma, beta }, { groups, epsilon, relu }) as unknown as [tf.Tensor, tf.Tensor];
}

describe.runIf(paired)(withEngine("group norm"), () => {
  beforeAll(startEngine);
  afterAll(() => tf.disposeVariables());

  const cases: GroupNormCase[] = [
    { n: 1, rows: 1, channels: 2, groups: 1, epsilon: 1e-5, relu: false },
    { n: 2, rows: 7, channels: 6, groups: 3, epsilon: 1e-3, relu: false },
    { n: 2, rows: 7, channels: 6, groups: 3, epsilon: 1e-3, relu: true },
    { n: 1, rows: 5, channels: 8, groups: 8, epsilon: 1e-5, relu: true },
    { n: 3, rows: 9, channels: 16, groups: 4, epsilon: 1e-5, relu: true },
    { n: 1, rows: 3, channels: 32, groups: 8, epsilon: 1e-5, relu: false },
    { n: 2, rows: 2, channels: 64, groups: 1, epsilon: 1e-5, relu: true },
  ];

  test.each(cases)("value and gradient agree with double precision: %o", (c) => {
    const size = c.n * c.rows * c.channels;
    const [x, gamma, beta, weight] = [numbers(size, 1), numbers(c.channels, 2), numbers(c.channels, 3), numbers(size, 4)];
    const objective = (input: ArrayLike<number>, g: ArrayLike<number>, b: ArrayLike<number>): number =>
      groupNormDouble(input, g, b, c).reduce((sum, y, i) => sum + y * weight[i]!, 0);
    const tensors = [tf.tensor(x, shapeOf(c)), tf.tensor1d(gamma), tf.tensor1d(beta)] as const;
    const [y] = groupNorm(...tensors, c);
    expect(distance(y.dataSync(), groupNormDouble(x, gamma, beta, c))).toBeLessThan(2e-6);

    const w = tf.tensor(weight, shapeOf(c));
    const gradients = tf.grads((input, g, b) => tf.sum(tf.mul(groupNorm(input!, g!, b!, c)[0], w)))([...tensors]);
    const [dx, dgamma, dbeta] = gradients.map((t) => t.dataSync());
    const scale = Math.max(1, ...differences((v) => objective(v, gamma, beta), x).map(Math.abs));
    expect(
      distance(
        dx!,
        differences((v) => objective(v, gamma, beta), x),
      ) / scale,
    ).toBeLessThan(2e-5);
    expect(
      distance(
        dgamma!,
        differences((v) => objective(x, v, beta), gamma),
      ),
    ).toBeLessThan(2e-5);
    expect(
      distance(
        dbeta!,
        differences((v) => objective(x, gamma, v), beta),
      ),
    ).toBeLessThan(2e-5);
    tf.dispose([...tensors, y, w, ...gradients]);
  });

  test.each(cases.filter(({ relu }) => !relu))("with a residual and ReLU: %o", (c) => {
    const size = c.n * c.rows * c.channels;
    const [x, gamma, beta, residual, weight] = [
      numbers(size, 1),
      numbers(c.channels, 2),
      numbers(c.channels, 3),
      numbers(size, 4),
      numbers(size, 5),
    ];
    const double = (...[x, gamma, beta, residual]: ArrayLike<number>[]): Float64Array =>
      groupNormDouble(x!, gamma!, beta!, c).map((z, i) => Math.max(0, z + residual![i]!));
    const addRelu = (x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor, residual: tf.Tensor): tf.Tensor =>
      (
        tf
          .engine()
          .runKernel(
            "GleanerGroupNormAddRelu",
            { x, gamma, beta, residual },
            { groups: c.groups, epsilon: c.epsilon },
          ) as unknown as tf.Tensor[]
      )[0]!;
    const arrays = [x, gamma, beta, residual];
    const tensors = [tf.tensor(x, shapeOf(c)), tf.tensor1d(gamma), tf.tensor1d(beta), tf.tensor(residual, shapeOf(c))];
    const f = (...all: tf.Tensor[]): tf.Tensor => addRelu(...(all as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor]));
    expect(distance(f(...tensors).dataSync(), double(...arrays))).toBeLessThan(2e-6);
    const w = tf.tensor(weight, shapeOf(c));
    const gradients = tf.grads((...all) => tf.sum(tf.mul(f(...all), w)))(tensors);
    for (const [i, gradient] of gradients.entries()) {
      const objective = (v: ArrayLike<number>): number =>
        double(...arrays.map((array, k) => (k === i ? v : array))).reduce((sum, y, k) => sum + y * weight[k]!, 0);
      const expected = differences(objective, arrays[i]!);
      expect(distance(gradient.dataSync(), expected) / Math.max(1, ...expected.map(Math.abs))).toBeLessThan(2e-5);
    }
  });

  test("a residual of another shape is refused", () => {
    const inputs = { x: tf.ones([1, 2, 4]), gamma: tf.ones([4]), beta: tf.zeros([4]), residual: tf.ones([1, 4, 2]) };
    expect(() => tf.engine().runKernel("GleanerGroupNormAddRelu", inputs, { groups: 2 })).toThrow(
      "the residual does not have the shape of x",
    );
  });

  test("statistics are the mean and the inverse of the standard deviation", () => {
    const [, statistics] = groupNorm(tf.tensor3d([1, 3, 5, 7], [1, 2, 2]), tf.ones([2]), tf.zeros([2]), {
      n: 1,
      rows: 2,
      channels: 2,
      groups: 1,
      epsilon: 0,
      relu: false,
    });
    expect(statistics.shape).toEqual([1, 1, 2]);
    expect(distance(statistics.dataSync(), [4, 1 / Math.sqrt(5)])).toBeLessThan(1e-6);
  });

  test("many blocks and a mean far above the deviation cost no digits", () => {
    const c: GroupNormCase = { n: 2, rows: 6000, channels: 8, groups: 2, epsilon: 1e-5, relu: false };
    const x = numbers(c.n * c.rows * c.channels, 5).map((v) => 1000 + v);
    const [y] = groupNorm(tf.tensor(x, shapeOf(c)), tf.ones([8]), tf.zeros([8]), c);
    expect(distance(y.dataSync(), groupNormDouble(x, new Float32Array(8).fill(1), new Float32Array(8), c))).toBeLessThan(3e-4);
  });

  test("the same input gives the same bits", () => {
    const c: GroupNormCase = { n: 2, rows: 30_000, channels: 16, groups: 4, epsilon: 1e-5, relu: true };
    const x = tf.tensor(numbers(c.n * c.rows * c.channels, 6), shapeOf(c));
    const run = (): Float32Array[] => {
      const gradients = tf.grads((a, g, b) => tf.sum(tf.square(groupNorm(a!, g!, b!, c)[0])))([x, tf.ones([16]), tf.zeros([16])]);
      return gradients.map((t) => t.dataSync() as Float32Array);
    };
    expect(run()).toEqual(run());
  });

  test("an empty batch has an empty answer, and a kernel names what does not fit", () => {
    const c = { n: 0, rows: 4, channels: 4, groups: 2, epsilon: 1e-5, relu: true };
    const [y, statistics] = groupNorm(tf.zeros([0, 4, 4]), tf.ones([4]), tf.zeros([4]), c);
    expect([y.shape, statistics.shape]).toEqual([
      [0, 4, 4],
      [0, 2, 2],
    ]);
    expect(() => groupNorm(tf.zeros([1, 4, 4]), tf.ones([4]), tf.zeros([4]), { ...c, groups: 3 })).toThrow(
      "4 channels cannot be parted into 3 groups",
    );
    expect(() => groupNorm(tf.zeros([1, 4, 4]), tf.ones([2]), tf.zeros([4]), c)).toThrow("one value for each of 4 channels");
  });
});
