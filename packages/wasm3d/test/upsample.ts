// The definition of nearest-neighbor upsampling and of its gradient, and its comparison with the kernels; run with SIMD and without.
import * as tf from "@tensorflow/tfjs";
import { expect } from "vitest";
import { difference, dirtyHeap, numbers, sizeOf } from "./wasm.js";

export const run = (name: string, inputs: Record<string, tf.Tensor>): tf.Tensor => tf.engine().runKernel(name, inputs) as tf.Tensor;

export function expectUpsampling(shape: [number, number, number, number, number]): void {
  const [n, d, h, w, c] = shape;
  const large = [n, 2 * d, 2 * h, 2 * w, c];
  const [x, dy] = [numbers(sizeOf(shape), 1), numbers(sizeOf(large), 2)];
  const [y, dx] = [new Float64Array(dy.length), new Float64Array(x.length)];
  for (let i = 0; i < y.length; i++) {
    const channel = i % c;
    const column = Math.floor(i / c) % (2 * w);
    const row = Math.floor(i / (c * 2 * w)) % (2 * h);
    const slice = Math.floor(i / (c * 4 * w * h)) % (2 * d);
    const sample = Math.floor(i / (c * 8 * w * h * d));
    const from = (((sample * d + (slice >> 1)) * h + (row >> 1)) * w + (column >> 1)) * c + channel;
    y[i] = x[from]!;
    dx[from]! += dy[i]!;
  }
  dirtyHeap();
  tf.tidy(() => {
    const up = run("GleanerUpsampleNearest3d", { x: tf.tensor(x, shape) });
    expect(up.shape).toEqual(large);
    expect(Array.from(up.dataSync())).toEqual(Array.from(y));
    const back = run("GleanerUpsampleNearest3dGrad", { dy: tf.tensor(dy, large) });
    expect(back.shape).toEqual(shape);
    expect(difference(back.dataSync(), dx)).toBeLessThan(1e-6);
  });
}
