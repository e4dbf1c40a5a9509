import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  applyOperation,
  type ByteImage,
  cutout,
  eraseSquare,
  flipImage,
  type OperationName,
  randAugment,
  shiftImage,
  weakView,
} from "../src/index.js";
import fixture from "./fixtures/randaugment.json" with { type: "json" };
import { anyRandom, seeded } from "./helpers.js";

const imageOf = (rows: number[][][]): ByteImage => ({ data: Uint8Array.from(rows.flat(2)), shape: [rows.length, rows[0]!.length, 3] });

describe("applyOperation", () => {
  it.each(fixture.pixels)("is Pillow's $op at $value on $image", ({ image, op, value, out }) => {
    const actual = applyOperation(imageOf(fixture.images[image as keyof typeof fixture.images]), op as OperationName, value);
    expect(Array.from(actual.data)).toEqual(out.flat(2));
  });

  it("leaves its input alone", () => {
    for (const { op, min, max } of fixture.ops) {
      const image = imageOf(fixture.images.random);
      applyOperation(image, op as OperationName, (min + max) / 2);
      expect(image).toEqual(imageOf(fixture.images.random));
    }
  });
});

it.each(fixture.cutout)("cuts out as the authors' code with $v of the width", ({ v, drawn, out }) => {
  const image = imageOf(fixture.images.random);
  const [x, y] = drawn;
  expect(Array.from(eraseSquare(image, [y ?? 0, x ?? 0], v * 8).data)).toEqual(out.flat(2));
});

const anyImage: fc.Arbitrary<ByteImage> = fc
  .tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }), fc.constantFrom(1, 3), anyRandom)
  .map(([height, width, channels, random]) => ({
    data: Uint8Array.from({ length: height * width * channels }, () => 256 * random()),
    shape: [height, width, channels] as const,
  }));

describe("randAugment", () => {
  it("gives an image of the same size, the same for the same draws, and leaves its input alone", () => {
    fc.assert(
      fc.property(anyImage, fc.integer(), fc.integer({ min: 0, max: 5 }), (image, seed, count) => {
        const before = image.data.slice();
        const [first, second] = [1, 2].map(() => randAugment(image, { random: seeded(seed), count }));
        expect(first).toEqual(second);
        expect(first!.shape).toEqual(image.shape);
        expect(first!.data.length).toBe(image.data.length);
        expect(image.data).toEqual(before);
      }),
    );
  });

  it("is the identity without operations and cutout, and draws every operation", () => {
    const image = imageOf(fixture.images.gradient);
    expect(randAugment(image, { random: seeded(1), count: 0, cutoutSide: 0 })).toEqual(image);
    const random = seeded(2);
    const views = Array.from({ length: 300 }, () => randAugment(image, { random, count: 1, cutoutSide: 0 }).data.join());
    expect(new Set(views).size).toBeGreaterThan(100);
  });

  it("names what is wrong with its arguments", () => {
    const image = imageOf(fixture.images.gradient);
    const random = Math.random;
    expect(() => applyOperation(image, "Blur" as "Color", 1)).toThrow(/name is Blur; expected one of AutoContrast, /);
    expect(() => applyOperation(image, "toString" as "Color", 1)).toThrow(RangeError);
    expect(() => applyOperation(image, "Rotate", Number.NaN)).toThrow(new RangeError("value is NaN; expected a finite number"));
    expect(() => randAugment(image, { random, count: -1 })).toThrow(/count is -1/);
    expect(() => randAugment(image, { random, cutoutSide: 2 })).toThrow(/maxSide is 2/);
    expect(() => randAugment({ data: new Float32Array(3) as unknown as Uint8Array, shape: [1, 1, 3] }, { random })).toThrow(TypeError);
    expect(() => flipImage({ data: [1] as unknown as Uint8Array, shape: [1, 1, 1] })).toThrow(
      new TypeError("data is object; expected Uint8Array, Uint8ClampedArray, Float32Array"),
    );
    expect(() => randAugment({ data: new Uint8Array(2), shape: [1, 1, 2] }, { random })).toThrow(/2 channels/);
    expect(() => randAugment({ data: new Uint8Array(2), shape: [1, 1, 1] }, { random })).toThrow(
      new RangeError("data has 2 values; expected 1 × 1 × 1"),
    );
    expect(() => randAugment({ data: new Uint8Array(0), shape: [0, 1, 1] }, { random })).toThrow(/shape is \[0,1,1\]/);
  });
});

