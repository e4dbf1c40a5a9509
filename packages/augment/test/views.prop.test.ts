import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { expect, it } from "vitest";
import {
  type AnchorGrid,
  anchorPermutation,
  applyAnchorPermutation,
  composeSymmetries,
  inverseSymmetry,
  type Symmetry,
  type Triple,
  transformBoxes,
  transformVolume,
} from "../src/index.js";
import { anySymmetry, expectClose, onEachBackend } from "./helpers.js";

const side = fc.integer({ min: 1, max: 4 });
const anyShape: fc.Arbitrary<Triple> = fc.tuple(side, side, side);
const permuted = (size: Triple, { axes }: Symmetry): Triple => [size[axes[0]], size[axes[1]], size[axes[2]]];

const volumeOf = ([z, y, x]: Triple, batch: number, channels: number): tf.Tensor5D =>
  tf.reshape(tf.range(1, batch * z * y * x * channels + 1), [batch, z, y, x, channels]);

const value = fc.double({ min: -4, max: 12, noNaN: true }).map(Math.fround);
const anyBoxes = fc
  .array(fc.tuple(value, value, value, value, value, value), { maxLength: 4 })
  .map((boxes) => boxes.flatMap((b) => [0, 1, 2, 3, 4, 5].map((i) => Math[i < 3 ? "min" : "max"](b[i % 3]!, b[(i % 3) + 3]!))));

/** Sizes closed under every order of the axes: a cube, or all orders of three lengths. */
const anySizes: fc.Arbitrary<Triple[]> = fc
  .array(
    fc.oneof(
      side.map((s): Triple[] => [[s, s, s]]),
      fc.tuple(side, side, side).map(([a, b, c]): Triple[] => [
        [a, b, c],
        [a, c, b],
        [b, a, c],
        [b, c, a],
        [c, a, b],
        [c, b, a],
      ]),
    ),
    { minLength: 1, maxLength: 2 },
  )
  .map((lists) => lists.flat());

/** Levels of strides 1, 2 … over a patch of `size` locations at the last one. */
const anyPatch = fc.tuple(anyShape, fc.array(anySizes, { minLength: 1, maxLength: 3 })).map(([size, lists]) => {
  const strides = lists.map((_, level) => 2 ** level);
  const scale = strides.at(-1)!;
  const patch: Triple = [size[0] * scale, size[1] * scale, size[2] * scale];
  const gridOf = (of: Triple): AnchorGrid => ({
    levels: lists.map((anchors, level) => ({
      anchors,
      shape: [of[0] / strides[level]!, of[1] / strides[level]!, of[2] / strides[level]!],
    })),
  });
  return { patch, strides, gridOf };
});

/** The boxes of a grid's anchors, centers at i·stride + (stride − 1)/2, written without the package's own index arithmetic. */
function anchorBoxes(grid: AnchorGrid, strides: readonly number[]): number[] {
  const boxes: number[] = [];
  for (const [level, { shape, anchors }] of grid.levels.entries()) {
    const center = (i: number): number => (i + 0.5) * strides[level]! - 0.5;
    for (let z = 0; z < shape[0]; z++) {
      for (let y = 0; y < shape[1]; y++) {
        for (let x = 0; x < shape[2]; x++) {
          for (const size of anchors) {
            const middle = [center(z), center(y), center(x)];
            boxes.push(...middle.map((c, i) => c - size[i]! / 2), ...middle.map((c, i) => c + size[i]! / 2));
          }
        }
      }
    }
  }
  return boxes;
}

