import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { registerWasm3d } from "../src/index.js";
import { line, referenceFilterGradient, referenceForward, referenceInputGradient } from "./reference-convolution.js";
import { difference, numbers, sizeOf, startWasm } from "./wasm.js";

beforeAll(startWasm);

const random = <R extends tf.Rank>(shape: tf.ShapeMap[R], seed: number): tf.Tensor<R> => tf.tensor<R>(numbers(sizeOf(shape), seed), shape);

describe("gradients by tfjs-core against finite differences", () => {
  /** The slope of `loss` along a random direction of `x`, from a float64 sum of float32 values, and the same from the gradient. */
  function slopes(loss: (x: tf.Tensor) => tf.Tensor, x: tf.Tensor): { differences: number; gradient: number } {
    const direction = random(x.shape, 9);
    const step = 1 / 64;
    const weigh = (y: Float32Array): number => numbers(y.length, 8).reduce((sum, weight, i) => sum + weight * y[i]!, 0);
    const at = (t: number): number => weigh(tf.tidy(() => loss(tf.add(x, tf.mul(direction, t)))).dataSync<"float32">());
    // A convolution is linear in each of its inputs, so a large step costs nothing.
    const differences = (at(step) - at(-step)) / (2 * step);
    const gradient = tf.tidy(() => {
      const byX = tf.grad((x) => {
        const y = loss(x);
        return tf.sum(tf.mul(y, tf.tensor(numbers(y.size, 8), y.shape)));
      })(x);
      return tf.sum(tf.mul(byX, direction)).dataSync()[0]!;
    });
    return { differences, gradient };
  }

  const cases3d: [name: string, x: number[], w: number[], stride: number | [number, number, number], pad: "same" | "valid" | number][] = [
    ["3×3×3, same", [2, 5, 6, 7, 3], [3, 3, 3, 3, 4], 1, "same"],
    ["3×3×3, stride 2, same", [2, 7, 6, 5, 3], [3, 3, 3, 3, 4], 2, "same"],
    ["3×3×3, stride 2, valid", [1, 7, 8, 9, 2], [3, 3, 3, 2, 3], 2, "valid"],
    ["4×4×4, stride 2, pad 1", [1, 6, 8, 8, 2], [4, 4, 4, 2, 3], 2, 1],
    ["1×1×1", [2, 3, 4, 5, 4], [1, 1, 1, 4, 2], 1, "valid"],
    ["1×3×3, stride 1 and 2", [2, 4, 7, 7, 2], [1, 3, 3, 2, 3], [1, 2, 2], "same"],
    ["2×2×2, stride 3, pad 2", [1, 7, 5, 6, 2], [2, 2, 2, 2, 2], 3, 2],
  ];
  test.each(cases3d)("conv3d %s", (_, x, w, stride, pad) => {
    const filter = random<tf.Rank.R5>(w as tf.ShapeMap[tf.Rank.R5], 2);
    const input = random<tf.Rank.R5>(x as tf.ShapeMap[tf.Rank.R5], 1);
    const conv = (a: tf.Tensor5D, b: tf.Tensor5D): tf.Tensor => tf.conv3d(a, b, stride, pad as "same");
    for (const { differences, gradient } of [
      slopes((t) => conv(t as tf.Tensor5D, filter), input),
      slopes((t) => conv(input, t as tf.Tensor5D), filter),
    ]) {
      expect(Math.abs(gradient - differences)).toBeLessThan(2e-4 * Math.max(1, Math.abs(differences)));
    }
  });

  test.each([
    [1, "same"],
    [2, "same"],
    [2, "valid"],
  ] as const)("conv2d, stride %s, %s", (stride, pad) => {
    const input = random<tf.Rank.R4>([2, 9, 8, 3], 1);
    const filter = random<tf.Rank.R4>([3, 2, 3, 4], 2);
    for (const { differences, gradient } of [
      slopes((t) => tf.conv2d(t as tf.Tensor4D, filter, stride, pad), input),
      slopes((t) => tf.conv2d(input, t as tf.Tensor4D, stride, pad), filter),
    ]) {
      expect(Math.abs(gradient - differences)).toBeLessThan(2e-4 * Math.max(1, Math.abs(differences)));
    }
  });

  test("conv2d with pads of its own at each border", () => {
    const pads: [[number, number], [number, number], [number, number], [number, number]] = [
      [0, 0],
      [2, 1],
      [0, 3],
      [0, 0],
    ];
    const [input, filter] = [random<tf.Rank.R4>([2, 8, 7, 3], 1), random<tf.Rank.R4>([3, 3, 3, 4], 2)];
    for (const { differences, gradient } of [
      slopes((t) => tf.conv2d(t as tf.Tensor4D, filter, 2, pads, "NHWC", 1, "floor"), input),
      slopes((t) => tf.conv2d(input, t as tf.Tensor4D, 2, pads, "NHWC", 1, "floor"), filter),
    ]) {
      expect(Math.abs(gradient - differences)).toBeLessThan(2e-4 * Math.max(1, Math.abs(differences)));
    }
  });

  test("conv2dTranspose is the input gradient of conv2d", () => {
    const y = tf.tidy(() =>
      tf.conv2dTranspose(random<tf.Rank.R4>([1, 4, 5, 4], 1), random<tf.Rank.R4>([3, 3, 3, 4], 2), [1, 8, 10, 3], 2, "same"),
    );
    const definition = {
      batch: 1,
      channels: [3, 4] as [number, number],
      lines: [line(1, 1, 1, 1, 0), line(8, 3, 2, 1, "same"), line(10, 3, 2, 1, "same")],
    };
    const expected = referenceInputGradient({ ...definition, lines: definition.lines as never }, numbers(80, 1), numbers(108, 2));
    expect(difference(y.dataSync(), expected)).toBeLessThan(2e-6);
  });
});

