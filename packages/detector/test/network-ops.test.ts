import "@tensorflow/tfjs";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { averagePool3d, groupNorm, upsampleNearest3d } from "../src/index.js";
import { maxDifference } from "./fixture.js";
import { referenceAveragePool, referenceGroupNorm, referenceUpsample, type Volume } from "./reference-network.js";

beforeAll(async () => {
  await tf.setBackend("cpu");
  await tf.ready();
});

const shape: [number, number, number] = [2, 3, 4];
const channels = 6;
const numbers = (count: number, phase: number): Float64Array =>
  Float64Array.from({ length: count }, (_, i) => Math.fround(Math.sin(7.1 * i + phase) + 0.3 * Math.cos(1.7 * i * phase)));
const count = 24 * channels;
const samples = [1, 2].map((phase): Volume => ({ shape, channels, data: numbers(count, phase) }));
const x = () => tf.tensor5d(Float32Array.from(samples.flatMap(({ data }) => Array.from(data))), [2, ...shape, channels]);
const gamma = numbers(channels, 3).map((v) => 1 + 0.3 * v);
const beta = numbers(channels, 4);
const factors = numbers(2 * count, 5);
const vector = (v: Float64Array) => tf.tensor1d(Float32Array.from(v));

/** Central differences of f with respect to every entry of v. */
function differences(v: Float64Array, f: () => number): number[] {
  return Array.from(v, (value, i) => {
    v[i] = value + 1e-6;
    const above = f();
    v[i] = value - 1e-6;
    const below = f();
    v[i] = value;
    return (above - below) / 2e-6;
  });
}

describe.each([1, 2, 3, 6])("groupNorm with %i groups", (groups) => {
  describe.each(["linear", "relu"] as const)("and %s", (activation) => {
    const reference = () => samples.flatMap((s) => Array.from(referenceGroupNorm(s, gamma, beta, groups, activation === "relu").data));
    const referenceLoss = () => reference().reduce((sum, v, i) => sum + factors[i]! * v, 0);

    test("agrees with float64", () => {
      tf.tidy(
        () =>
          void expect(
            maxDifference(groupNorm(x(), vector(gamma), vector(beta), { groups, activation }).dataSync(), reference()),
          ).toBeLessThan(1e-5),
      );
    });
    test("its gradient agrees with finite differences in float64", () => {
      tf.tidy(() => {
        const f = vector(factors);
        const loss = (a: tf.Tensor, g: tf.Tensor, b: tf.Tensor) =>
          tf.sum(tf.mul(tf.reshape(groupNorm(a, g as tf.Tensor1D, b as tf.Tensor1D, { groups, activation }), [-1]), f));
        const [dx, dg, db] = tf.grads(loss as never)([x(), vector(gamma), vector(beta)]);
        const expected = samples.flatMap((s) => differences(s.data, referenceLoss));
        expect(maxDifference(dx!.dataSync(), expected)).toBeLessThan(2e-5);
        expect(maxDifference(dg!.dataSync(), differences(gamma, referenceLoss))).toBeLessThan(2e-5);
        expect(maxDifference(db!.dataSync(), differences(beta, referenceLoss))).toBeLessThan(2e-5);
        expect(dx!.shape).toEqual([2, ...shape, channels]);
      });
    });
    test("its gradient agrees with composed operators", () => {
      tf.tidy(() => {
        const composed = (a: tf.Tensor, g: tf.Tensor, b: tf.Tensor) => {
          const r = tf.reshape(a, [2, 24, groups, channels / groups]);
          const centered = tf.sub(r, tf.mean(r, [1, 3], true));
          const scaled = tf.mul(centered, tf.rsqrt(tf.add(tf.mean(tf.square(centered), [1, 3], true), 1e-5)));
          const y = tf.add(tf.mul(tf.reshape(scaled, a.shape), g), b);
          return tf.sum(tf.mul(tf.reshape(activation === "relu" ? tf.relu(y) : y, [-1]), vector(factors)));
        };
        const own = (a: tf.Tensor, g: tf.Tensor, b: tf.Tensor) =>
          tf.sum(tf.mul(tf.reshape(groupNorm(a, g as tf.Tensor1D, b as tf.Tensor1D, { groups, activation }), [-1]), vector(factors)));
        const inputs = [x(), vector(gamma), vector(beta)];
        const [a, b] = [tf.grads(composed as never)(inputs), tf.grads(own as never)(inputs)];
        for (const i of [0, 1, 2]) expect(maxDifference(a[i]!.dataSync(), b[i]!.dataSync())).toBeLessThan(2e-5);
      });
    });
  });
});

