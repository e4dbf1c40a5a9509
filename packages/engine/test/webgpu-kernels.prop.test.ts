// The repaired kernels at the ranks of volumes against plain JavaScript, whose kernels are other code.

import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { chooseEngine } from "../src/index.js";
import { hasSoftwareGpu, useSoftwareGpu } from "./software-gpu.js";

const lengths = fc.integer({ min: 1, max: 3 });
const shapes = fc.oneof(
  fc.tuple(lengths, lengths, lengths, lengths, lengths),
  fc.tuple(lengths, lengths, lengths, lengths, lengths, lengths),
);

/** Values of both signs without a tie, so that no comparison hangs on rounding. */
const filled = (shape: number[], phase: number): tf.Tensor =>
  tf.tensor(
    Float32Array.from({ length: tf.util.sizeFromShape(shape) }, (_, i) => Math.sin(1.7 * i + phase) * 2),
    shape,
  );

async function onBoth(run: () => tf.Tensor): Promise<void> {
  const results: { values: number[]; shape: number[] }[] = [];
  for (const backend of ["cpu", "webgpu"]) {
    await tf.setBackend(backend);
    const { numTensors } = tf.memory();
    const result = tf.tidy(run);
    results.push({ values: Array.from(await result.data()), shape: result.shape });
    result.dispose();
    expect(tf.memory().numTensors).toBe(numTensors);
  }
  const [expected, actual] = results;
  expect(actual!.shape).toEqual(expected!.shape);
  for (const [i, value] of expected!.values.entries()) expect(actual!.values[i]).toBeCloseTo(value, 4);
}

const check = <T extends unknown[]>(arbitraries: { [K in keyof T]: fc.Arbitrary<T[K]> }, run: (...given: T) => tf.Tensor): Promise<void> =>
  fc.assert(
    fc.asyncProperty(...(arbitraries as [fc.Arbitrary<unknown>]), (...given) => onBoth(() => run(...(given as unknown as T)))),
    { numRuns: 8 },
  );

describe.runIf(hasSoftwareGpu)(
  "repaired kernels on SwiftShader (left out where chromium's driver or npm's webgpu is not installed)",
  () => {
    beforeAll(async () => {
      useSoftwareGpu();
      await chooseEngine({ prefer: "webgpu" });
    });

    const binaries = {
      add: tf.add,
      sub: tf.sub,
      mul: tf.mul,
      maximum: tf.maximum,
      greater: tf.greater,
      squaredDifference: tf.squaredDifference,
    };

    test.each(Object.entries(binaries))("%s with one number for each channel, on either side", async (_, operator) => {
      await check([shapes, fc.boolean(), fc.boolean()], (shape, isOne, isFirst) => {
        const [x, channel] = [filled(shape, 0), filled([isOne ? 1 : shape.at(-1)!], 1)];
        return isFirst ? operator(channel, x) : operator(x, channel);
      });
    });

    test("prelu with one slope for each channel", () => check([shapes], (shape) => tf.prelu(filled(shape, 0), filled([shape.at(-1)!], 1))));

    const sides = fc.array(fc.tuple(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 0, max: 2 })), { minLength: 6, maxLength: 6 });

    test("padding with a constant", () =>
      check([shapes, sides], (shape, paddings) => tf.pad(filled(shape, 0), paddings.slice(0, shape.length), 5)));

    test("padding by reflection", () =>
      check([shapes, sides], (shape, paddings) =>
        tf.mirrorPad(
          filled(shape, 0),
          shape.map((length, axis) => (length > 2 ? paddings[axis]! : [0, 0])),
          "reflect",
        ),
      ));

    const axes = fc.uniqueArray(fc.integer({ min: -5, max: 4 }), { minLength: 1, maxLength: 5, selector: (axis) => (axis + 5) % 5 });

    test("reversal", () =>
      check([shapes, axes], (shape, chosen) =>
        tf.reverse(filled(shape, 0), shape.length === 5 ? chosen : chosen.filter((axis) => axis >= 0).concat(5)),
      ));

    test("sums of many tensors", () =>
      check([shapes, fc.integer({ min: 1, max: 40 })], (shape, count) =>
        tf.addN(Array.from({ length: count }, (_, i) => filled(shape, i))),
      ));

    // Not counted from the end: plain JavaScript gives another shape then.
    test("running sums", () =>
      check([shapes, fc.integer({ min: 0, max: 4 }), fc.boolean(), fc.boolean()], (shape, axis, exclusive, reverse) =>
        tf.cumsum(filled(shape, 0), axis, exclusive, reverse),
      ));

    test("running sums from the end, of several lengths", () =>
      check([fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 }), fc.boolean()], (shape, exclusive) =>
        tf.cumsum(filled(shape, 0), shape.length - 1, exclusive, true),
      ));

    test("where, with a condition for each element and for each entry of the first axis", () =>
      check([shapes, fc.boolean()], (shape, isRow) => {
        const condition = tf.greater(filled(isRow ? shape.slice(0, 1) : shape, 2), tf.scalar(0));
        // tf.where makes the shapes equal; the kernel can do with less, but not the one in plain JavaScript.
        const spread = tf.broadcastTo(tf.reshape(condition, [-1, ...shape.slice(1).map((length) => (isRow ? 1 : length))]), shape);
        const given = { condition: tf.getBackend() === "cpu" ? spread : condition, t: filled(shape, 0), e: filled(shape, 1) };
        return tf.engine().runKernel("Select", given) as tf.Tensor;
      }));
  },
);
