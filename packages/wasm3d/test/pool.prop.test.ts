import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { line } from "./reference-convolution.js";
import { between, difference, dirtyHeap, numbers, sizeOf, startWasm } from "./wasm.js";

beforeAll(startWasm);

const triple = (min: number, max: number): fc.Arbitrary<[number, number, number]> =>
  fc.tuple(between(min, max), between(min, max), between(min, max));

interface Drawn {
  x: number[];
  y: number[];
  /** For each output position the flat voxel indices (without channel) of its window, in C order. */
  windows: number[][];
  attributes: { filterSize: [number, number, number]; strides: [number, number, number]; pad: "same" | "valid" };
}

const pooling: fc.Arbitrary<Drawn> = fc
  .record({ batch: between(1, 3), size: triple(1, 7), taps: triple(1, 3), strides: triple(1, 3), channels: between(1, 4) })
  .chain((r) => fc.constantFrom("same" as const, "valid" as const).map((pad) => ({ ...r, pad })))
  .map(({ batch, size, taps, strides, channels, pad }) => {
    const lines = size.map((n, i) => line(n, taps[i]!, strides[i]!, 1, pad));
    const inside = (axis: number, o: number): number[] =>
      Array.from({ length: taps[axis]! }, (_, k) => o * strides[axis]! + k - lines[axis]!.pad).filter((p) => p >= 0 && p < size[axis]!);
    const windows: number[][] = [];
    for (let n = 0; n < batch; n++)
      for (let z = 0; z < lines[0]!.output; z++)
        for (let y = 0; y < lines[1]!.output; y++)
          for (let x = 0; x < lines[2]!.output; x++)
            windows.push(
              inside(0, z).flatMap((a) =>
                inside(1, y).flatMap((b) => inside(2, x).map((c) => ((n * size[0] + a) * size[1] + b) * size[2] + c)),
              ),
            );
    return {
      x: [batch, ...size, channels],
      y: [batch, ...lines.map((l) => l.output), channels],
      windows,
      attributes: { filterSize: taps, strides, pad },
    };
  })
  .filter(({ y }) => sizeOf(y) > 0);

const values = (shape: number[], seed: number): tf.Tensor5D =>
  tf.tensor(numbers(sizeOf(shape), seed), shape as [number, number, number, number, number]);

/** Forward values and the gradient by x of Σ y·dy. */
function reference({ x, y, windows }: Drawn, seed: { x: number; dy: number }, kind: "max" | "avg"): { y: Float64Array; dx: Float64Array } {
  const channels = x[4]!;
  const input = numbers(sizeOf(x), seed.x);
  const dy = numbers(sizeOf(y), seed.dy);
  const result = { y: new Float64Array(sizeOf(y)), dx: new Float64Array(sizeOf(x)) };
  windows.forEach((window, o) => {
    for (let c = 0; c < channels; c++) {
      const at = window.map((voxel) => voxel * channels + c);
      const to = o * channels + c;
      if (kind === "avg") {
        for (const i of at) {
          result.y[to]! += input[i]! / at.length;
          result.dx[i]! += dy[to]! / at.length;
        }
      } else {
        const best = at.reduce((a, b) => (input[b]! > input[a]! ? b : a));
        result.y[to] = input[best]!;
        result.dx[best]! += dy[to]!;
      }
    }
  });
  return result;
}

for (const kind of ["max", "avg"] as const) {
  const pool = kind === "max" ? tf.maxPool3d : tf.avgPool3d;
  test(`${kind}Pool3d and its gradient against the definition in float64`, () => {
    fc.assert(
      fc.property(pooling, (drawn) => {
        dirtyHeap();
        const { filterSize, strides, pad } = drawn.attributes;
        const expected = reference(drawn, { x: 1, dy: 2 }, kind);
        tf.tidy(() => {
          const { value, grad } = tf.valueAndGrad((x: tf.Tensor5D) => pool(x, filterSize, strides, pad))(
            values(drawn.x, 1),
            values(drawn.y, 2),
          );
          expect(difference(value.dataSync(), expected.y)).toBeLessThan(1e-6);
          expect(difference(grad.dataSync(), expected.dx)).toBeLessThan(1e-6);
        });
      }),
      { numRuns: 150 },
    );
  });

  test(`the gradient of ${kind}Pool in 2D is that in 3D at depth 1`, () => {
    const pool2d = kind === "max" ? tf.maxPool : tf.avgPool;
    fc.assert(
      fc.property(pooling, ({ x: [n, , h, w, c], attributes: { filterSize, strides, pad } }) => {
        dirtyHeap();
        tf.tidy(() => {
          const x = tf.tensor(numbers(n! * h! * w! * c!, 1), [n!, 1, h!, w!, c!]) as tf.Tensor5D;
          const taps: [number, number] = [filterSize[1], filterSize[2]];
          const steps: [number, number] = [strides[1], strides[2]];
          const weighted = (y: tf.Tensor): tf.Scalar => tf.sum(tf.mul(tf.reshape(y, [-1]), tf.tensor1d(numbers(y.size, 2))));
          const byVolume = tf.grad((x) => weighted(pool(x as tf.Tensor5D, [1, ...taps], [1, ...steps], pad)))(x);
          const byImage = tf.grad((x) => weighted(pool2d(x as tf.Tensor4D, taps, steps, pad)))(tf.reshape(x, [n!, h!, w!, c!]));
          expect(difference(byImage.dataSync(), byVolume.dataSync())).toBeLessThan(1e-6);
        });
      }),
      { numRuns: 60 },
    );
  });
}

test("whole numbers and NaN are pooled as themselves", () => {
  tf.tidy(() => {
    const whole = tf.tensor([-3, -2, -5, -4], [1, 1, 2, 2, 1], "int32") as tf.Tensor5D;
    expect(Array.from(tf.maxPool3d(whole, [1, 2, 2], 1, "valid").dataSync())).toEqual([-2]);
    const withNaN = tf.tensor([1, Number.NaN, 3, 2], [1, 1, 1, 4, 1]) as tf.Tensor5D;
    expect(Array.from(tf.maxPool3d(withNaN, [1, 1, 2], [1, 1, 2], "valid").dataSync())).toEqual([Number.NaN, 3]);
  });
});

test("of equal values the first gets the gradient", () => {
  const gradient = tf.tidy(() => tf.grad((x) => tf.maxPool3d(x as tf.Tensor5D, 2, 2, "valid"))(tf.ones([1, 2, 2, 2, 1])));
  expect(Array.from(gradient.dataSync())).toEqual([1, 0, 0, 0, 0, 0, 0, 0]);
});
