import * as tf from "@tensorflow/tfjs";
import { beforeAll, expect, test } from "vitest";
import { startWasm } from "./wasm.js";

beforeAll(startWasm);

test("a clone shares its values, outlives its source, and frees them with the last", () => {
  const before = tf.memory();
  const source = tf.tensor1d([1, 2, 3]);
  const clone = tf.clone(source);
  expect(tf.memory().numDataBuffers - before.numDataBuffers).toBe(1);
  source.dispose();
  expect([...clone.dataSync()]).toEqual([1, 2, 3]);
  clone.dispose();
  expect(tf.memory().numDataBuffers).toBe(before.numDataBuffers);
});

test("strings and values that are handed out are the same as before", () => {
  expect(tf.clone(tf.tensor1d(["a", "b"])).dataSync()).toEqual(["a", "b"]);
  const x = tf.tensor1d([1, 2]);
  const values = tf.clone(x).dataSync();
  values[0] = 9;
  expect([...x.dataSync()]).toEqual([1, 2]);
});
