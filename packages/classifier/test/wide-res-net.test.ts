import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { countParameters, createWideResNet, type WideResNetOptions } from "../src/index.js";
import { gradientsOf } from "./gradients.js";
import { type ReferencePlan, referenceWideResNet } from "./reference-network.js";

beforeAll(async () => {
  await tf.setBackend("cpu");
});

/** Numbers in [-1, 1) from a seed (the Lehmer generator). */
const draws = (seed: number): (() => number) => {
  let state = seed;
  return () => (state = (state * 48271) % 2147483647) / 1073741823.5 - 1;
};

describe("parameters", () => {
  test.each<[string, number, WideResNetOptions]>([
    ["WRN-28-2 of TorchSSL", 1_469_642, { classes: 10 }],
    ["WRN-28-2 of USB", 1_467_626, { classes: 10, variant: "usb" }],
    ["WRN-28-2, clean", 1_467_626, { classes: 10, variant: "clean" }],
    ["STL-10's network of TorchSSL", 5_933_770, { classes: 10, groups: 4, firstStride: 2, inputShape: [96, 96, 3] }],
    ["STL-10's network of USB", 5_929_450, { classes: 10, groups: 4, firstStride: 2, inputShape: [96, 96, 3], variant: "usb" }],
    ["WRN-28-8 of TorchSSL", 23_409_092, { classes: 100, widen: 8 }],
    ["WRN-28-8 of USB", 23_401_028, { classes: 100, widen: 8, variant: "usb" }],
  ])("%s has %d", (_, count, options) => {
    const model = createWideResNet(options);
    expect(countParameters(model)).toBe(count);
    expect(model.outputs[0]!.shape).toEqual([null, options.classes]);
    model.dispose();
  });
});

const cases: [string, ReferencePlan, number][] = [
  ["torchssl", { variant: "torchssl", depth: 10, widen: 2, groups: 3, firstStride: 1, classes: 3 }, 8],
  ["usb, two blocks a group, odd sizes", { variant: "usb", depth: 16, widen: 1, groups: 3, firstStride: 1, classes: 4 }, 7],
  ["clean", { variant: "clean", depth: 10, widen: 2, groups: 3, firstStride: 1, classes: 2 }, 8],
  ["STL-10's four groups and first stride", { variant: "torchssl", depth: 10, widen: 1, groups: 4, firstStride: 2, classes: 2 }, 12],
];
test.each(cases)("the forward pass is that of the description, in float64: %s", (_, plan, size) => {
  const model = createWideResNet({ ...plan, inputShape: [size, size, 3], seed: 5 });
  const draw = draws(11);
  // Weights of all kinds, so that a missing normalization or bias shows.
  const all = model.getWeights().map((weight) =>
    tf.tensor(
      Float32Array.from({ length: weight.size }, () => 0.2 + 0.15 * draw()),
      weight.shape,
    ),
  );
  model.setWeights(all);
  const pixels = Array.from({ length: size * size * 3 }, draw);
  const logits = model.predict(tf.tensor4d(pixels, [1, size, size, 3])) as tf.Tensor;
  const weights = (layer: string): number[][] =>
    model
      .getLayer(layer)
      .getWeights()
      .map((weight) => [...weight.dataSync()]);
  const expected = referenceWideResNet({ size, channels: 3, data: [...tf.tensor1d(pixels).dataSync()] }, weights, plan);
  for (const [i, value] of [...logits.dataSync()].entries()) expect(Math.abs(value / expected[i]! - 1)).toBeLessThan(1e-5);
});

describe("gradients in training", () => {
  const x = tf.tensor4d(Array.from({ length: 2 * 8 * 8 * 3 }, draws(3)), [2, 8, 8, 3]);

  test("reach every weight but the norms that the papers' programs leave unused", () => {
    for (const [variant, unused] of [
      ["torchssl", ["group2.block1.norm1/gamma", "group2.block1.norm1/beta", "group3.block1.norm1/gamma", "group3.block1.norm1/beta"]],
      ["usb", ["group2.block1.norm1/gamma", "group2.block1.norm1/beta", "group3.block1.norm1/gamma", "group3.block1.norm1/beta"]],
      ["clean", []],
    ] as const) {
      const model = createWideResNet({ classes: 3, depth: 10, widen: 1, variant, inputShape: [8, 8, 3] });
      const { gradients } = gradientsOf(model, x);
      const without = model.trainableWeights.map((weight) => weight.originalName).filter((name) => !gradients[name]);
      expect(without.sort()).toEqual([...unused].sort());
    }
  });
});

