import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { expectNormalization, expectNormalizationGradients, normalization, run } from "./group-norm.js";
import { startWasm } from "./wasm.js";

beforeAll(startWasm);

test("group norm, with ReLU and with a residual, against the definition in float64", () => {
  fc.assert(fc.property(normalization, expectNormalization), { numRuns: 150 });
});

test("its gradients against finite differences of the definition", () => {
  fc.assert(fc.property(normalization, expectNormalizationGradients), { numRuns: 60 });
});

test("shapes that do not fit are named", () => {
  const x = tf.zeros([1, 4, 6]);
  const call = (groups: number, channels: number): unknown =>
    run("GleanerGroupNorm", { x, gamma: tf.ones([channels]), beta: tf.zeros([channels]) }, { groups, relu: false });
  expect(() => call(4, 6)).toThrow("groups 4, expected a divisor of the 6 channels.");
  expect(() => call(3, 5)).toThrow("gamma has shape [5], expected [6].");
  const inputs = { x, gamma: tf.ones([6]), beta: tf.zeros([6]) };
  expect(() => run("GleanerGroupNormAddRelu", { ...inputs, residual: tf.zeros([1, 6, 4]) }, { groups: 2 })).toThrow(
    "residual has shape [1,6,4], expected that of x, [1,4,6].",
  );
  const [, statistics] = run("GleanerGroupNorm", inputs, { groups: 2 });
  expect(() => run("GleanerGroupNormGrad", { ...inputs, dy: tf.zeros([6]), statistics: statistics! }, { groups: 2 })).toThrow(
    "dy has shape [6], expected that of x, [1,4,6].",
  );
});

// XNNPACK's ReLU, which other numbers of channels go through, makes 0 of NaN.
test.each([4, 20])("with %s channels a NaN reaches every value of its sample, through ReLU too, and no other sample", (channels) => {
  const x = tf.buffer([2, 3, channels]);
  x.values.fill(1);
  x.set(Number.NaN, 0, 1, 2);
  const inputs = { x: x.toTensor(), gamma: tf.ones([channels]), beta: tf.zeros([channels]) };
  const [y, statistics] = run("GleanerGroupNorm", inputs, { groups: 1, relu: true });
  const [dx] = run("GleanerGroupNormGrad", { ...inputs, dy: tf.onesLike(y!), statistics: statistics! }, { groups: 1, relu: true });
  for (const values of [y!, dx!]) {
    const [first, second] = tf.split(values, 2);
    expect(first!.dataSync().every(Number.isNaN)).toBe(true);
    expect(second!.dataSync().some(Number.isNaN)).toBe(false);
  }
});

test("a batch of nothing has an empty result, and gradients by γ and β that are 0", () => {
  const inputs = { x: tf.zeros([0, 3, 4]), gamma: tf.ones([4]), beta: tf.zeros([4]), residual: tf.zeros([0, 3, 4]) };
  const [y, statistics] = run("GleanerGroupNormAddRelu", inputs, { groups: 2 });
  expect([y!.shape, statistics!.shape]).toEqual([
    [0, 3, 4],
    [0, 2, 2],
  ]);
  const { residual, ...saved } = inputs;
  const gradients = run("GleanerGroupNormAddReluGrad", { ...saved, dy: residual, statistics: statistics!, y: y! }, { groups: 2 });
  expect(gradients.map(({ shape }) => shape)).toEqual([[0, 3, 4], [4], [4], [0, 3, 4]]);
  expect([...gradients[1]!.dataSync(), ...gradients[2]!.dataSync()]).toEqual(Array(8).fill(0));
});
