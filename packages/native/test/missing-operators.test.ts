import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { numbers } from "../../../test/double.js";
import { paired, startEngine, withEngine } from "./support/engine.js";
import { isNearTie, type Mode, rotationDouble, transformDouble } from "./support/transform-double.js";

const [batch, height, width, channels] = [2, 5, 7, 4] as const;
const image = numbers(batch * height * width * channels, 1);
const images = (): tf.Tensor4D => tf.tensor4d(image, [batch, height, width, channels]);

/** Whatever is compared has no coordinate so near to the middle of two pixels that single precision may round it elsewhere. */
function expectClose(seen: ArrayLike<number>, expected: ArrayLike<number>, skip: (i: number) => boolean = () => false): void {
  expect(seen.length).toBe(expected.length);
  for (let i = 0; i < seen.length; i++) if (!skip(i)) expect(seen[i]).toBeCloseTo(expected[i]!, 4);
}

describe.runIf(paired)(withEngine("operators that tfjs-node does not have"), () => {
  beforeAll(startEngine);

  // No coordinate lies at an edge of the image, where wrapping jumps and single precision decides.
  const rows = [
    [0.9, 0.2, -1.27, -0.1, 1.1, 0.73, 0.01, -0.02],
    [-1, 0.05, 6.2, 0.1, 0.5, -3.3, 0, 0.03],
  ];
  const modes: Mode[] = ["constant", "reflect", "wrap", "nearest"];

  test.each(modes.flatMap((mode) => (["nearest", "bilinear"] as const).map((interpolation) => [interpolation, mode] as const)))(
    "transform with interpolation %s and fill mode %s agrees with its definition",
    (interpolation, mode) => {
      for (const [transforms, size] of [
        [rows, [5, 7]],
        [[rows[0]!], [3, 11]],
      ] as [number[][], [number, number]][]) {
        const seen = tf.image.transform(images(), tf.tensor2d(transforms), interpolation, mode, 0.25, size);
        expect(seen.shape).toEqual([batch, ...size, channels]);
        const c = { batch, height, width, channels, size, transforms, interpolation, mode, fill: 0.25 };
        expectClose(seen.dataSync(), transformDouble(image, c), (i) => isNearTie(i, c));
      }
    },
  );

  test("transform keeps the size unless told, leaves what no transform changes, and fills what lies outside", () => {
    const same = tf.image.transform(images(), tf.tensor2d([[1, 0, 0, 0, 1, 0, 0, 0]]));
    expect(Array.from(same.dataSync())).toEqual(Array.from(image));
    const away = tf.image.transform(images(), tf.tensor2d([[1, 0, 100, 0, 1, 0, 0, 0]]), "bilinear", "constant", -3);
    expect(new Set(away.dataSync())).toEqual(new Set([-3]));
  });

  test.each([
    [0.7, 0, 0.5],
    [-2.1, 0.5, [0.2, 0.9]],
    [1, [10, 20, 30], 0.5],
  ] as [number, number | [number, number, number], number | [number, number]][])(
    "rotateWithOffset by %d, filled with %o, agrees with its definition",
    (radians, fill, center) => {
      const seen = tf.image.rotateWithOffset(images(), radians, fill, center);
      const { values, ties } = rotationDouble(image, { batch, height, width, channels }, radians, fill, center);
      expectClose(seen.dataSync(), values, (i) => ties[i]!);
    },
  );

  test("nothing is left behind but the answer", () => {
    const [x, t, counted] = [images(), tf.tensor2d([rows[0]!]), tf.tensor1d([1, 1], "int32")];
    const before = tf.memory().numTensors;
    const answers = [
      tf.image.transform(x, t),
      tf.image.rotateWithOffset(x, 1, [1, 2, 3]),
      tf.denseBincount(counted, [0.5, 2], 3),
      tf.searchSorted([1, 2], [1.5]),
    ];
    expect(tf.memory().numTensors).toBe(before + answers.length);
    tf.dispose([x, t, counted, ...answers]);
  });

  test("searchSorted finds the first and the last place where a value keeps the order", () => {
    const [sorted, values] = [
      [-3, 0, 0, 2, 9],
      [-4, 0, 1, 9, 10],
    ];
    for (const dtype of ["float32", "int32"] as const) {
      for (const side of ["left", "right"] as const) {
        const expected = values.map((v) => sorted.filter((s) => (side === "left" ? s < v : s <= v)).length);
        const seen = tf.searchSorted(tf.tensor1d(sorted, dtype), tf.tensor1d(values, dtype), side);
        expect([seen.dtype, Array.from(seen.dataSync())]).toEqual(["int32", expected]);
      }
    }
    expect(
      tf
        .upperBound(
          [
            [1, 2],
            [5, 6],
          ],
          [[1], [7]],
        )
        .arraySync(),
    ).toEqual([[1], [2]]);
  });

  test("denseBincount counts, weighs, and says whether there is one", () => {
    const x = [3, 1, 3, 0, 9];
    expect(Array.from(tf.denseBincount(tf.tensor1d(x, "int32"), tf.tensor1d([]), 5).dataSync())).toEqual([1, 1, 0, 2, 0]);
    expect(Array.from(tf.denseBincount(tf.tensor1d(x, "int32"), [0.5, 1, 2, 4, 8], 5).dataSync())).toEqual([4, 1, 0, 2.5, 0]);
    const two = tf.tensor2d([3, 3, 0, 1], [2, 2], "int32");
    const none = tf.tensor2d([], [0, 0]);
    expect(tf.denseBincount(two, none, 4, true).arraySync()).toEqual([
      [0, 0, 0, 1],
      [1, 1, 0, 0],
    ]);
  });

  test("bitwiseAnd takes the bits that both have, those of negative numbers too", () => {
    const [a, b] = [
      [12, -1, 7, -8],
      [10, 5, 0, -3],
    ];
    const seen = tf.bitwiseAnd(tf.tensor1d(a, "int32"), tf.tensor1d(b, "int32"));
    expect(Array.from(seen.dataSync())).toEqual(a.map((v, i) => v & b[i]!));
  });
});
