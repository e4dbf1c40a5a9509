import { broadcast_util, type TensorInfo, util } from "@tensorflow/tfjs-core";
import type { Heap } from "./heap.js";
import { type Kernel, kernel } from "./kernel.js";

/** [rows, columns] → [columns, rows] */
function transpose(heap: Heap, from: number, to: number, rows: number, columns: number): void {
  const [source, target] = [heap.floats(from, rows * columns), heap.floats(to, rows * columns)];
  for (let row = 0, next = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) target[column * rows + row] = source[next++]!;
}

/** The matrix of an operand that belongs to each matrix of the result; axes of length 1 are repeated. */
function batchIndices(shape: number[], result: number[]): number[] {
  const padded = [...Array<number>(result.length - shape.length).fill(1), ...shape];
  let indices = [0];
  for (const [axis, length] of result.entries()) {
    const size = padded[axis]!;
    indices = indices.flatMap((index) => Array.from({ length }, (_, i) => index * size + (size === 1 ? 0 : i)));
  }
  return indices;
}

/**
 * The product of two stacks of matrices. The stock kernel leaves XNNPACK for a plain loop when a side is transposed, as in every gradient of a
 * product, or when there is more than one matrix; here a transposed side is turned first.
 */
const batchMatMul = kernel<{ a: TensorInfo; b: TensorInfo }, { transposeA: boolean; transposeB: boolean }>(
  (heap, { a, b }, { transposeA, transposeB }) => {
    if (a.dtype !== "float32" || b.dtype !== "float32")
      throw new TypeError(`matMul got ${a.dtype} and ${b.dtype}, expected float32 on the WASM backend.`);
    const sides = (shape: number[], isTransposed: boolean): [number, number] => {
      const [first, second] = shape.slice(-2) as [number, number];
      return isTransposed ? [second, first] : [first, second];
    };
    const [rows, inner] = sides(a.shape, transposeA);
    const [innerB, columns] = sides(b.shape, transposeB);
    if (inner !== innerB)
      throw new RangeError(`matMul got [${a.shape}] and [${b.shape}], whose inner sizes ${inner} and ${innerB} should be equal.`);
    const stack = broadcast_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
    const output = heap.output([...stack, rows, columns]);
    if (util.sizeFromShape(output.shape) === 0) return output;
    if (inner === 0) {
      heap.values(output).fill(0);
      return output;
    }
    const bytes = 4;
    const [indexA, indexB] = [batchIndices(a.shape.slice(0, -2), stack), batchIndices(b.shape.slice(0, -2), stack)];
    heap.withScratch((allocate) => {
      const turnedA = transposeA ? allocate(rows * inner) : 0;
      const turnedB = transposeB ? allocate(inner * columns) : 0;
      for (let i = 0; i < indexA.length; i++) {
        const isNewB = i === 0 || indexB[i] !== indexB[i - 1];
        const left = heap.pointer(a) + indexA[i]! * rows * inner * bytes;
        const right = heap.pointer(b) + indexB[i]! * inner * columns * bytes;
        if (transposeA) transpose(heap, left, turnedA, inner, rows);
        if (transposeB && isNewB) transpose(heap, right, turnedB, columns, inner);
        const to = heap.pointer(output) + i * rows * columns * bytes;
        heap.multiplyAll([{ left: transposeA ? turnedA : left, output: to }], transposeB ? turnedB : right, rows, inner, columns);
      }
    });
    return output;
  },
);

export const matMulKernels: Record<string, Kernel> = { BatchMatMul: batchMatMul };