describe("initial weights", () => {
  const model = createWideResNet({ classes: 10, depth: 10, widen: 4, seed: 3 });
  const read = (name: string): Float32Array =>
    model.weights
      .find((weight) => weight.originalName === name)!
      .read()
      .dataSync<"float32">();
  const moments = (values: Float32Array): { mean: number; variance: number } => {
    const mean = values.reduce((a, b) => a + b, 0) / values.length;
    return { mean, variance: values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length };
  };

  test.each([
    ["group3.block1.conv2/kernel", 2 / (9 * 256)],
    ["group2.block1.shortcut/kernel", 2 / 128],
    ["stem/kernel", 2 / (9 * 16)],
    ["head/kernel", 2 / (256 + 10)],
  ])("%s is normal with the variance %d", (name, variance) => {
    const values = read(name);
    const { mean, variance: found } = moments(values);
    expect(Math.abs(mean)).toBeLessThan(5 * Math.sqrt(variance / values.length));
    expect(Math.abs(found / variance - 1)).toBeLessThan(5 * Math.sqrt(2 / values.length));
    // A truncated normal, tfjs's usual one, has nothing beyond two deviations; a normal has 4.6 %.
    const tail = values.filter((value) => Math.abs(value) > 2 * Math.sqrt(variance)).length / values.length;
    expect(Math.abs(tail - 0.0455)).toBeLessThan(5 * Math.sqrt(0.0455 / values.length));
  });

  test("biases are 0, scales 1, and no two layers or seeds share their draws", () => {
    expect([...read("group1.block1.conv1/bias"), ...read("head/bias"), ...read("norm/beta")].every((value) => value === 0)).toBe(true);
    expect([...read("norm/gamma"), ...read("norm/moving_variance")].every((value) => value === 1)).toBe(true);
    // Draws divided by their deviation are the generator's own.
    const unit = (m: tf.LayersModel): string[] =>
      m.weights
        .filter((weight) => weight.originalName.endsWith("kernel"))
        .map((weight) => {
          const values = weight.read().dataSync<"float32">();
          return (values[0]! / values[1]!).toFixed(4);
        });
    const small = (seed: number): tf.LayersModel => createWideResNet({ classes: 10, depth: 10, widen: 1, seed });
    const seen = [0, 1, 2].flatMap((seed) => unit(small(seed)));
    expect(new Set(seen).size).toBe(seen.length);
    expect(unit(small(1))).toEqual(unit(small(1)));
  });
});

test("running statistics follow with the momentum asked for", () => {
  const model = createWideResNet({ classes: 2, depth: 10, widen: 1, inputShape: [8, 8, 3], normMomentum: 0.9 });
  const mean = (): number => model.getLayer("group1.block1.norm1").getWeights()[2]!.dataSync()[0]!;
  const x = tf.tensor4d(Array.from({ length: 2 * 8 * 8 * 3 }, draws(3)), [2, 8, 8, 3]);
  model.apply(x, { training: true });
  const first = mean();
  expect(first).not.toBe(0);
  model.apply(x, { training: true });
  expect(mean()).toBeCloseTo(first * 1.9, 6);
  model.predict(x);
  expect(mean()).toBeCloseTo(first * 1.9, 6);
});

test.each<[string, WideResNetOptions]>([
  ["depth", { classes: 10, depth: 27 }],
  ["depth", { classes: 10, depth: 4 }],
  ["classes", { classes: 0 }],
  ["widen", { classes: 10, widen: 0.5 }],
  ["groups", { classes: 10, groups: 0 }],
  ["firstStride", { classes: 10, firstStride: -1 }],
  ["variant", { classes: 10, variant: "other" as never }],
  ["seed", { classes: 10, seed: -1 }],
  ["seed", { classes: 10, seed: 2 ** 32 }],
  ["normMomentum", { classes: 10, normMomentum: 1 }],
  ["inputShape", { classes: 10, inputShape: [32, 0, 3] }],
  ["inputShape", { classes: 10, inputShape: [32, 32] as never }],
])("a wrong %s is named: %j", (name, options) => {
  expect(() => createWideResNet(options)).toThrow(RangeError);
  expect(() => createWideResNet(options)).toThrow(name);
});
