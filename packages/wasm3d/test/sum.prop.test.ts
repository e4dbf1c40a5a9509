import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { between, difference, dirtyHeap, numbers, sizeOf, startWasm } from "./wasm.js";

beforeAll(startWasm);

/** Sums over axes in float64 by walking the indices. */
function reference(x: ArrayLike<number>, shape: number[], axes: number[]): Float64Array {
  const kept = shape.map((n, axis) => (axes.includes(axis) ? 1 : n));
  const sums = new Float64Array(sizeOf(kept));
  for (let i = 0; i < x.length; i++) {
    let [rest, to, stride] = [i, 0, 1];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const index = rest % shape[axis]!;
      rest = (rest - index) / shape[axis]!;
      if (!axes.includes(axis)) to += index * stride;
      stride *= kept[axis]!;
    }
    sums[to]! += x[i]!;
  }
  return sums;
}

const reduction = fc
  .array(fc.oneof(between(1, 4), between(1, 4), between(5, 40)), { minLength: 1, maxLength: 5 })
  .filter((shape) => sizeOf(shape) < 100_000)
  .chain((shape) => fc.subarray(shape.map((_, axis) => axis)).map((axes) => ({ shape, axes })))
  .filter(({ axes }) => axes.length > 0);

test("sums and means over any axes", () => {
  fc.assert(
    fc.property(reduction, fc.boolean(), ({ shape, axes }, keepDims) => {
      dirtyHeap();
      const x = numbers(sizeOf(shape), 1);
      const expected = reference(x, shape, axes);
      const count = sizeOf(axes.map((axis) => shape[axis]!));
      tf.tidy(() => {
        const sum = tf.sum(tf.tensor(x, shape), axes, keepDims);
        const mean = tf.mean(tf.tensor(x, shape), axes, keepDims);
        expect(sum.shape).toEqual(keepDims ? shape.map((n, a) => (axes.includes(a) ? 1 : n)) : shape.filter((_, a) => !axes.includes(a)));
        expect(mean.shape).toEqual(sum.shape);
        // The terms are at most 1 and may cancel, so the error is measured by their number.
        expect(difference(sum.dataSync(), expected) * Math.max(1e-3, ...expected.map(Math.abs))).toBeLessThan(
          1e-6 * Math.sqrt(count) + 1e-6,
        );
        expect(Math.max(...mean.dataSync().map((m, i) => Math.abs(m - expected[i]! / count)))).toBeLessThan(1e-6);
      });
    }),
    { numRuns: 200 },
  );
});

test("a sum of a million small numbers keeps float32's digits", () => {
  for (const shape of [[1_000_003], [1_000_003, 3], [2, 333_333, 2]]) {
    tf.tidy(() => {
      const sum = tf.sum(tf.fill(shape, 0.1), shape.length === 3 ? 1 : 0);
      const expected = shape[shape.length === 3 ? 1 : 0]! * Math.fround(0.1);
      for (const value of sum.dataSync()) expect(Math.abs(value / expected - 1)).toBeLessThan(2e-6);
    });
  }
});

test("whole numbers, nothing at all and no axis that counts", () => {
  expect(tf.sum(tf.tensor2d([1, 2, 3, 2 ** 28], [2, 2], "int32"), 0).arraySync()).toEqual([4, 2 + 2 ** 28]);
  expect(tf.mean(tf.tensor1d([true, false, true, true], "bool")).arraySync()).toBe(0.75);
  expect(tf.mean(tf.tensor2d([5, 6], [1, 2], "int32"), 0).arraySync()).toEqual([5, 6]);
  expect(tf.sum(tf.zeros([0, 3]), 0).arraySync()).toEqual([0, 0, 0]);
  expect(tf.mean(tf.zeros([0, 3]), 0).arraySync()).toEqual([Number.NaN, Number.NaN, Number.NaN]);
  expect(tf.sum(tf.tensor2d([1, 2], [1, 2]), 0, true).arraySync()).toEqual([[1, 2]]);
});