onEachBackend(() => {
  it("moves voxels by the definition of the symmetry", () => {
    fc.assert(
      fc.property(
        anyShape,
        anySymmetry,
        fc.integer({ min: 1, max: 2 }),
        fc.integer({ min: 1, max: 3 }),
        (shape, symmetry, batch, channels) => {
          tf.tidy(() => {
            const volume = volumeOf(shape, batch, channels);
            const view = transformVolume(volume, symmetry);
            const size = permuted(shape, symmetry);
            expect(view.shape).toEqual([batch, ...size, channels]);
            const before = volume.dataSync();
            const expected: number[] = [];
            for (let b = 0; b < batch; b++) {
              for (const i of new Array(size[0] * size[1] * size[2]).keys()) {
                const output = [Math.floor(i / (size[1] * size[2])), Math.floor(i / size[2]) % size[1], i % size[2]];
                const input = [0, 0, 0];
                for (const axis of [0, 1, 2]) {
                  input[symmetry.axes[axis]!] = symmetry.flips[axis] ? size[axis]! - 1 - output[axis]! : output[axis]!;
                }
                const voxel = (input[0]! * shape[1] + input[1]!) * shape[2] + input[2]!;
                for (let c = 0; c < channels; c++) expected.push(before[(b * shape[0] * shape[1] * shape[2] + voxel) * channels + c]!);
              }
            }
            expect(Array.from(view.dataSync())).toEqual(expected);
          });
        },
      ),
    );
  });

  it("brings voxels back with the inverse, and composes", () => {
    fc.assert(
      fc.property(anyShape, anySymmetry, anySymmetry, (shape, first, second) => {
        tf.tidy(() => {
          const volume = volumeOf(shape, 1, 2);
          const view = transformVolume(volume, first);
          expect(transformVolume(view, inverseSymmetry(first)).arraySync()).toEqual(volume.arraySync());
          expect(transformVolume(volume, composeSymmetries(first, second)).arraySync()).toEqual(transformVolume(view, second).arraySync());
        });
      }),
    );
  });

  it("has the gradient of a rearrangement", () => {
    fc.assert(
      fc.property(anyShape, anySymmetry, (shape, symmetry) => {
        tf.tidy(() => {
          const volume = volumeOf(shape, 1, 1);
          const weights = transformVolume(volume, symmetry);
          const gradient = tf.grad((v) => tf.sum(tf.mul(transformVolume(v as tf.Tensor5D, symmetry), weights)))(volume);
          expect(Array.from(gradient.dataSync())).toEqual(Array.from(volume.dataSync()));
        });
      }),
      { numRuns: 30 },
    );
  });

  it("brings anchors back with the inverse, on the grid as the view has it", () => {
    fc.assert(
      fc.property(anyPatch, anySymmetry, ({ patch, gridOf }, symmetry) => {
        const there = anchorPermutation(gridOf(patch), symmetry);
        const back = anchorPermutation(gridOf(permuted(patch, symmetry)), inverseSymmetry(symmetry));
        expect(Array.from(there).sort((a, b) => a - b)).toEqual(Array.from(there.keys()));
        tf.tidy(() => {
          const values = tf.reshape(tf.range(0, 4 * there.length), [2, there.length, 2]);
          const view = applyAnchorPermutation(values, there);
          expect(view.shape).toEqual(values.shape);
          expect(applyAnchorPermutation(view, back).arraySync()).toEqual(values.arraySync());
          const flat = values.dataSync();
          const seen = view.dataSync();
          for (const [k, source] of there.entries()) {
            expect(seen[2 * k + 1]).toBe(flat[2 * source + 1]);
            expect(seen[2 * (there.length + k)]).toBe(flat[2 * (there.length + source)]);
          }
        });
      }),
      { numRuns: 50 },
    );
  });

  it("gives applied permutations their inverse as the gradient", () => {
    tf.tidy(() => {
      const weights = tf.tensor2d([
        [1, 2, 3, 4],
        [5, 6, 7, 8],
      ]);
      const order = Int32Array.of(2, 0, 3, 1);
      const gradient = tf.grad((v) => tf.sum(tf.mul(applyAnchorPermutation(v, order), weights)))(tf.zeros([2, 4]));
      expect(gradient.arraySync()).toEqual([
        [2, 4, 1, 3],
        [6, 8, 5, 7],
      ]);
    });
  });
});

