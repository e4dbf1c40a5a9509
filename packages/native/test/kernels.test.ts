import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { differences, distance, numbers } from "../../../test/double.js";
import { useNativeKernels } from "../src/index.js";
import { paired, startEngine, withEngine } from "./support/engine.js";

describe.runIf(paired)(withEngine("kernels that TensorFlow.js does not use"), () => {
  beforeAll(startEngine);

  /** Gradients of Σ f(inputs)·w, with w as long as f's output, on the current backend. */
  const gradientsOf = (f: (...inputs: tf.Tensor[]) => tf.Tensor, inputs: tf.Tensor[]): Float32Array[] => {
    const weighted = (...all: tf.Tensor[]): tf.Scalar => {
      const y = f(...all);
      return tf.sum(tf.mul(y, tf.tensor(numbers(y.size, 9), y.shape))) as tf.Scalar;
    };
    return tf
      .grads(weighted)(inputs)
      .map((t) => t.dataSync() as Float32Array);
  };
  const onBoth = async (f: (...inputs: tf.Tensor[]) => tf.Tensor, shapes: number[][]): Promise<[Float32Array[], Float32Array[]]> => {
    const answers: Float32Array[][] = [];
    for (const backend of ["tensorflow", "cpu"]) {
      await tf.setBackend(backend);
      const inputs = shapes.map((shape, i) =>
        tf.tensor(
          numbers(
            shape.reduce((a, b) => a * b, 1),
            i + 1,
          ),
          shape,
        ),
      );
      answers.push([f(...inputs).dataSync() as Float32Array, ...gradientsOf(f, inputs)]);
    }
    await tf.setBackend("tensorflow");
    return answers as [Float32Array[], Float32Array[]];
  };

  test.each([
    ["relu", (x: tf.Tensor) => tf.relu(x), (v: number) => Math.max(0, v)],
    ["sigmoid", (x: tf.Tensor) => tf.sigmoid(x), (v: number) => 1 / (1 + Math.exp(-v))],
  ] as const)("the gradient of %s agrees with finite differences and with the cpu backend", async (_, f, double) => {
    const [native, cpu] = await onBoth((x) => f(x!), [[3, 5]]);
    const w = numbers(15, 9);
    const expected = differences((v) => v.reduce((sum, value, i) => sum + double(value) * w[i]!, 0), numbers(15, 1));
    expect(distance(native[1]!, expected)).toBeLessThan(1e-6);
    expect(distance(native[1]!, cpu[1]!)).toBeLessThan(1e-6);
  });

  test.each([
    [[2, 3, 3, 3, 4], [4]],
    [[6, 4], [4]],
    [[4], [6, 4]],
    [
      [2, 3, 4],
      [1, 1, 4],
    ],
    [
      [2, 3, 4],
      [2, 3, 4],
    ],
    [
      [2, 3, 4],
      [1, 3, 4],
    ],
    [[5], [5]],
    [[3, 1], [1]],
    [
      [1, 4],
      [3, 4],
    ],
    [
      [1, 4],
      [1, 4],
    ],
    [[2, 3], []],
  ])("adding shapes %o and %o gives the cpu backend's values and gradients", async (a, b) => {
    const [native, cpu] = await onBoth((x, y) => tf.add(x!, y!), [a, b]);
    for (const [i, values] of native.entries()) expect(distance(values, cpu[i]!)).toBeLessThan(1e-5);
  });

  test("integers are still added", () => {
    expect(Array.from(tf.add(tf.tensor2d([1, 2, 3, 4], [2, 2], "int32"), tf.tensor1d([10, 20], "int32")).dataSync())).toEqual([
      11, 22, 13, 24,
    ]);
  });

  test("a training step leaves no tensor behind, and calling again changes nothing", () => {
    useNativeKernels();
    const w = tf.variable(tf.tensor(numbers(3 ** 3 * 2 * 4, 1), [3, 3, 3, 2, 4]));
    const [gamma, beta, bias] = [tf.variable(tf.ones([4])), tf.variable(tf.zeros([4])), tf.variable(tf.zeros([4]))];
    const x = tf.tensor(numbers(4 ** 3 * 2, 2), [1, 4, 4, 4, 2]);
    const step = (): void => {
      const { value, grads } = tf.variableGrads(() => {
        const h = tf.conv3d(x as tf.Tensor5D, w as unknown as tf.Tensor5D, 1, "same");
        const [n] = tf
          .engine()
          .runKernel("GleanerGroupNorm", { x: h, gamma, beta }, { groups: 2, epsilon: 1e-5, relu: true }) as unknown as [tf.Tensor];
        const [m] = tf.engine().runKernel("GleanerBatchNorm", { x: n, gamma, beta }, { epsilon: 1e-3 }) as unknown as [tf.Tensor];
        return tf.sum(tf.sigmoid(tf.relu(tf.add(m, bias)))) as tf.Scalar;
      });
      value.dispose();
      for (const g of Object.values(grads)) g.dispose();
    };
    step();
    const before = tf.memory().numTensors;
    step();
    step();
    expect(tf.memory().numTensors).toBe(before);
    tf.disposeVariables();
  });
});