describe("weak views", () => {
  it("flip back, and shift as an image padded by reflection is cropped", () => {
    fc.assert(
      fc.property(anyImage, fc.nat(8), fc.nat(8), fc.boolean(), (image, a, b, up) => {
        const [height, width, channels] = image.shape;
        expect(flipImage(flipImage(image))).toEqual(image);
        const [down, right] = [(a % height) * (up ? -1 : 1), b % width];
        const shifted = shiftImage(image, [down, right]);
        const mirror = (n: number, side: number): number => Math.abs(n) - 2 * Math.max(0, Math.abs(n) - (side - 1));
        for (let i = 0; i < shifted.data.length; i++) {
          const [y, x, c] = [Math.floor(i / (width * channels)), Math.floor(i / channels) % width, i % channels];
          expect(shifted.data[i]).toBe(image.data[(mirror(y - down, height) * width + mirror(x - right, width)) * channels + c]);
        }
      }),
    );
  });

  it("are one of the flips and shifts, all of them equally often", () => {
    const image = { data: Float32Array.from({ length: 25 }, (_, i) => i / 4), shape: [5, 5, 1] as const };
    const random = seeded(3);
    const counts = new Map<string, number>();
    for (let i = 0; i < 1800; i++) {
      const key = weakView(image, { random, pad: 1 }).data.join();
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    // 2 flips × 9 shifts, 100 each expected.
    expect(counts.size).toBe(18);
    expect(Math.min(...counts.values())).toBeGreaterThan(50);
    const unflipped = Array.from({ length: 100 }, () => weakView(image, { random, pad: 1, flip: false }).data.join());
    expect(new Set(unflipped).size).toBe(9);
  });

  it("name what is wrong with their arguments", () => {
    const image = { data: new Uint8Array(4), shape: [2, 2, 1] as const };
    expect(() => shiftImage(image, [0, 2])).toThrow(new RangeError("shift right is 2; expected an integer within ±1"));
    expect(() => shiftImage(image, [0.5, 0])).toThrow(/shift down is 0.5/);
    expect(() => weakView(image, { random: Math.random, pad: -1 })).toThrow(/pad is -1/);
    expect(() => weakView(image, { random: Math.random, pad: 2 })).toThrow(/pad is 2/);
  });
});

describe("cutout", () => {
  it("paints one square of at most the wanted side, anywhere", () => {
    const touched = new Set<number>();
    fc.assert(
      fc.property(fc.integer(), fc.double({ min: 0, max: 1, noNaN: true }), (seed, maxSide) => {
        const image = { data: new Uint8Array(64).fill(200), shape: [8, 8, 1] as const };
        const { data } = cutout(image, { random: seeded(seed), maxSide, fill: [7] });
        const painted = Array.from(data.keys()).filter((i) => data[i] === 7);
        for (const i of painted) touched.add(i);
        const extent = (of: (i: number) => number): number =>
          painted.length ? Math.max(...painted.map(of)) - Math.min(...painted.map(of)) + 1 : 0;
        const [rows, columns] = [extent((i) => i >> 3), extent((i) => i & 7)];
        expect(rows * columns).toBe(painted.length);
        expect(Math.max(rows, columns)).toBeLessThanOrEqual(Math.floor(8 * maxSide) + 1);
      }),
      { numRuns: 400 },
    );
    expect(touched.size).toBe(64);
  });

  it("names what is wrong with its arguments", () => {
    const image = { data: new Uint8Array(3), shape: [1, 1, 3] as const };
    expect(() => eraseSquare(image, [0, 0], 1, [1])).toThrow(new RangeError("fill has 1 values; expected 3, one for each channel"));
    expect(() => eraseSquare(image, [0, Number.NaN], 1)).toThrow(/center is \[0,NaN\]/);
    expect(() => cutout(image, { random: Math.random, maxSide: -1 })).toThrow(/maxSide is -1/);
  });
});
