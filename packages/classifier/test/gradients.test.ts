import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { distance, numbers } from "../../../test/double.js";
import { createSmallCnn, createWideResNet } from "../src/index.js";
import { backends, leftOut } from "./backends.js";
import { gradientsOf, slopesAlongGradients } from "./gradients.js";

const image = (shape: number[]): tf.Tensor =>
  tf.tensor(
    numbers(
      shape.reduce((a, b) => a * b, 1),
      3,
    ),
    shape,
  );
const networks: [name: string, create: () => tf.LayersModel, shape: number[]][] = [
  ["a Wide ResNet", () => createWideResNet({ classes: 3, depth: 10, widen: 1, inputShape: [8, 8, 3], seed: 2 }), [2, 8, 8, 3]],
  ["the small network", () => createSmallCnn({ classes: 3, inputShape: [6, 7, 2], seed: 2 }), [3, 6, 7, 2]],
  ["the small network, pooled early", () => createSmallCnn({ classes: 3, inputShape: [16, 17, 1], seed: 2 }), [2, 16, 17, 1]],
];

describe.each(backends)(`gradients in training on %s${leftOut}`, (_, start) => {
  beforeAll(start);

  test.each(networks)("of %s agree with finite differences", (_, create, shape) => {
    const model = create();
    for (const { name, norm, slope } of slopesAlongGradients(model, image(shape))) {
      expect(Math.abs(slope - norm), `${name}: ${slope} for ${norm}`).toBeLessThan(0.003 * norm + 1e-3);
    }
  });
});

test.each(networks)("of %s are the same on every engine", async (_, create, shape) => {
  const all: { value: number; gradients: Record<string, Float32Array> }[] = [];
  for (const [, start] of backends) {
    await start();
    const { value, gradients } = gradientsOf(create(), image(shape));
    const values = Object.entries(gradients).map(([name, t]) => [name, t.dataSync<"float32">()] as const);
    all.push({ value, gradients: Object.fromEntries(values) });
  }
  const [first, ...others] = all;
  expect(others.length).toBeGreaterThan(0);
  for (const { value, gradients } of others) {
    expect(Math.abs(value / first!.value - 1)).toBeLessThan(1e-5);
    for (const [name, expected] of Object.entries(first!.gradients)) {
      const scale = Math.max(...expected.map(Math.abs));
      // A bias that a normalization follows has the gradient 0, and noise in its place.
      expect(distance(gradients[name]!, expected), name).toBeLessThan(1e-4 * scale + 1e-5);
    }
  }
});
