import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { distance, numbers } from "../../../test/double.js";
import { describeConv3d } from "./support/conv3d-suite.js";
import { paired, startEngine, withEngine } from "./support/engine.js";

describeConv3d("the processor's own instructions");

const tensor = (shape: number[], seed: number): tf.Tensor => tf.tensor(numbers(tf.util.sizeFromShape(shape), seed), shape);

describe.runIf(paired)(withEngine("a convolution that is not for the operators of ours"), () => {
  beforeAll(startEngine);

  test.each<[strides: 1 | 2, pad: "same" | "valid", extent: number]>([
    [2, "same", 3],
    [1, "valid", 3],
    [1, "same", 2],
  ])("is TensorFlow's: stride %d, %s, a kernel of %d", async (strides, pad, extent) => {
    const gradients = (): Float32Array[] => {
      const tensors = [tensor([1, 6, 6, 6, 16], 1), tensor([extent, extent, extent, 16, 16], 2)];
      const f = (x: tf.Tensor, filter: tf.Tensor): tf.Tensor => tf.conv3d(x as tf.Tensor5D, filter as tf.Tensor5D, strides, pad);
      const y = f(tensors[0]!, tensors[1]!);
      const slope = tensor(y.shape, 3);
      return [y, ...tf.grads((x, filter) => f(x!, filter!))(tensors, slope)].map((t) => t.dataSync<"float32">());
    };
    const native = gradients();
    await tf.setBackend("cpu");
    const plain = gradients();
    await tf.setBackend("tensorflow");
    for (const [i, values] of native.entries()) expect(distance(values, plain[i]!)).toBeLessThan(1e-3);
  });

  test("a batch of none has values and gradients of none, and a filter's gradient of zeros", () => {
    const [x, filter] = [tf.zeros([0, 4, 4, 4, 16]), tensor([3, 3, 3, 16, 16], 1)];
    const f = (a: tf.Tensor, b: tf.Tensor): tf.Tensor => tf.conv3d(a as tf.Tensor5D, b as tf.Tensor5D, 1, "same");
    expect(f(x, filter).shape).toEqual([0, 4, 4, 4, 16]);
    const [dx, dFilter] = tf.grads((a, b) => f(a!, b!))([x, filter], x);
    expect(dx!.shape).toEqual([0, 4, 4, 4, 16]);
    expect(distance(dFilter!.dataSync(), new Float32Array(27 * 256))).toBe(0);
  });

  test("neither a tensor nor its numbers change with the number of calls", () => {
    const [x, filter] = [tensor([2, 5, 6, 7, 16], 1), tensor([3, 3, 3, 16, 32], 2)];
    const f = (): Float32Array => tf.tidy(() => tf.conv3d(x as tf.Tensor5D, filter as tf.Tensor5D, 1, "same").dataSync<"float32">());
    const first = f();
    const before = tf.memory().numTensors;
    for (let i = 0; i < 5; i++) expect(f()).toEqual(first);
    expect(tf.memory().numTensors).toBe(before);
  });
});
