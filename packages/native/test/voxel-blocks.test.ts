import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { distance, numbers } from "../../../test/double.js";
import { paired, startEngine, withEngine } from "./support/engine.js";

type Shape5 = [number, number, number, number, number];

const run = (name: string, inputs: Record<string, tf.Tensor>): tf.Tensor => tf.engine().runKernel(name, inputs) as tf.Tensor;
const tensor = (shape: number[], seed: number): tf.Tensor => tf.tensor(numbers(tf.util.sizeFromShape(shape), seed), shape);

/** Where each voxel of a block lies: [small index, channel of 8c, large index] for every number. */
function places([n, d, h, w, c]: Shape5): [number, number, number][] {
  const found: [number, number, number][] = [];
  for (let b = 0; b < n; b++)
    for (let z = 0; z < 2 * d; z++)
      for (let y = 0; y < 2 * h; y++)
        for (let x = 0; x < 2 * w; x++)
          for (let k = 0; k < c; k++) {
            const small = ((b * d + (z >> 1)) * h + (y >> 1)) * w + (x >> 1);
            const corner = (z & 1) * 4 + (y & 1) * 2 + (x & 1);
            found.push([small * c + k, small * 8 * c + corner * c + k, (((b * 2 * d + z) * 2 * h + y) * 2 * w + x) * c + k]);
          }
  return found;
}

describe.runIf(paired)(withEngine("voxels and blocks"), () => {
  beforeAll(startEngine);

  const shapes: Shape5[] = [
    [1, 1, 1, 1, 1],
    [2, 3, 2, 4, 1],
    [1, 2, 3, 5, 3],
    [2, 4, 4, 40, 16],
    [1, 0, 2, 2, 2],
  ];

  test.each(shapes)("upsampling and its gradient, shape [%d, %d, %d, %d, %d]", (...shape) => {
    const [n, d, h, w, c] = shape;
    const large = [n, 2 * d, 2 * h, 2 * w, c];
    const [x, dy] = [tensor(shape, 1), tensor(large, 2)];
    const y = run("GleanerUpsampleNearest3d", { x });
    expect(y.shape).toEqual(large);
    const [values, from, above] = [y.dataSync(), x.dataSync(), dy.dataSync()];
    const sums = new Float64Array(x.size);
    for (const [small, , big] of places(shape)) {
      expect(values[big]).toBe(from[small]);
      sums[small]! += above[big]!;
    }
    expect(distance(run("GleanerUpsampleNearest3dGrad", { dy }).dataSync(), sums)).toBeLessThan(1e-6);
    const gradient = tf.grad((t) => tf.sum(tf.mul(run("GleanerUpsampleNearest3d", { x: t }), dy)))(x);
    expect(distance(gradient.dataSync(), sums)).toBeLessThan(1e-6);
  });

  test.each(shapes)("blocks to channels, back, and their gradients, shape [%d, %d, %d, %d, %d]", (...shape) => {
    const [n, d, h, w, c] = shape;
    const [large, small] = [
      [n, 2 * d, 2 * h, 2 * w, c],
      [n, d, h, w, 8 * c],
    ];
    const x = tensor(large, 1);
    const y = run("GleanerBlocksToChannels", { x });
    expect(y.shape).toEqual(small);
    const [values, from] = [y.dataSync(), x.dataSync()];
    for (const [, channel, big] of places(shape)) expect(values[channel]).toBe(from[big]);
    const back = run("GleanerChannelsToBlocks", { x: y });
    expect(back.shape).toEqual(large);
    expect(back.dataSync()).toEqual(from);
    // Both are permutations, so the gradient of one is the other.
    const weight = tensor(small, 3);
    const gradient = tf.grad((t) => tf.sum(tf.mul(run("GleanerBlocksToChannels", { x: t }), weight)))(x);
    expect(gradient.dataSync()).toEqual(run("GleanerChannelsToBlocks", { x: weight }).dataSync());
    const other = tf.grad((t) => tf.sum(tf.mul(run("GleanerChannelsToBlocks", { x: t }), x)))(weight);
    expect(other.dataSync()).toEqual(values);
  });

  test("what does not fit is refused", () => {
    expect(() => run("GleanerUpsampleNearest3d", { x: tf.ones([2, 2]) })).toThrow("x has rank 2 where 5 is needed");
    expect(() => run("GleanerBlocksToChannels", { x: tf.ones([1, 2, 3, 2, 1]) })).toThrow(
      "axis 2 has 3 voxels where an even number is needed",
    );
    expect(() => run("GleanerChannelsToBlocks", { x: tf.ones([1, 2, 3, 2, 4]) })).toThrow("4 channels are no multiple of 8");
  });
});

describe.runIf(paired)(withEngine("reshape"), () => {
  beforeAll(startEngine);

  test.each([
    [
      [2, 3],
      [3, 2],
    ],
    [
      [2, 3],
      [2, 3],
    ],
    [
      [2, 3],
      [2, -1],
    ],
    [[2, 3], [-1]],
    [
      [4, 6],
      [2, -1, 3],
    ],
    [[1], []],
    [[], [1, 1]],
    [
      [0, 3],
      [3, 0],
    ],
  ])("%o to %o keeps the numbers and passes its gradient", (from, to) => {
    const x = tensor(from, 1);
    const expected = to.map((extent) => (extent < 0 ? x.size / Math.abs(to.reduce((a, b) => a * b, 1)) : extent));
    const y = tf.reshape(x, to);
    expect(y.shape).toEqual(expected);
    expect(y.dataSync()).toEqual(x.dataSync());
    const w = tensor(expected, 2);
    expect(
      tf
        .grad((t) => tf.sum(tf.mul(tf.reshape(t, to), w)))(x)
        .dataSync(),
    ).toEqual(w.dataSync());
  });

  test("the reshaped tensor outlives the first, and integers, booleans and strings are TensorFlow's", () => {
    const x = tensor([2, 8], 1);
    const values = x.dataSync().slice();
    const y = tf.square(tf.reshape(x, [4, 4]));
    const z = tf.reshape(x, [16]);
    const same = tf.reshape(x, [2, 8]);
    x.dispose();
    expect(z.dataSync()).toEqual(values);
    expect(same.dataSync()).toEqual(values);
    expect(
      distance(
        y.dataSync(),
        values.map((v) => v * v),
      ),
    ).toBeLessThan(1e-6);
    for (const [values, dtype] of [
      [[1, 2], "int32"],
      [[1, 0], "bool"],
    ] as const)
      expect(Array.from(tf.reshape(tf.tensor1d([...values], dtype), [2, 1]).dataSync())).toEqual(values);
    expect(tf.reshape(tf.tensor1d(["a", "b"]), [2, 1]).dataSync()).toEqual(["a", "b"]);
    expect(() => tf.reshape(tensor([4], 1), [3])).toThrow();
  });
});
