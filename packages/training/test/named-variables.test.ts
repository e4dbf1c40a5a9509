import * as tf from "@tensorflow/tfjs";
import { beforeAll, expect, test } from "vitest";
import { assignVariables, createTensors, lossGradients, namedVariables, readTensors } from "../src/index.js";

beforeAll(async () => {
  await tf.setBackend("cpu");
});

const model = (): tf.Sequential =>
  tf.sequential({
    layers: [
      tf.layers.conv2d({ name: "stem", filters: 2, kernelSize: 3, inputShape: [8, 8, 1] }),
      tf.layers.batchNormalization({ name: "norm" }),
      tf.layers.flatten({ name: "flat" }),
      tf.layers.dense({ name: "head", units: 2 }),
    ],
  });

test("names do not depend on how many models the process has made", () => {
  const names = [
    "stem/kernel",
    "stem/bias",
    "norm/gamma",
    "norm/beta",
    "norm/moving_mean",
    "norm/moving_variance",
    "head/kernel",
    "head/bias",
  ];
  const sorted = (record: object): string[] => Object.keys(record).sort();
  expect(sorted(namedVariables(model()))).toEqual([...names].sort());
  const second = model();
  expect(sorted(namedVariables(second))).toEqual([...names].sort());
  expect(sorted(namedVariables(second, { which: "fixed" }))).toEqual(["norm/moving_mean", "norm/moving_variance"]);
  expect(sorted(namedVariables(second, { which: "trainable" }))).toEqual(names.filter((name) => !name.includes("moving")).sort());
});

test("a name that comes again is numbered, the same for every choice of which", () => {
  const weight = (name: string, trainable: boolean, value: number) => {
    const variable = tf.variable(tf.scalar(value), trainable);
    return { name, trainable, read: () => variable };
  };
  const owner = { weights: [weight("w", false, 1), weight("w", true, 2), weight("w#2", true, 3), weight("w", true, 4)] };
  const read = (record: Record<string, tf.Variable>): [string, number][] =>
    Object.entries(record).map(([name, v]) => [name, v.dataSync()[0]!]);
  expect(read(namedVariables(owner))).toEqual([
    ["w", 1],
    ["w#2", 2],
    ["w#2#2", 3],
    ["w#3", 4],
  ]);
  expect(read(namedVariables(owner, { which: "trainable" }))).toEqual([
    ["w#2", 2],
    ["w#2#2", 3],
    ["w#3", 4],
  ]);
});

test("gradients carry the stable names; what the loss does not reach has none", () => {
  const first = model();
  const second = model();
  const variables = namedVariables(second, { which: "trainable" });
  const unused = tf.variable(tf.scalar(1));
  const before = tf.memory().numTensors;
  const { value, gradients } = lossGradients(
    () => tf.mean(tf.square(second.apply(tf.ones([2, 8, 8, 1]), { training: true }) as tf.Tensor)) as tf.Scalar,
    { ...variables, unused },
  );
  expect(Object.keys(gradients).sort()).toEqual(Object.keys(variables).sort());
  for (const [name, gradient] of Object.entries(gradients)) expect(gradient.shape).toEqual(variables[name]!.shape);
  tf.dispose([value, gradients]);
  expect(tf.memory().numTensors).toBe(before);
  first.dispose();
});

test("tensors go to plain data and back, and into another model of the kind", async () => {
  const [from, to] = [namedVariables(model()), namedVariables(model())];
  const saved = await readTensors(from);
  assignVariables(to, createTensors(saved));
  expect(await readTensors(to)).toEqual(saved);
  const flags = await readTensors({ flags: tf.tensor1d([true, false], "bool"), count: tf.scalar(3, "int32") });
  expect(flags).toEqual({
    flags: { dtype: "BOOL", shape: [2], data: new Uint8Array([1, 0]) },
    count: { dtype: "I32", shape: [], data: new Int32Array([3]) },
  });
  expect(await readTensors(createTensors(flags))).toEqual(flags);
  await expect(readTensors({ text: tf.tensor1d(["a"]) })).rejects.toThrow(/text.*string/);
  expect(() => createTensors({ x: { dtype: "F64", shape: [1], data: new Float64Array(1) } })).toThrow(TypeError);
});

test("assigning changes nothing unless all fits", () => {
  const variables = { a: tf.variable(tf.scalar(1)), b: tf.variable(tf.zeros([2])) };
  expect(() => assignVariables(variables, { a: tf.scalar(5) })).toThrow(/variable b/);
  expect(() => assignVariables(variables, { a: tf.scalar(5), b: tf.zeros([3]) })).toThrow(/\[3\].*\[2\]/);
  expect(() => assignVariables(variables, { a: tf.scalar(5, "int32"), b: tf.zeros([2]) })).toThrow(/int32/);
  expect(() => assignVariables(variables, { a: tf.scalar(5), b: tf.zeros([2]), c: tf.scalar(0) })).toThrow(/tensor c/);
  expect(variables.a.dataSync()[0]).toBe(1);
});
