import { backend_util, type TensorInfo, util } from "@tensorflow/tfjs-core";
import type { Heap } from "./heap.js";
import { type Kernel, kernel } from "./kernel.js";

/** Below this many values a JavaScript loop is as fast as the calls into compiled code. */
const worthHalving = 4096;

/** Sums [rows, inner] over the rows in float64, into `to` at `at`. */
function sumPlainly(
  from: ArrayLike<number>,
  start: number,
  rows: number,
  inner: number,
  to: { [i: number]: number },
  at: number,
  totals: Float64Array,
): void {
  totals.fill(0);
  for (let row = 0, i = start; row < rows; row++) for (let c = 0; c < inner; c++) totals[c]! += from[i++]!;
  for (let c = 0; c < inner; c++) to[at + c] = totals[c]!;
}

/**
 * Sums [outer, rows, inner] over the rows, into [outer, inner]. Long sums are halved: the second half of the rows is added to the first, and so on,
 * which is fast (SIMD additions of contiguous memory) and keeps float32's error at the logarithm of the count.
 */
export function sumRows(heap: Heap, input: number, outer: number, rows: number, inner: number, output: number): void {
  const bytes = 4;
  const block = rows * inner;
  const totals = new Float64Array(inner);
  if (block < worthHalving || (inner === 1 && outer > 1)) {
    const [from, to] = [heap.floats(input, outer * block), heap.floats(output, outer * inner)];
    if (inner === 1) {
      for (let o = 0, i = 0; o < outer; o++) {
        let total = 0;
        for (const end = i + rows; i < end; i++) total += from[i]!;
        to[o] = total;
      }
    } else for (let o = 0; o < outer; o++) sumPlainly(from, o * block, rows, inner, to, o * inner, totals);
    return;
  }
  heap.withScratch((allocate) => {
    const half = Math.ceil(rows / 2);
    const sums = allocate(half * inner);
    for (let o = 0; o < outer; o++) {
      const start = input + o * block * bytes;
      let left = half;
      const pairs = rows - left;
      heap.add(start, start + left * inner * bytes, sums, pairs * inner);
      // Of an odd number of rows the middle one has no partner.
      if (pairs < left) heap.floats(sums + pairs * inner * bytes, inner).set(heap.floats(start + pairs * inner * bytes, inner));
      while (left * inner >= worthHalving && left > 1) {
        const kept = Math.ceil(left / 2);
        heap.add(sums, sums + kept * inner * bytes, sums, (left - kept) * inner);
        left = kept;
      }
      sumPlainly(heap.floats(sums, left * inner), 0, left, inner, heap.floats(output, outer * inner), o * inner, totals);
    }
  });
}

/** Steps [outer, rows, inner] that reduce one run of reduced axes after the other, the first one first: it leaves least for the others. */
function reductions(shape: number[], axes: number[]): [outer: number, rows: number, inner: number][] {
  const steps: [number, number, number][] = [];
  const sizeOf = (part: number[]): number => part.reduce((a, b) => a * b, 1);
  let outer = 1;
  for (let axis = 0; axis < shape.length; axis++) {
    if (!axes.includes(axis)) {
      outer *= shape[axis]!;
      continue;
    }
    const first = axis;
    while (axes.includes(axis + 1)) axis++;
    const rows = sizeOf(shape.slice(first, axis + 1));
    if (rows !== 1) steps.push([outer, rows, sizeOf(shape.slice(axis + 1))]);
  }
  return steps;
}

function reduce(heap: Heap, x: TensorInfo, { axis, keepDims }: Attributes, isMean: boolean): TensorInfo {
  const axes = util.parseAxisParam(axis, x.shape);
  const [kept, reduced] = backend_util.computeOutAndReduceShapes(x.shape, axes);
  const output = heap.output(keepDims ? backend_util.expandShapeToKeepDim(kept, axes) : kept, isMean ? "float32" : x.dtype);
  const count = util.sizeFromShape(reduced);
  const steps = reductions(x.shape, axes);
  if (util.sizeFromShape(x.shape) === 0) {
    heap.values(output).fill(isMean ? Number.NaN : 0);
    return output;
  }
  heap.withScratch((allocate) => {
    let from = heap.pointer(x);
    const isConverted = isMean && x.dtype !== "float32";
    if (isConverted) {
      from = allocate(util.sizeFromShape(x.shape));
      heap.floats(from, util.sizeFromShape(x.shape)).set(heap.values(x));
    }
    for (const [i, [outer, rows, inner]] of steps.entries()) {
      const to = i === steps.length - 1 ? heap.pointer(output) : allocate(outer * inner);
      if (x.dtype === "float32" || isConverted) sumRows(heap, from, outer, rows, inner, to);
      else sumIntegers(heap, from, outer, rows, inner, to);
      from = to;
    }
    if (steps.length === 0) heap.values(output).set(isConverted ? heap.floats(from, util.sizeFromShape(x.shape)) : heap.values(x));
  });
  if (isMean) {
    const values = heap.values(output);
    for (let i = 0; i < values.length; i++) values[i]! /= count;
  }
  return output;
}

function sumIntegers(heap: Heap, input: number, outer: number, rows: number, inner: number, output: number): void {
  const asIntegers = (pointer: number, count: number): Int32Array => {
    const { buffer, byteOffset } = heap.floats(pointer, count);
    return new Int32Array(buffer, byteOffset, count);
  };
  const [from, to] = [asIntegers(input, outer * rows * inner), asIntegers(output, outer * inner)];
  const totals = new Float64Array(inner);
  for (let o = 0; o < outer; o++) sumPlainly(from, o * rows * inner, rows, inner, to, o * inner, totals);
}

interface Attributes {
  axis: number | number[];
  keepDims: boolean;
}

/** The stock kernels transpose when the axes are not the last ones, which makes the gradient of a bias slower than a convolution. */
export const sumKernels: Record<string, Kernel> = {
  Sum: kernel<{ x: TensorInfo }, Attributes>((heap, { x }, attributes) => reduce(heap, x, attributes, false)),
  Mean: kernel<{ x: TensorInfo }, Attributes>((heap, { x }, attributes) => reduce(heap, x, attributes, true)),
};
