import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { batchNormDouble, differences, distance, momentsDouble, numbers } from "../../../test/double.js";
import { batchNorm, type SumAcross } from "../src/batch-norm.js";
import { BatchNormLayer, createSmallCnn, createWideResNet } from "../src/index.js";
import { backends, leftOut } from "./backends.js";

const channels = 3;
const rows = { first: 10, second: 4 };
const whole = channels * (rows.first + rows.second);

/** One row a channel of `values`, added up. */
const columnSums = (values: ArrayLike<number>): number[] =>
  Array.from({ length: channels }, (_, c) => {
    let sum = 0;
    for (let i = c; i < values.length; i += channels) sum += values[i]!;
    return sum;
  });

describe.each(backends)(`batch normalization of shares on %s${leftOut}`, (_, start) => {
  beforeAll(start);

  test.each([0.1, 1])("values, statistics and the gradients of two shares are those of the whole batch (slope %d)", (slope) => {
    const c = { channels, epsilon: 1e-3, slope };
    // The shares are apart, so that the statistics of either would not do.
    const x = numbers(whole, 1).map((value, i) => value + (i < channels * rows.first ? 0 : 2));
    const [gamma, beta, w] = [numbers(channels, 2), numbers(channels, 3), numbers(whole, 4)];
    const { y } = batchNormDouble(x, gamma, beta, c);
    const { mean, variance } = momentsDouble(x, channels);

    // What an engine with the other share adds, in double precision: Σx, then Σ(x − μ)², then Σd and Σd·x̂; and how many there are, each time.
    const sumsOf = (from: number, to: number): number[][] => {
      const part = Array.from({ length: to - from }, (_, i) => from + i);
      const behind = part.map((i) => w[i]! * (y[i]! > 0 ? 1 : slope));
      const centered = part.map((i) => x[i]! - mean[i % channels]!);
      const normalized = centered.map((value, i) => value / Math.sqrt(variance[i % channels]! + c.epsilon));
      const count = part.length / channels;
      return [
        [...columnSums(part.map((i) => x[i]!)), count],
        [...columnSums(centered.map((value) => value ** 2)), count],
        [...columnSums(behind), ...columnSums(behind.map((d, i) => d * normalized[i]!)), count],
      ];
    };
    const edge = channels * rows.first;
    const shares = [
      { from: 0, to: edge, others: sumsOf(edge, whole) },
      { from: edge, to: whole, others: sumsOf(0, edge) },
    ].map(({ from, to, others }) => {
      const left = [...others];
      const sumAcross: SumAcross = (sums) => {
        const other = left.shift()!;
        expect(sums).toHaveLength(other.length);
        return sums.map((sum, i) => sum + other[i]!);
      };
      const seen: Float32Array[] = [];
      const weights = tf.tensor(w.slice(from, to), [to - from]);
      let share: Float32Array | undefined;
      const gradients = tf.grads((a, b, d) => {
        const values = batchNorm(a!, b as tf.Tensor1D, d as tf.Tensor1D, { epsilon: c.epsilon, slope, sumAcross }, (statistics) =>
          seen.push(...[statistics.mean, statistics.variance].map((t) => t.dataSync<"float32">().slice())),
        );
        share = values.dataSync<"float32">().slice();
        return tf.sum(tf.mul(tf.reshape(values, [to - from]), weights));
      })([tf.tensor(x.slice(from, to), [(to - from) / channels, channels]), tf.tensor1d(gamma), tf.tensor1d(beta)]);
      expect(left).toEqual([]);
      return { values: share!, seen, gradients: gradients.map((gradient) => gradient.dataSync<"float32">()) };
    });

    const [first, second] = shares as [(typeof shares)[0], (typeof shares)[0]];
    expect(distance([...first.values, ...second.values], y)).toBeLessThan(5e-6);
    const n = whole / channels;
    for (const { seen } of shares) {
      expect(distance(seen[0]!, mean)).toBeLessThan(1e-6);
      expect(
        distance(
          seen[1]!,
          variance.map((v) => (v * n) / (n - 1)),
        ),
      ).toBeLessThan(2e-6);
    }
    const loss = (...all: ArrayLike<number>[]): number =>
      batchNormDouble(all[0]!, all[1]!, all[2]!, c).y.reduce((sum, value, i) => sum + value * w[i]!, 0);
    const added = (k: number): number[] => Array.from(first.gradients[k]!, (value, i) => value + second.gradients[k]![i]!);
    const pairs: [ArrayLike<number>, Float64Array][] = [
      [[...first.gradients[0]!, ...second.gradients[0]!], differences((v) => loss(v, gamma, beta), x)],
      [added(1), differences((v) => loss(x, v, beta), gamma)],
      [added(2), differences((v) => loss(x, gamma, v), beta)],
    ];
    for (const [gradient, expected] of pairs)
      expect(distance(gradient, expected) / Math.max(1, ...expected.map(Math.abs))).toBeLessThan(3e-5);
  });
});

describe("a network of shares", () => {
  beforeAll(() => tf.setBackend("cpu"));

  test.each([
    ["small", (sumAcross?: SumAcross) => createSmallCnn({ inputShape: [8, 8, 1], classes: 2, ...(sumAcross && { sumAcross }) }), 3],
    [
      "Wide ResNet",
      (sumAcross?: SumAcross) =>
        createWideResNet({ inputShape: [8, 8, 1], classes: 2, depth: 10, widen: 1, variant: "clean", ...(sumAcross && { sumAcross }) }),
      7,
    ],
  ])("%s: beside nobody it is the network of a batch; every normalization asks twice in training, never in use", (_, make, norms) => {
    let asked = 0;
    const alone: SumAcross = (sums) => {
      asked++;
      return sums;
    };
    const [plain, shared] = [make(), make(alone)];
    const x = tf.tensor(numbers(3 * 64, 5), [3, 8, 8, 1]);
    const logits = (model: tf.LayersModel, training: boolean) => (model.apply(x, { training }) as tf.Tensor).dataSync();
    expect(distance(logits(shared, true), logits(plain, true))).toBeLessThan(1e-6);
    expect(asked).toBe(2 * norms);
    logits(shared, false);
    expect(asked).toBe(2 * norms);
    expect(JSON.stringify(new BatchNormLayer({ momentum: 0.9, epsilon: 1e-3, slope: 0.1, sumAcross: alone }).getConfig())).not.toContain(
      "sumAcross",
    );
  });
});