test("groupNorm keeps its digits where the mean is far above the deviation", () => {
  tf.tidy(() => {
    const far = tf.add(tf.tensor2d([1, 2, 3, 4], [1, 4]), 4096) as tf.Tensor2D;
    const y = groupNorm(far, tf.ones([4]), tf.zeros([4]), { groups: 1 }).dataSync();
    expect(maxDifference(y, [-1.341636, -0.447212, 0.447212, 1.341636])).toBeLessThan(1e-4);
  });
});

test("groupNorm of a constant is its shift, and groups must divide channels", () => {
  tf.tidy(() => {
    expect(
      Array.from(groupNorm(tf.fill([1, 8, 2], 3), tf.ones([2]), tf.tensor1d([0.5, -1]), { groups: 1 }).dataSync()).slice(0, 2),
    ).toEqual([0.5, -1]);
    expect(() => groupNorm(tf.zeros([1, 2, 3]), tf.ones([3]), tf.zeros([3]), { groups: 2 })).toThrow(
      "groups 2, expected a divisor of the 3 channels",
    );
  });
});

describe("upsampleNearest3d", () => {
  test("agrees with float64", () => {
    tf.tidy(
      () =>
        void expect(Array.from(upsampleNearest3d(x()).dataSync())).toEqual(samples.flatMap((s) => Array.from(referenceUpsample(s).data))),
    );
  });
  test("its gradient is the sum over the eight copies, to the weights of a sum", () => {
    tf.tidy(() => {
      const weights = vector(numbers(2 * 8 * count, 6));
      const dx = tf.grad((a: tf.Tensor) => tf.sum(tf.mul(tf.reshape(upsampleNearest3d(a as tf.Tensor5D), [-1]), weights)))(x());
      const flat = weights.dataSync();
      const loss = () => samples.flatMap((s) => Array.from(referenceUpsample(s).data)).reduce((sum, v, i) => sum + flat[i]! * v, 0);
      expect(
        maxDifference(
          dx.dataSync(),
          samples.flatMap((s) => differences(s.data, loss)),
        ),
      ).toBeLessThan(2e-5);
    });
  });
});

describe("averagePool3d", () => {
  const even = [1, 2].map((phase): Volume => ({ shape: [2, 6, 4], channels: 3, data: numbers(48 * 3, phase) }));
  const tensor = () => tf.tensor5d(Float32Array.from(even.flatMap(({ data }) => Array.from(data))), [2, 2, 6, 4, 3]);
  const pooled = () => even.flatMap((s) => Array.from(referenceAveragePool(s).data));

  test("agrees with float64, and its gradient with finite differences", () => {
    tf.tidy(() => {
      const y = averagePool3d(tensor());
      expect(y.shape).toEqual([2, 1, 3, 2, 3]);
      expect(maxDifference(y.dataSync(), pooled())).toBeLessThan(1e-6);
      const weights = vector(numbers(y.size, 6));
      const dx = tf.grad((a: tf.Tensor) => tf.sum(tf.mul(tf.reshape(averagePool3d(a as tf.Tensor5D), [-1]), weights)))(tensor());
      const flat = weights.dataSync();
      const loss = () => pooled().reduce((sum, v, i) => sum + flat[i]! * v, 0);
      const expected = even.flatMap((s) => differences(s.data, loss));
      expect(maxDifference(dx.dataSync(), expected)).toBeLessThan(2e-5);
    });
  });
  test("an odd extent is refused", () => {
    tf.tidy(() => void expect(() => averagePool3d(tf.zeros([1, 2, 3, 2, 1]))).toThrow("x of shape [1, 2, 3, 2, 1], expected even extents"));
  });
});

