import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { type BatchNormCase, batchNormDouble, differences, distance, momentsDouble, numbers } from "../../../test/double.js";
import { batchNorm } from "../src/batch-norm.js";
import { BatchNormLayer, createSmallCnn, createWideResNet, IdleNormLayer } from "../src/index.js";
import { backends, leftOut } from "./backends.js";

const cases: [shape: number[], options: Omit<BatchNormCase, "channels">][] = [
  [[2, 3, 5, 4], { epsilon: 1e-3, slope: 0.1 }],
  [[3, 2, 2, 1], { epsilon: 1e-5, slope: 0 }],
  [[1, 4, 3, 2], { epsilon: 1e-3, slope: 1 }],
  [[7, 3], { epsilon: 1e-2, slope: 0.3 }],
  [[2, 2, 3, 2, 5], { epsilon: 1e-3, slope: 0.1 }],
];

describe.each(backends)(`batch normalization on %s${leftOut}`, (_, start) => {
  beforeAll(start);

  test.each(cases)("value, statistics and gradient agree with double precision: %o %o", (shape, options) => {
    const c = { ...options, channels: shape.at(-1)! };
    const size = shape.reduce((a, b) => a * b, 1);
    const [x, gamma, beta, w] = [numbers(size, 1), numbers(c.channels, 2), numbers(c.channels, 3), numbers(size, 4)];
    const inputs = [tf.tensor(x, shape), tf.tensor1d(gamma), tf.tensor1d(beta)] as const;
    const seen: Float32Array[] = [];
    const y = batchNorm(...inputs, options, ({ mean, variance }) =>
      seen.push(...[mean, variance].map((t) => t.dataSync<"float32">().slice())),
    );
    expect(y.shape).toEqual(shape);
    expect(distance(y.dataSync(), batchNormDouble(x, gamma, beta, c).y)).toBeLessThan(5e-6);
    const { mean, variance } = momentsDouble(x, c.channels);
    const n = size / c.channels;
    expect(distance(seen[0]!, mean)).toBeLessThan(1e-6);
    expect(
      distance(
        seen[1]!,
        variance.map((v) => (v * n) / (n - 1)),
      ),
    ).toBeLessThan(1e-6);

    const weights = tf.tensor(w, shape);
    const gradients = tf.grads((a, b, d) => tf.sum(tf.mul(batchNorm(a!, b as tf.Tensor1D, d as tf.Tensor1D, options), weights)))([
      ...inputs,
    ]);
    const loss = (...all: ArrayLike<number>[]): number =>
      batchNormDouble(all[0]!, all[1]!, all[2]!, c).y.reduce((sum, value, i) => sum + value * w[i]!, 0);
    const expected = [
      differences((v) => loss(v, gamma, beta), x),
      differences((v) => loss(x, v, beta), gamma),
      differences((v) => loss(x, gamma, v), beta),
    ];
    for (const [i, gradient] of gradients.entries()) {
      const scale = Math.max(1, ...expected[i]!.map(Math.abs));
      expect(distance(gradient.dataSync(), expected[i]!) / scale).toBeLessThan(3e-5);
    }
  });

  test("a mean far above the deviation costs few digits", () => {
    const x = numbers(6 * 40 * 3, 5).map((value) => 1000 + value);
    const y = batchNorm(tf.tensor(x, [6, 40, 3]), tf.ones([3]), tf.zeros([3]), {});
    expect(distance(y.dataSync(), batchNormDouble(x, [1, 1, 1], [0, 0, 0], { channels: 3, epsilon: 1e-3, slope: 1 }).y)).toBeLessThan(1e-3);
  });

  test("a training step leaves no tensor behind", () => {
    const layer = new BatchNormLayer({ momentum: 0.9, epsilon: 1e-3, slope: 0.1 });
    const x = tf.tensor(numbers(48, 6), [2, 3, 2, 4]);
    layer.apply(x, { training: true });
    const variables = layer.trainableWeights.map((weight) => weight.read() as tf.Variable);
    const step = (): void => {
      const { value, grads } = tf.variableGrads(() => tf.sum(tf.square(layer.apply(x, { training: true }) as tf.Tensor)), variables);
      tf.dispose([value, grads]);
    };
    step();
    const before = tf.memory().numTensors;
    step();
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe("the layer", () => {
  beforeAll(() => tf.setBackend("cpu"));
  const make = (momentum = 0.75): BatchNormLayer => new BatchNormLayer({ name: "norm", momentum, epsilon: 1e-3, slope: 0.1 });

  test("running statistics follow those of the batch, the variance with n − 1", () => {
    const layer = make();
    layer.apply(tf.tensor2d([1, 3, 5, 7], [4, 1]), { training: true });
    const [, , mean, variance] = layer.getWeights().map((t) => t.dataSync()[0]!);
    expect(mean).toBeCloseTo(0.25 * 4, 6);
    expect(variance).toBeCloseTo(0.75 + 0.25 * (20 / 3), 6);
  });

  test("one value alone has the variance 0, not NaN", () => {
    const layer = make();
    const y = layer.apply(tf.tensor2d([[2, 3]]), { training: true }) as tf.Tensor;
    expect([...y.dataSync()]).toEqual([0, 0]);
    expect([...layer.getWeights()[3]!.dataSync()]).toEqual([0.75, 0.75]);
  });

  test("without training it normalizes by the running statistics, leaves them alone, and has a gradient", () => {
    const layer = make();
    layer.apply(tf.zeros([1, 2]));
    layer.setWeights([tf.tensor1d([2, -1]), tf.tensor1d([0.5, 0]), tf.tensor1d([1, 2]), tf.tensor1d([4, 0.25])]);
    const x = [3, -2, 0, 5];
    const expected = x.map((v, i) => {
      const k = i % 2;
      const z = ([2, -1][k]! * (v - [1, 2][k]!)) / Math.sqrt([4, 0.25][k]! + 1e-3) + [0.5, 0][k]!;
      return z > 0 ? z : 0.1 * z;
    });
    expect(distance((layer.apply(tf.tensor2d(x, [2, 2])) as tf.Tensor).dataSync(), expected)).toBeLessThan(1e-5);
    expect([...layer.getWeights()[2]!.dataSync()]).toEqual([1, 2]);
    const slope = tf
      .grad((t) => tf.sum(layer.apply(t) as tf.Tensor))(tf.tensor2d(x, [2, 2]))
      .dataSync();
    const scale = [2 / Math.sqrt(4.001), -1 / Math.sqrt(0.251)];
    expect(
      distance(
        slope,
        expected.map((y, i) => scale[i % 2]! * (y > 0 ? 1 : 0.1)),
      ),
    ).toBeLessThan(1e-5);
  });

  test("weights have Keras' names, and the configuration makes the same layer", () => {
    const layer = make(0.9);
    layer.apply(tf.zeros([1, 2]));
    expect(layer.weights.map(({ originalName }) => originalName)).toEqual([
      "norm/gamma",
      "norm/beta",
      "norm/moving_mean",
      "norm/moving_variance",
    ]);
    expect(layer.trainableWeights.length).toBe(2);
    const config = layer.getConfig();
    expect(config).toMatchObject({ name: "norm", momentum: 0.9, epsilon: 1e-3, slope: 0.1 });
    expect(new BatchNormLayer(config as never).getConfig()).toEqual(config);
  });

  test.each([
    ["momentum", { momentum: 1 }],
    ["momentum", { momentum: Number.NaN }],
    ["epsilon", { epsilon: 0 }],
    ["slope", { slope: -0.1 }],
    ["slope", { slope: 2 }],
  ])("a wrong %s is named: %o", (name, wrong) => {
    const args = { momentum: 0.9, epsilon: 1e-3, slope: 0.1, ...wrong };
    expect(() => new BatchNormLayer(args)).toThrow(new RegExp(`^${name} .*got ${Object.values(wrong)[0]}$`));
  });

  test("saved models load once the layers are registered", async () => {
    for (const layer of [BatchNormLayer, IdleNormLayer]) tf.serialization.registerClass(layer as never);
    const x = tf.tensor(numbers(2 * 8 * 8 * 3, 7), [2, 8, 8, 3]);
    for (const model of [
      createWideResNet({ classes: 2, depth: 10, widen: 1, inputShape: [8, 8, 3] }),
      createSmallCnn({ classes: 2, inputShape: [8, 8, 3] }),
    ]) {
      model.apply(x, { training: true });
      let saved: tf.io.ModelArtifacts | undefined;
      await model.save(
        tf.io.withSaveHandler(async (artifacts) => {
          saved = artifacts;
          return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: "JSON" } };
        }),
      );
      const copy = await tf.loadLayersModel(tf.io.fromMemory(saved!));
      expect([...(copy.predict(x) as tf.Tensor).dataSync()]).toEqual([...(model.predict(x) as tf.Tensor).dataSync()]);
    }
  });
});
