import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { between, difference, dirtyHeap, numbers, sizeOf, startWasm } from "./wasm.js";

beforeAll(startWasm);

const product = fc.record({
  rows: between(1, 20),
  // 2048 and more are added up in parts when the left side is turned.
  inner: fc.oneof({ weight: 9, arbitrary: between(1, 40) }, { weight: 1, arbitrary: between(2000, 4200) }),
  // Multiples of 8 take another way.
  columns: fc.oneof(between(1, 20), fc.constantFrom(8, 24)),
  // [2, 1] against [1, 3] repeats both.
  stacks: fc.constantFrom<[number[], number[]]>(
    [[], []],
    [[1], [1]],
    [[3], [3]],
    [[1], [3]],
    [[3], []],
    [
      [2, 3],
      [2, 3],
    ],
    [
      [2, 1],
      [1, 3],
    ],
  ),
  transposeA: fc.boolean(),
  transposeB: fc.boolean(),
});

test("products of stacks of matrices, each side turned or not", () => {
  fc.assert(
    fc.property(product, ({ rows, inner, columns, stacks: [stackA, stackB], transposeA, transposeB }) => {
      dirtyHeap();
      const shapeA = [...stackA, ...(transposeA ? [inner, rows] : [rows, inner])];
      const shapeB = [...stackB, ...(transposeB ? [columns, inner] : [inner, columns])];
      const [a, b] = [numbers(sizeOf(shapeA), 1), numbers(sizeOf(shapeB), 2)];
      const stack =
        stackA.length + stackB.length === 0
          ? []
          : [0, 1].map((i) => Math.max(stackA[i] ?? 1, stackB[i] ?? 1)).slice(0, Math.max(stackA.length, stackB.length));
      const expected: number[] = [];
      const offset = (own: number[], index: number[]): number =>
        own.reduce((at, size, axis) => at * size + (size === 1 ? 0 : index[axis + index.length - own.length]!), 0);
      for (let s = 0; s < sizeOf(stack); s++) {
        const index = stack.length === 2 ? [Math.floor(s / stack[1]!), s % stack[1]!] : stack.length === 1 ? [s] : [];
        const [startA, startB] = [offset(stackA, index) * rows * inner, offset(stackB, index) * inner * columns];
        for (let r = 0; r < rows; r++)
          for (let c = 0; c < columns; c++) {
            let sum = 0;
            for (let k = 0; k < inner; k++)
              sum += a[startA + (transposeA ? k * rows + r : r * inner + k)]! * b[startB + (transposeB ? c * inner + k : k * columns + c)]!;
            expected.push(sum);
          }
      }
      tf.tidy(() => {
        const y = tf.matMul(tf.tensor(a, shapeA), tf.tensor(b, shapeB), transposeA, transposeB);
        expect(y.shape).toEqual([...stack, rows, columns]);
        expect(difference(y.dataSync(), expected)).toBeLessThan(inner > 1000 ? 2e-5 : 3e-6);
      });
    }),
    { numRuns: 200 },
  );
});

test("nothing to add up gives zeros", () => {
  expect(tf.matMul(tf.zeros([2, 0]), tf.zeros([0, 3])).arraySync()).toEqual([
    [0, 0, 0],
    [0, 0, 0],
  ]);
});
