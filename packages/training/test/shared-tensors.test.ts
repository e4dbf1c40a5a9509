import { Worker } from "node:worker_threads";
import * as tf from "@tensorflow/tfjs";
import { beforeAll, expect, test } from "vitest";
import { createSharedTensors, openSharedTensors } from "../src/index.js";

beforeAll(async () => {
  await tf.setBackend("cpu");
});

test("what is written is there for whoever opened them, each write as a whole", () => {
  const here = createSharedTensors({ w: [2, 2], b: [], none: [0, 3] });
  const there = openSharedTensors(here.handle);
  expect(["w", "b", "none", "other"].map((name) => there.values(name))).toEqual([undefined, undefined, undefined, undefined]);
  expect(there.version()).toBe(0);
  here.write({
    w: tf.tensor2d([
      [1, 2],
      [3, 4],
    ]),
    none: tf.zeros([0, 3]),
  });
  expect(there.version()).toBe(1);
  expect(there.values("w")).toEqual(Float32Array.of(1, 2, 3, 4));
  expect(there.values("none")).toEqual(new Float32Array());
  expect(there.values("b")).toBeUndefined();
  there.write({ b: tf.scalar(5) });
  expect([here.version(), here.values("w"), here.values("b")]).toEqual([2, undefined, Float32Array.of(5)]);
});

test("another thread reads and writes the same memory", async () => {
  const shared = createSharedTensors({ w: [3] });
  shared.write({ w: tf.tensor1d([1, 2, 3]) });
  // The floats are the last ones of the memory.
  const script =
    "const { workerData: m } = require('node:worker_threads'); const w = new Float32Array(m, m.byteLength - 12); w[2] += w[1];";
  await new Promise((done) => new Worker(script, { eval: true, workerData: shared.handle.memory }).on("exit", done));
  expect(shared.values("w")).toEqual(Float32Array.of(1, 2, 5));
});

test("what does not fit is refused, and nothing of it written", () => {
  const shared = createSharedTensors({ w: [2], v: [1] });
  expect(() => shared.write({ v: tf.zeros([1]), w: tf.zeros([3]) })).toThrow(
    new RangeError("the tensor w has the shape [3], expected [2]"),
  );
  expect(() => shared.write({ u: tf.zeros([2]) })).toThrow(new RangeError("the tensor u has the shape [2], expected one of w,v"));
  expect(() => shared.write({ w: tf.zeros([2], "int32") })).toThrow(new TypeError("the tensor w is int32, expected float32"));
  expect([shared.version(), shared.values("v")]).toEqual([0, undefined]);
  expect(() => createSharedTensors({ w: [1.5] })).toThrow(new RangeError("the tensor w has the extent 1.5, expected integers from 0"));
  expect(() => createSharedTensors({ w: [-1] })).toThrow("the extent -1");
});
