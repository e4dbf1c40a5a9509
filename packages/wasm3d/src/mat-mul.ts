import { broadcast_util, type TensorInfo, util } from "@tensorflow/tfjs-core";
import type { Heap } from "./heap.js";
import { type Kernel, kernel } from "./kernel.js";
import { fitsTiles } from "./tiled-correlate.js";
import { multiplyByTiles, multiplyTurnedByTiles } from "./tiled-product.js";

/** Rows that are turned together, so that both sides stay in the nearest cache. */
const block = 32;

/** [rows, columns] → [columns, rows] */
function transpose(source: Float32Array, target: Float32Array, rows: number, columns: number): void {
  for (let low = 0; low < rows; low += block) {
    const high = Math.min(rows, low + block);
    for (let column = 0; column < columns; column++) {
      for (let row = low; row < high; row++) target[column * rows + row] = source[row * columns + column]!;
    }
  }
}

/** The longest sum of products in one call when the left side is turned anyway: longer ones lose digits, and leave the cache. */
const longest = 2048;

/** output = leftᵀ · right for left [inner, rows] and right [inner, columns], in parts of the sum. */
function multiplyTurned(heap: Heap, left: number, right: number, output: number, rows: number, inner: number, columns: number): void {
  heap.withScratch((allocate) => {
    const turned = allocate(rows * Math.min(inner, longest));
    const part = inner > longest ? allocate(rows * columns) : 0;
    for (let first = 0; first < inner; first += longest) {
      const count = Math.min(longest, inner - first);
      transpose(heap.floats(left + first * rows * bytes, count * rows), heap.floats(turned, count * rows), count, rows);
      const target = first === 0 ? output : part;
      heap.multiplyAll([{ left: turned, output: target }], right + first * columns * bytes, rows, count, columns);
      if (first > 0) heap.add(output, part, output, rows * columns);
    }
  });
}

const bytes = 4;

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
    const [indexA, indexB] = [batchIndices(a.shape.slice(0, -2), stack), batchIndices(b.shape.slice(0, -2), stack)];
    heap.withScratch((allocate) => {
      const turned = transposeB ? allocate(inner * columns) : 0;
      for (const [i, index] of indexA.entries()) {
        const left = heap.pointer(a) + index * rows * inner * bytes;
        let right = heap.pointer(b) + indexB[i]! * inner * columns * bytes;
        if (transposeB) {
          const isTurned = i > 0 && indexB[i] === indexB[i - 1];
          if (!isTurned) transpose(heap.floats(right, inner * columns), heap.floats(turned, inner * columns), columns, inner);
          right = turned;
        }
        const to = heap.pointer(output) + i * rows * columns * bytes;
        if (heap.tiles && fitsTiles(columns)) {
          (transposeA ? multiplyTurnedByTiles : multiplyByTiles)(heap, heap.tiles, left, right, to, rows, inner, columns);
        } else if (transposeA) multiplyTurned(heap, left, right, to, rows, inner, columns);
        else heap.multiplyAll([{ left, output: to }], right, rows, inner, columns);
      }
    });
    return output;
  },
);

export const matMulKernels: Record<string, Kernel> = { BatchMatMul: batchMatMul };
