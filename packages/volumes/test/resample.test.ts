import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createVolume, type Grid, resampleVolume, type Triple, type Volume } from "../src/index.js";

/** The places of a new lattice in the voxels of an old one that has the same center. */
const placesOf = (size: number, count: number, ratio: number): number[] =>
  Array.from({ length: count }, (_, i) => (size - 1 - (count - 1) * ratio) / 2 + i * ratio);
const isClear = (place: number): boolean => Math.abs(place - Math.floor(place) - 0.5) > 1e-6;

/** What SimpleITK makes of a small volume; fixtures/resample.py made it. */
interface Expected {
  spacingMm: Triple;
  shape: Triple;
  originMm: Triple;
  linear: number[];
  nearest: number[];
}
const { volume: parts, cases }: { volume: Grid & { data: number[] }; cases: Expected[] } = JSON.parse(
  readFileSync(new URL("fixtures/resample.json", import.meta.url), "utf8"),
);
const volume = createVolume({ ...parts, data: Int16Array.from(parts.data) });

describe("as SimpleITK's resampler, on oblique axes", () => {
  test.each(cases.map((expected) => [expected.spacingMm, expected] as const))("to %j mm", (spacingMm, expected) => {
    const linear = resampleVolume(volume, { spacingMm, antialias: false });
    expect(linear.shape).toEqual(expected.shape);
    for (const axis of [0, 1, 2]) expect(linear.originMm[axis]).toBeCloseTo(expected.originMm[axis]!, 9);
    const off = expected.linear.map((value, i) => Math.abs(value - linear.data[i]!));
    // 32-bit floats between axes.
    expect(Math.max(...off)).toBeLessThan(1e-3);
    const doubles = resampleVolume({ ...volume, data: Float64Array.from(volume.data) }, { spacingMm, antialias: false });
    expect(Math.max(...expected.linear.map((value, i) => Math.abs(value - doubles.data[i]!)))).toBeLessThan(1e-5);
    // Half way between two voxels either is nearest, and what ITK takes there depends on its rounding of the world's places.
    const nearest = resampleVolume(volume, { spacingMm, interpolation: "nearest" });
    const clear = nearest.shape.map((count, axis) =>
      placesOf(volume.shape[axis]!, count, spacingMm[axis]! / volume.spacingMm[axis]!).map(isClear),
    );
    const wrong = expected.nearest.filter((value, i) => {
      const [, height, width] = nearest.shape;
      const surely = clear[0]![Math.floor(i / (height * width))]! && clear[1]![Math.floor(i / width) % height]! && clear[2]![i % width]!;
      return surely && value !== nearest.data[i];
    });
    expect(wrong).toEqual([]);
    expect(clear.every((along) => along.includes(true))).toBe(true);
  });
});

/** The weights of one axis by their definition: a triangle as wide as the coarser of the two spacings, around each place. */
function weightsOf(size: number, count: number, ratio: number): number[][] {
  const half = Math.max(1, ratio);
  return placesOf(size, count, ratio).map((outside) => {
    const place = Math.max(0, Math.min(size - 1, outside));
    const raw = Array.from({ length: size }, (__, k) => Math.max(0, 1 - Math.abs(k - place) / half));
    const sum = raw.reduce((a, b) => a + b, 0);
    return raw.map((weight) => weight / sum);
  });
}

/** Every voxel as a weighted sum of all voxels: slow, and plain. */
function plainly(from: Volume, shape: Triple, ratio: Triple): number[] {
  const [wz, wy, wx] = shape.map((count, axis) => weightsOf(from.shape[axis]!, count, ratio[axis]!)) as [
    number[][],
    number[][],
    number[][],
  ];
  const out: number[] = [];
  for (const z of wz) {
    for (const y of wy) {
      for (const x of wx) {
        let sum = 0;
        let i = 0;
        for (const a of z) for (const b of y) for (const c of x) sum += a * b * c * from.data[i++]!;
        out.push(sum);
      }
    }
  }
  return out;
}

describe("with antialiasing", () => {
  const sizes = fc.tuple(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 8 }));
  const ratios = fc.double({ min: 0.3, max: 6, noNaN: true });
  test("it is the weighted sum that its definition says, whichever axis shrinks most", () => {
    fc.assert(
      fc.property(
        sizes,
        fc.tuple(ratios, ratios, ratios),
        fc.infiniteStream(fc.integer({ min: -1000, max: 1000 })),
        (shape, ratio, values) => {
          const data = Float64Array.from([...values.take(shape[0] * shape[1] * shape[2])]);
          const from = createVolume({ data, shape });
          const to = resampleVolume(from, { spacingMm: ratio });
          for (const [i, value] of plainly(from, to.shape, ratio).entries()) expect(to.data[i]).toBeCloseTo(value, 6);
        },
      ),
      { numRuns: 100 },
    );
  });

  test("stripes finer than the new spacing come close to their mean, and become coarse stripes without", () => {
    const data = Float32Array.from({ length: 63 ** 2 }, (_, i) => ((i % 63) % 2 === 0 ? 100 : 0));
    const stripes = createVolume({ data, shape: [1, 63, 63] });
    const spread = (antialias: boolean): number => {
      const inner = Array.from(resampleVolume(stripes, { spacingMm: [1, 3, 3], antialias }).data).filter(
        (_, i) => i % 21 > 0 && i % 21 < 20,
      );
      return Math.max(...inner.map((value) => Math.abs(value - 50)));
    };
    expect(spread(true)).toBeLessThan(6);
    expect(spread(false)).toBeCloseTo(50, 4);
  });
});

describe("values that are no numbers", () => {
  const line = (...values: number[]): Volume => createVolume({ data: Float32Array.from(values), shape: [1, 1, values.length] });
  test("NaN and infinities stay where they are and spread only to what lies beside them", () => {
    expect(Array.from(resampleVolume(line(1, Number.NaN, 3, 4), { spacingMm: [1, 1, 1] }).data)).toEqual([1, Number.NaN, 3, 4]);
    const finer = Array.from(resampleVolume(line(1, Number.POSITIVE_INFINITY, 3, 4), { spacingMm: [1, 1, 0.5] }).data);
    expect(finer).toEqual([
      1,
      Number.POSITIVE_INFINITY,
      Number.POSITIVE_INFINITY,
      Number.POSITIVE_INFINITY,
      Number.POSITIVE_INFINITY,
      3.25,
      3.75,
      4,
    ]);
  });
});
