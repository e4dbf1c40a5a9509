import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ByteImage, flipImage, normalizeImages, randAugment, viewBatch, weakView } from "../src/index.js";
import { seeded } from "./helpers.js";

const side = fc.integer({ min: 1, max: 6 });
const anyBatch = fc.tuple(fc.nat(4), side, side, fc.constantFrom(1, 2, 3), fc.integer()).map(([n, height, width, channels, seed]) => {
  const random = seeded(seed);
  return {
    images: Uint8Array.from({ length: n * height * width * channels }, () => 256 * random()),
    shape: [n, height, width, channels] as const,
    mean: Array.from({ length: channels }, random),
    deviation: Array.from({ length: channels }, () => 0.1 + random()),
  };
});

describe("normalizeImages", () => {
  it("is the formula in float32", () => {
    fc.assert(
      fc.property(anyBatch, ({ images, shape, mean, deviation }) => {
        const values = normalizeImages(images, shape, { mean, deviation });
        expect(values).toBeInstanceOf(Float32Array);
        expect(values.length).toBe(images.length);
        for (const [i, x] of images.entries()) {
          const c = i % shape[3];
          expect(values[i]).toBe(Math.fround((x / 255 - mean[c]!) / deviation[c]!));
        }
      }),
    );
  });
});

describe("viewBatch", () => {
  it("normalizes the view of each image, and leaves the batch alone", () => {
    fc.assert(
      fc.property(anyBatch, fc.integer(), ({ images, shape, mean, deviation }, seed) => {
        const before = images.slice();
        const [count, height, width, channels] = shape;
        const makeWith = (random: () => number) => (image: ByteImage) => weakView(image, { random });
        const values = viewBatch({ images, shape }, makeWith(seeded(seed)), { mean, deviation });
        const make = makeWith(seeded(seed));
        const size = height * width * channels;
        const views = Array.from({ length: count }, (_, i) =>
          make({ data: before.slice(i * size, (i + 1) * size), shape: [height, width, channels] }),
        );
        const bytes = Uint8Array.from(views.flatMap((view) => Array.from(view.data)));
        expect(values).toEqual(normalizeImages(bytes, shape, { mean, deviation }));
        expect(images).toEqual(before);
      }),
    );
  });

  it("tells the view its place, and takes images of part of a buffer", () => {
    const images = new Uint8Array(20).map((_, i) => i).subarray(4, 16);
    const seen: number[] = [];
    const make = (image: ByteImage, index: number): ByteImage => {
      seen.push(index, image.data[0]!);
      return index === 1 ? flipImage(image) : image;
    };
    const values = viewBatch({ images, shape: [3, 2, 2, 1] }, make, { mean: [0], deviation: [1 / 255] });
    expect(seen).toEqual([0, 4, 1, 8, 2, 12]);
    expect(Array.from(values, Math.round)).toEqual([4, 5, 6, 7, 9, 8, 11, 10, 12, 13, 14, 15]);
  });

  it("names what is wrong with its arguments", () => {
    const shape = [1, 1, 1, 3] as const;
    const images = new Uint8Array(3);
    const normalization = { mean: [0, 0, 0], deviation: [1, 1, 1] };
    const same = (image: ByteImage): ByteImage => image;
    expect(() => viewBatch({ images, shape: [2, 1, 1, 3] }, same, normalization)).toThrow(
      new RangeError("images has 3 values; expected 2 × 1 × 1 × 3"),
    );
    expect(() => viewBatch({ images, shape: [1, 0, 1, 3] }, same, normalization)).toThrow(/shape is \[1,0,1,3\]/);
    expect(() => normalizeImages(new Float32Array(3) as never, shape, normalization)).toThrow(TypeError);
    expect(() => normalizeImages(images, shape, { ...normalization, mean: [0] })).toThrow(
      new RangeError("mean has 1 numbers; expected 3, one for each channel"),
    );
    expect(() => normalizeImages(images, shape, { ...normalization, mean: [0, Number.NaN, 0] })).toThrow(/mean\[1\] is NaN/);
    expect(() => normalizeImages(images, shape, { ...normalization, deviation: [1, 1, 0] })).toThrow(
      /deviation\[2\] is 0; expected a number above 0/,
    );
    expect(() => viewBatch({ images, shape }, () => ({ data: new Uint8Array(6), shape: [1, 2, 3] }), normalization)).toThrow(
      new RangeError("view 0 is [1,2,3]; expected the shape of the image, [1,1,3]"),
    );
    expect(() => viewBatch({ images, shape }, () => ({ data: new Uint8Array(1), shape: [1, 1, 3] }), normalization)).toThrow(
      /data has 1 values/,
    );
    const floats = { data: new Float32Array(3), shape: [1, 1, 3] } as unknown as ByteImage;
    expect(() => viewBatch({ images, shape }, () => floats, normalization)).toThrow(
      new TypeError("view 0 holds floats; expected bytes, 0..255"),
    );
  });

  it("runs strong views of a batch of many images", () => {
    const random = seeded(6);
    const images = Uint8Array.from({ length: 50 * 192 }, () => 256 * random());
    const strong = (image: ByteImage): ByteImage => randAugment(image, { random });
    const values = viewBatch({ images, shape: [50, 8, 8, 3] }, strong, { mean: [0, 0, 0], deviation: [1, 1, 1] });
    expect(values.every((value) => value >= 0 && value <= 1)).toBe(true);
    expect(new Set(values).size).toBeGreaterThan(100);
  });
});
