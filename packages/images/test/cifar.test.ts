import fc from "fast-check";
import { expect, test } from "vitest";
import { cifar10ClassNames, isImageSetError, parseCifar10, parseCifar100 } from "../src/index.js";

/** A record in the order of the format's page: labels, then 1024 red, 1024 green and 1024 blue bytes, row by row. */
const record = (labels: number[], value: (channel: number, y: number, x: number) => number): number[] => {
  const bytes = [...labels];
  for (let channel = 0; channel < 3; channel++)
    for (let y = 0; y < 32; y++) for (let x = 0; x < 32; x++) bytes.push(value(channel, y, x) & 255);
  return bytes;
};
const pixel = (image: number) => (channel: number, y: number, x: number) => 91 * image + 57 * channel + 5 * y + x;

test("planes become pixels, row by row", () => {
  const set = parseCifar10(new Uint8Array([...record([9], pixel(0)), ...record([0], pixel(1))]));
  expect(set.shape).toEqual([2, 32, 32, 3]);
  expect([...set.labels]).toEqual([9, 0]);
  expect(set.classNames).toBe(cifar10ClassNames);
  for (const [image, y, x, channel] of [
    [0, 0, 0, 0],
    [0, 0, 31, 2],
    [1, 31, 31, 1],
    [1, 17, 3, 0],
  ] as const) {
    expect(set.images[((image * 32 + y) * 32 + x) * 3 + channel]).toBe(pixel(image)(channel, y, x) & 255);
  }
});

test("CIFAR-100 has a group and a class", () => {
  const bytes = new Uint8Array([...record([19, 99], pixel(0)), ...record([3, 42], pixel(1))]);
  const fine = parseCifar100(bytes, { classNames: ["apple"] });
  expect([...fine.labels]).toEqual([99, 42]);
  expect(fine.classNames).toEqual(["apple"]);
  const coarse = parseCifar100(bytes, { labels: "coarse" });
  expect([...coarse.labels]).toEqual([19, 3]);
  expect(coarse.images).toEqual(fine.images);
  expect(coarse.images).toEqual(parseCifar10(new Uint8Array([...record([1], pixel(0)), ...record([2], pixel(1))])).images);
});

test.each<[string, string, () => unknown]>([
  ["an empty file", "Truncated", () => parseCifar10(new Uint8Array())],
  ["a file cut within an image", "Truncated", () => parseCifar10(new Uint8Array(3073 * 2 - 1))],
  ["CIFAR-100 read as CIFAR-10", "Truncated", () => parseCifar10(new Uint8Array(3074 * 2))],
  ["a class that CIFAR-10 has not", "Malformed", () => parseCifar10(new Uint8Array(record([10], () => 0)))],
  ["a class that CIFAR-100 has not", "Malformed", () => parseCifar100(new Uint8Array(record([0, 100], () => 0)))],
  [
    "a group that CIFAR-100 has not, also where classes are read",
    "Malformed",
    () => parseCifar100(new Uint8Array(record([20, 0], () => 0))),
  ],
])("%s is refused: %s", (_, tag, work) => {
  let caught: unknown;
  try {
    work();
  } catch (error) {
    caught = error;
  }
  expect(isImageSetError(caught) && caught.tag).toBe(tag);
});

test("any bytes give images or our error", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 8 }), fc.constantFrom(0, 3073 - 8, 3073, 3074, 6146), (head, length) => {
      const bytes = new Uint8Array(head.length + length);
      bytes.set(head);
      for (const parse of [parseCifar10, parseCifar100]) {
        try {
          const { shape, images, labels } = parse(bytes);
          expect([images.length, labels.length]).toEqual([shape[0] * 3072, shape[0]]);
        } catch (error) {
          if (!isImageSetError(error)) throw error;
        }
      }
    }),
  );
});