describe("sizes of real networks", () => {
  const cases: [size: number, from: number, to: number, stride: number][] = [
    [24, 1, 16, 1],
    [24, 16, 16, 1],
    [17, 16, 32, 2],
    [8, 64, 64, 1],
  ];
  test.each(cases)("%s³, %s → %s channels, stride %s", (size, from, to, stride) => {
    const lines = [0, 1, 2].map(() => line(size, 3, stride, 1, "same")) as [
      ReturnType<typeof line>,
      ReturnType<typeof line>,
      ReturnType<typeof line>,
    ];
    const out = lines[0].output;
    const definition = { batch: 1, channels: [from, to] as [number, number], lines };
    const x = numbers(size ** 3 * from, 1);
    const w = numbers(27 * from * to, 2);
    const dy = numbers(out ** 3 * to, 3);
    tf.tidy(() => {
      const [input, filter] = [tf.tensor(x, [1, size, size, size, from]) as tf.Tensor5D, tf.tensor(w, [3, 3, 3, from, to]) as tf.Tensor5D];
      const y = tf.conv3d(input, filter, stride, "same");
      const [dx, dw] = tf.grads((a, b) => tf.conv3d(a as tf.Tensor5D, b as tf.Tensor5D, stride, "same"))(
        [input, filter],
        tf.tensor(dy, y.shape),
      );
      expect(difference(y.dataSync(), referenceForward(definition, x, w))).toBeLessThan(5e-6);
      expect(difference(dx!.dataSync(), referenceInputGradient(definition, dy, w))).toBeLessThan(5e-6);
      expect(difference(dw!.dataSync(), referenceFilterGradient(definition, x, dy))).toBeLessThan(2e-5);
    });
  });
});

describe("memory", () => {
  const step = (size: number): number =>
    tf.tidy(() => {
      const x = tf.fill([1, size, size, size, 8], 0.5) as tf.Tensor5D;
      const w = tf.fill([3, 3, 3, 8, 8], 0.5) as tf.Tensor5D;
      const [dx, dw] = tf.grads((a, b) => tf.conv3d(a as tf.Tensor5D, b as tf.Tensor5D, 2, "same"))([x, w]);
      return tf.add(tf.sum(dx!), tf.sum(dw!)).dataSync()[0]!;
    });
  const heapBytes = (): number => (tf.backend() as unknown as { wasm: { HEAPU8: Uint8Array } }).wasm.HEAPU8.length;

  test("answers stay right while it grows, and nothing is left over", () => {
    const before = heapBytes();
    const small = step(8);
    const { numTensors } = tf.memory();
    // 64³·8 channels needs several times the 16 MB that the engine starts with.
    const large = step(64);
    expect(heapBytes()).toBeGreaterThan(before);
    expect(step(8)).toBe(small);
    expect(large).toBeGreaterThan(small);
    const grown = heapBytes();
    for (let i = 0; i < 5; i++) step(64);
    expect(heapBytes()).toBe(grown);
    expect(tf.memory().numTensors).toBe(numTensors);
  });
});

describe("registerWasm3d", () => {
  test("says what it registered, the same at a second call", () => {
    const first = registerWasm3d();
    expect(first).toContain("Conv3DBackpropInputV2");
    expect(registerWasm3d()).toEqual(first);
    expect(
      tf.tidy(() => tf.conv3d(tf.ones<tf.Rank.R5>([1, 2, 2, 2, 1]), tf.ones<tf.Rank.R5>([2, 2, 2, 1, 1]), 1, "valid").dataSync()[0]),
    ).toBe(8);
  });
});
