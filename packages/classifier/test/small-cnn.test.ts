import * as tf from "@tensorflow/tfjs";
import { beforeAll, expect, test } from "vitest";
import { countParameters, createSmallCnn, type SmallCnnOptions } from "../src/index.js";

beforeAll(async () => {
  await tf.setBackend("cpu");
});

test("parameters, counted by hand: three convolutions, their norms, the dense layer", () => {
  const model = createSmallCnn({ inputShape: [8, 8, 1], classes: 10 });
  expect(countParameters(model)).toBe(9 * 32 + 9 * 32 * 32 + 9 * 32 * 64 + 2 * (32 + 32 + 64) + 64 * 10 + 10);
  expect(model.countParams()).toBe(countParameters(model) + 2 * (32 + 32 + 64));
});

test("sizes that are odd or as small as can be work; smaller ones are refused", () => {
  const shapes = [
    [2, 2, 1],
    [7, 9, 3],
  ] as const;
  for (const inputShape of shapes) {
    const model = createSmallCnn({ inputShape, classes: 2 });
    expect((model.predict(tf.zeros([1, ...inputShape])) as tf.Tensor).shape).toEqual([1, 2]);
  }
  expect(() => createSmallCnn({ inputShape: [1, 8, 1], classes: 2 })).toThrow(RangeError);
  expect(() => createSmallCnn({ inputShape: [8, 8, 1], classes: 1.5 })).toThrow(/classes/);
});

test("images from 16 × 16 on are pooled once more, early, unless told; parameters stay", () => {
  const shapeAt = (options: SmallCnnOptions, layer: string): unknown[] => createSmallCnn(options).getLayer(layer).outputShape as number[];
  expect(shapeAt({ inputShape: [28, 28, 1], classes: 2 }, "norm2")).toEqual([null, 14, 14, 32]);
  expect(shapeAt({ inputShape: [28, 28, 1], classes: 2, poolEarly: false }, "norm2")).toEqual([null, 28, 28, 32]);
  expect(shapeAt({ inputShape: [16, 40, 1], classes: 2 }, "norm3")).toEqual([null, 4, 10, 64]);
  expect(shapeAt({ inputShape: [15, 40, 1], classes: 2 }, "norm3")).toEqual([null, 7, 20, 64]);
  expect(shapeAt({ inputShape: [8, 8, 1], classes: 2, poolEarly: true }, "norm3")).toEqual([null, 2, 2, 64]);
  const count = (options: Partial<SmallCnnOptions>): number =>
    countParameters(createSmallCnn({ inputShape: [28, 28, 1], classes: 2, ...options }));
  expect(count({})).toBe(count({ poolEarly: false }));
  expect(() => createSmallCnn({ inputShape: [3, 8, 1], classes: 2, poolEarly: true })).toThrow(
    "at least 4 × 4 to be pooled early, got 3 × 8",
  );
});

test("it learns: two kinds of images apart in a few steps, and the running statistics serve for new ones", () => {
  const model = createSmallCnn({ inputShape: [4, 4, 1], classes: 2, normMomentum: 0.5, seed: 4 });
  let state = 7;
  const noise = (): number => (state = (state * 48271) % 2147483647) / 2147483647;
  // Stripes across against stripes down, with noise; few and small, since the cpu backend is slow.
  const batch = (count: number): { x: tf.Tensor4D; y: tf.Tensor2D } => {
    const kinds = Array.from({ length: count }, (_, i) => i % 2);
    const pixels = kinds.flatMap((kind) => Array.from({ length: 16 }, (_, i) => ((kind ? i : i >> 2) & 1) + 0.5 * noise()));
    return { x: tf.tensor4d(pixels, [count, 4, 4, 1]), y: tf.oneHot(tf.tensor1d(kinds, "int32"), 2) as tf.Tensor2D };
  };
  const optimizer = tf.train.momentum(0.05, 0.9);
  for (let step = 0; step < 8; step++) {
    const { x, y } = batch(6);
    optimizer.minimize(() => tf.losses.softmaxCrossEntropy(y, model.apply(x, { training: true }) as tf.Tensor) as tf.Scalar);
  }
  const { x, y } = batch(40);
  const right = tf.mean(tf.cast(tf.equal(tf.argMax(model.predict(x) as tf.Tensor, -1), tf.argMax(y, -1)), "float32")).dataSync()[0]!;
  expect(right).toBeGreaterThan(0.95);
});
