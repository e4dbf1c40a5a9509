import * as tf from "@tensorflow/tfjs";
import "@tensorflow/tfjs-backend-wasm";
import fc from "fast-check";
import { registerWasm3d } from "../src/index.js";

/** Makes the WASM backend active, with this package's kernels. */
export async function startWasm(): Promise<void> {
  registerWasm3d();
  await tf.setBackend("wasm");
  dirtyHeap();
}

/** Fills free memory with large numbers, so that a kernel which relies on zeros is found. */
export function dirtyHeap(): void {
  const junk = [10, 100, 1000, 10_000, 100_000].flatMap((size) => Array.from({ length: 8 }, () => tf.fill([size], 1e6)));
  tf.dispose(junk);
}

/** Numbers in −1..1 that depend on the seed only. */
export function numbers(count: number, seed: number): Float32Array {
  let state = (seed * 2654435761 + 12345) >>> 0;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 2 ** 32) * 2 - 1;
  });
}

export const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/** The largest difference as a part of the largest expected value. */
export function difference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  let largest = 1e-3;
  let worst = 0;
  for (let i = 0; i < actual.length; i++) {
    largest = Math.max(largest, Math.abs(expected[i]!));
    const apart = Math.abs(actual[i]! - expected[i]!);
    if (Number.isNaN(apart)) return Number.NaN;
    worst = Math.max(worst, apart);
  }
  return worst / largest;
}

/** A whole number, smaller ones first when a counterexample is shrunk. */
export const between = (min: number, max: number): fc.Arbitrary<number> => fc.integer({ min, max });