it("brings boxes back with the inverse, and composes", () => {
  fc.assert(
    fc.property(anyBoxes, anyShape, anySymmetry, anySymmetry, (boxes, size, first, second) => {
      const view = transformBoxes(boxes, size, first);
      const viewSize = permuted(size, first);
      expectClose(transformBoxes(view, viewSize, inverseSymmetry(first)), boxes, 1e-5);
      expectClose(transformBoxes(view, viewSize, second), transformBoxes(boxes, size, composeSymmetries(first, second)), 1e-5);
      for (let i = 0; i < view.length; i++) if (i % 6 < 3) expect(view[i]).toBeLessThanOrEqual(view[i + 3]!);
    }),
  );
});

it("carries a box to where it carries the voxels inside", () => {
  fc.assert(
    fc.property(anyShape, anySymmetry, fc.nat(), (shape, symmetry, pick) => {
      const voxels = shape[0] * shape[1] * shape[2];
      const at = pick % voxels;
      const [z, y, x] = [Math.floor(at / (shape[1] * shape[2])), Math.floor(at / shape[2]) % shape[1], at % shape[2]];
      tf.tidy(() => {
        const marked = tf.tensor5d(
          Float32Array.from({ length: voxels }, (_, i) => (i === at ? 1 : 0)),
          [1, ...shape, 1],
        );
        const found = transformVolume(marked, symmetry).dataSync().indexOf(1);
        const size = permuted(shape, symmetry);
        const [a, b, c] = [Math.floor(found / (size[1] * size[2])), Math.floor(found / size[2]) % size[1], found % size[2]];
        const box = transformBoxes([z - 0.5, y - 0.5, x - 0.5, z + 0.5, y + 0.5, x + 0.5], shape, symmetry);
        expect(Array.from(box)).toEqual([a - 0.5, b - 0.5, c - 0.5, a + 0.5, b + 0.5, c + 0.5]);
      });
    }),
  );
});

it("permutes anchors as it transforms their boxes", () => {
  fc.assert(
    fc.property(anyPatch, anySymmetry, ({ patch, strides, gridOf }, symmetry) => {
      const original = transformBoxes(anchorBoxes(gridOf(patch), strides), patch, symmetry);
      const view = anchorBoxes(gridOf(permuted(patch, symmetry)), strides);
      const permutation = anchorPermutation(gridOf(patch), symmetry);
      expectClose(
        Array.from(permutation).flatMap((source) => Array.from(original.subarray(6 * source, 6 * source + 6))),
        view,
        1e-5,
      );
    }),
    { numRuns: 50 },
  );
});

it("names what is wrong with its arguments", () => {
  const turn: Symmetry = { axes: [2, 1, 0], flips: [false, false, false] };
  expect(() =>
    anchorPermutation(
      {
        levels: [
          {
            shape: [2, 2, 2],
            anchors: [
              [4, 4, 4],
              [4, 4, 8],
            ],
          },
        ],
      },
      turn,
    ),
  ).toThrow(
    new RangeError("levels[0].anchors are 4 × 4 × 4, 4 × 4 × 8; expected a list that the order [2,1,0] of the axes maps onto itself"),
  );
  expect(() => anchorPermutation({ levels: [{ shape: [2, 0, 2], anchors: [[4, 4, 4]] }] }, turn)).toThrow(
    /levels\[0\]\.shape is \[2,0,2\]/,
  );
  expect(() => transformBoxes([1, 2, 3], [4, 4, 4], turn)).toThrow(/3 numbers/);
  expect(() => transformBoxes([], [4, 4, 4.5], turn)).toThrow(/size is/);
  tf.tidy(() => {
    expect(() => transformVolume(tf.zeros([2, 2]) as unknown as tf.Tensor5D, turn)).toThrow(/volumes is \[2,2\]/);
    expect(() => applyAnchorPermutation(tf.zeros([1, 2]), Int32Array.of(0, 0))).toThrow(/permutation\[1\] is 0/);
    expect(() => applyAnchorPermutation(tf.zeros([1, 2]), Int32Array.of(0, 5))).toThrow(/permutation\[1\] is 5/);
    expect(() => applyAnchorPermutation(tf.zeros([1, 3]), Int32Array.of(0, 1))).toThrow(/values is \[1,3\]/);
  });
});
