import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { expectUpsampling, run } from "./upsample.js";
import { between, startWasm } from "./wasm.js";

beforeAll(startWasm);

test("nearest upsampling and its gradient against their definitions in float64", () => {
  fc.assert(
    fc.property(fc.tuple(between(1, 3), between(1, 5), between(1, 5), between(1, 5), between(1, 9)), (shape) => expectUpsampling(shape)),
    { numRuns: 200 },
  );
});

test("of nothing there is nothing, and what is no volume is refused", () => {
  expect(run("GleanerUpsampleNearest3d", { x: tf.zeros([0, 2, 2, 2, 3]) }).shape).toEqual([0, 4, 4, 4, 3]);
  expect(() => run("GleanerUpsampleNearest3d", { x: tf.zeros([2, 2]) })).toThrow(
    "x is float32 of shape [2,2], expected float32 [batch, z, y, x, channel].",
  );
  expect(() => run("GleanerUpsampleNearest3d", { x: tf.zeros([1, 2, 2, 2, 1], "int32") })).toThrow("x is int32 of shape");
  expect(() => run("GleanerUpsampleNearest3dGrad", { dy: tf.zeros([1, 2, 3, 2, 1]) })).toThrow(
    "dy has shape [1,2,3,2,1], expected even extents.",
  );
});
