import * as tf from "@tensorflow/tfjs";
import { beforeAll, expect, test } from "vitest";
import { createEma } from "../src/index.js";

beforeAll(async () => {
  await tf.setBackend("cpu");
});

const model = (): Record<string, tf.Variable> => ({
  a: tf.variable(tf.tensor1d([1, 2])),
  b: tf.variable(tf.ones([100, 100])),
  c: tf.variable(tf.scalar(4)),
});
const read = (record: Record<string, tf.Tensor>, name: string): number => record[name]!.dataSync()[0]!;

test("swapping in and out puts back what was trained, and other tensors of the model may change meanwhile", () => {
  const variables = model();
  const ema = createEma(variables, { decay: 0.5 });
  for (const variable of Object.values(variables)) variable.assign(tf.add(variable, 2) as tf.Tensor<tf.Rank>);
  ema.update();
  ema.swapIn();
  expect(["a", "b", "c"].map((name) => read(variables, name))).toEqual([2, 2, 5]);
  ema.swapOut();
  expect(["a", "b", "c"].map((name) => read(variables, name))).toEqual([3, 3, 6]);
  ema.swapOut();
  expect(read(variables, "a")).toBe(3);
});

test("an average of what does not change stays, to the bit", () => {
  const variables = { a: tf.variable(tf.tensor1d([0.1, 1e-7, -3.3])) };
  const before = variables.a.dataSync().slice();
  const ema = createEma(variables, { decay: 0.999 });
  for (let i = 0; i < 10; i++) ema.update();
  ema.swapIn();
  expect(variables.a.dataSync()).toEqual(before);
  ema.swapOut();
});

test("what would lose weights or averages is refused while they are swapped", () => {
  const ema = createEma(model(), { decay: 0.5 });
  const snapshot = ema.snapshot();
  ema.swapIn();
  expect(() => ema.update()).toThrow(/swapOut/);
  expect(() => ema.swapIn()).toThrow(/swapOut/);
  expect(() => ema.restore(snapshot)).toThrow(/swapOut/);
  ema.swapOut();
  ema.update();
});

test("restore wants an average of each variable, of its shape, and nothing else", () => {
  const ema = createEma(model(), { decay: 0.5 });
  const { "average/a": a, ...rest } = ema.snapshot();
  expect(() => ema.restore(rest)).toThrow(/average\/a/);
  ema.restore({ ...rest, "average/a": a! });
  ema.restore({ ...rest, "average/a": tf.zeros([3]) });
  expect(() => ema.update()).toThrow(/shape/);
});

test("leaks nothing; dispose swaps out", () => {
  const variables = model();
  const before = tf.memory().numTensors;
  const ema = createEma(variables, { decay: 0.5 });
  ema.update();
  const running = tf.memory().numTensors;
  for (let i = 0; i < 3; i++) {
    ema.update();
    ema.swapIn();
    ema.swapOut();
    const snapshot = ema.snapshot();
    ema.restore(snapshot);
    tf.dispose(snapshot);
    ema.update();
  }
  expect(tf.memory().numTensors).toBe(running);
  variables["c"]!.assign(tf.scalar(7));
  const held = tf.memory().numTensors;
  ema.swapIn();
  ema.dispose();
  expect(read(variables, "c")).toBe(7);
  expect(tf.memory().numTensors - (held - running)).toBe(before);
});