test("groupNorm hands its work to the engine's own operator where there is one, forward and backward", () => {
  const calls: { inputs: string[]; attrs: unknown }[] = [];
  const answers = (name: string, make: (x: tf.Tensor) => tf.Tensor[]) =>
    tf.registerKernel({
      kernelName: name,
      backendName: "cpu",
      kernelFunc: ({ inputs, attrs }) => {
        calls.push({ inputs: Object.keys(inputs), attrs });
        return make(inputs["x"] as tf.Tensor);
      },
    });
  answers("GleanerGroupNorm", (a) => [tf.fill(a.shape, 2), tf.fill([a.shape[0]!, 3, 2], 7)]);
  answers("GleanerGroupNormGrad", (a) => [tf.fill(a.shape, 3), tf.fill([channels], 4), tf.fill([channels], 5)]);
  try {
    const before = tf.memory().numTensors;
    tf.tidy(() => {
      const loss = (a: tf.Tensor, g: tf.Tensor, b: tf.Tensor) =>
        tf.sum(groupNorm(a, g as tf.Tensor1D, b as tf.Tensor1D, { groups: 3, activation: "relu" }));
      const { value, grads } = tf.valueAndGrads(loss as never)([x(), vector(gamma), vector(beta)]);
      expect(value.dataSync()[0]).toBe(2 * 2 * count);
      expect(grads.map((g) => g.dataSync()[0])).toEqual([3, 4, 5]);
    });
    expect(tf.memory().numTensors).toBe(before);
    const attrs = { groups: 3, epsilon: 1e-5, relu: true };
    expect(calls).toEqual([
      { inputs: ["x", "gamma", "beta"], attrs },
      { inputs: ["dy", "x", "gamma", "beta", "statistics"], attrs },
    ]);
  } finally {
    tf.unregisterKernel("GleanerGroupNorm", "cpu");
    tf.unregisterKernel("GleanerGroupNormGrad", "cpu");
  }
});

describe.each(["linear", "relu"] as const)("groupNorm with a residual and %s", (activation) => {
  const residual = numbers(2 * count, 6);
  const sum = () => {
    const y = samples.flatMap((s) => Array.from(referenceGroupNorm(s, gamma, beta, 3, false).data)).map((v, i) => v + residual[i]!);
    return activation === "relu" ? y.map((v) => Math.max(0, v)) : y;
  };
  const ofShape = (v: Float64Array) => tf.reshape(vector(v), [2, ...shape, channels]);
  const run = (a: tf.Tensor, g: tf.Tensor, b: tf.Tensor, r: tf.Tensor) =>
    groupNorm(a, g as tf.Tensor1D, b as tf.Tensor1D, { groups: 3, activation, residual: r });

  test("agrees with float64, and its gradients with finite differences", () => {
    tf.tidy(() => {
      const inputs = [x(), vector(gamma), vector(beta), ofShape(residual)] as const;
      expect(maxDifference(run(...inputs).dataSync(), sum())).toBeLessThan(1e-5);
      const loss = (...all: tf.Tensor[]) =>
        tf.sum(tf.mul(tf.reshape(run(...(all as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor])), [-1]), vector(factors)));
      const [dx, , , dr] = tf.grads(loss)([...inputs]);
      const expected = () => sum().reduce((total, v, i) => total + factors[i]! * v, 0);
      expect(
        maxDifference(
          dx!.dataSync(),
          samples.flatMap((s) => differences(s.data, expected)),
        ),
      ).toBeLessThan(2e-5);
      expect(maxDifference(dr!.dataSync(), differences(residual, expected))).toBeLessThan(2e-5);
    });
  });

  test("leaves one tensor, and a residual of another shape is refused", () => {
    tf.tidy(() => {
      const inputs = [x(), vector(gamma), vector(beta), ofShape(residual)] as const;
      const before = tf.memory().numTensors;
      run(...inputs);
      expect(tf.memory().numTensors).toBe(before + 1);
      expect(() => run(inputs[0], inputs[1], inputs[2], tf.zeros([2, 6]))).toThrow(
        "residual of shape [2, 6], expected x's [2, 2, 3, 4, 6]",
      );
    });
  });
});
