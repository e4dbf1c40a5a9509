// The same kernels on the engine without SIMD, which TensorFlow.js loads where WebAssembly has none.
import * as tf from "@tensorflow/tfjs";
import "@tensorflow/tfjs-backend-wasm";
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { registerWasm3d } from "../src/index.js";
import { depthwise, expectGradients } from "./depthwise.js";
import { expectNormalization, expectNormalizationGradients, normalization } from "./group-norm.js";
import { line, referenceFilterGradient, referenceForward, referenceInputGradient } from "./reference-convolution.js";
import { expectUpsampling } from "./upsample.js";
import { difference, dirtyHeap, numbers } from "./wasm.js";

beforeAll(async () => {
  tf.env().set("WASM_HAS_SIMD_SUPPORT", false);
  registerWasm3d();
  await tf.setBackend("wasm");
  dirtyHeap();
});

test.each([1, 2])("conv3d and its gradients at stride %s", (stride) => {
  const size = 7;
  const axis = line(size, 3, stride, 1, "same");
  const definition = {
    batch: 2,
    channels: [5, 6] as [number, number],
    lines: [axis, axis, axis] as [typeof axis, typeof axis, typeof axis],
  };
  const [x, w, dy] = [numbers(2 * size ** 3 * 5, 1), numbers(27 * 30, 2), numbers(2 * axis.output ** 3 * 6, 3)];
  tf.tidy(() => {
    const [input, filter] = [tf.tensor(x, [2, size, size, size, 5]) as tf.Tensor5D, tf.tensor(w, [3, 3, 3, 5, 6]) as tf.Tensor5D];
    const y = tf.conv3d(input, filter, stride, "same");
    const [dx, dw] = tf.grads((a, b) => tf.conv3d(a as tf.Tensor5D, b as tf.Tensor5D, stride, "same"))(
      [input, filter],
      tf.tensor(dy, y.shape),
    );
    expect(difference(y.dataSync(), referenceForward(definition, x, w))).toBeLessThan(2e-6);
    expect(difference(dx!.dataSync(), referenceInputGradient(definition, dy, w))).toBeLessThan(2e-6);
    expect(difference(dw!.dataSync(), referenceFilterGradient(definition, x, dy))).toBeLessThan(1e-5);
  });
});

test("group norm, with ReLU and with a residual, and its gradients", () => {
  fc.assert(fc.property(normalization, expectNormalization), { numRuns: 30 });
  fc.assert(fc.property(normalization, expectNormalizationGradients), { numRuns: 30 });
});

test("gradients of depthwise convolutions", () => {
  fc.assert(fc.property(depthwise, expectGradients), { numRuns: 50 });
});

test("nearest upsampling and its gradient", () => {
  for (const shape of [
    [2, 3, 1, 5, 7],
    [1, 2, 4, 3, 16],
  ] as [number, number, number, number, number][])
    expectUpsampling(shape);
});

test("sums, products, poolings and gather", () => {
  const x = numbers(2 * 4 * 4 * 4 * 3, 1);
  tf.tidy(() => {
    const volume = tf.tensor(x, [2, 4, 4, 4, 3]) as tf.Tensor5D;
    const sums = Float64Array.from({ length: 3 }, (_, c) => x.filter((_, i) => i % 3 === c).reduce((a, b) => a + b, 0));
    expect(difference(tf.sum(volume, [0, 1, 2, 3]).dataSync(), sums)).toBeLessThan(1e-5);
    // [96, 4]ᵀ · [96, 4], whose left side has to be turned.
    const products = Float64Array.from({ length: 16 }, (_, k) =>
      Array.from({ length: 96 }, (_, row) => x[row * 4 + (k >> 2)]! * x[row * 4 + (k & 3)]!).reduce((a, b) => a + b, 0),
    );
    const rows = tf.tensor2d(x, [96, 4]);
    expect(difference(tf.matMul(rows, rows, true).dataSync(), products)).toBeLessThan(1e-5);
    for (const pool of [tf.maxPool3d, tf.avgPool3d]) {
      const [y, dx] = [pool(volume, 4, 4, "valid"), tf.grad((v) => pool(v as tf.Tensor5D, 4, 4, "valid"))(volume)];
      const each = Array.from({ length: 6 }, (_, k) =>
        x.slice((k >= 3 ? 1 : 0) * 192, (k >= 3 ? 2 : 1) * 192).filter((_, i) => i % 3 === k % 3),
      );
      const expected = each.map((values) => (pool === tf.maxPool3d ? Math.max(...values) : values.reduce((a, b) => a + b, 0) / 64));
      expect(difference(y.dataSync(), expected)).toBeLessThan(1e-6);
      expect(tf.sum(dx).dataSync()[0]).toBeCloseTo(6, 5);
    }
    const dy = tf.grad((t) => tf.gather(t, tf.tensor1d([1, 1], "int32")))(
      tf.tensor2d([
        [1, 2],
        [3, 4],
      ]),
    );
    expect(dy.arraySync()).toEqual([
      [0, 0],
      [2, 2],
    ]);
  });
});
