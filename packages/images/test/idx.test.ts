import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatIdx, type IdxArray, imagesOfIdx, isImageSetError, parseIdx } from "../src/index.js";

const tagOf = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    if (isImageSetError(error)) return error.tag;
    throw error;
  }
  return "read";
};

test("each element type is read as the format's page describes it, big-endian", () => {
  const cases: [number, number[], IdxArray["data"]][] = [
    [0x08, [255, 1], new Uint8Array([255, 1])],
    [0x09, [255, 1], new Int8Array([-1, 1])],
    [0x0b, [255, 254, 1, 2], new Int16Array([-2, 258])],
    [0x0c, [255, 255, 255, 255, 0, 1, 0, 0], new Int32Array([-1, 65536])],
    [0x0d, [0x3f, 0x80, 0, 0, 0xc0, 0, 0, 0], new Float32Array([1, -2])],
    [0x0e, [0x3f, 0xf0, 0, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0], new Float64Array([1, -2])],
  ];
  for (const [type, bytes, data] of cases) {
    const file = new Uint8Array([0, 0, type, 2, 0, 0, 0, 1, 0, 0, 0, 2, ...bytes]);
    expect(parseIdx(file)).toEqual({ shape: [1, 2], data });
    expect(formatIdx({ shape: [1, 2], data })).toEqual(file);
  }
});

describe("files that are refused", () => {
  const good = formatIdx({ shape: [2, 3], data: new Uint8Array(6) });
  const changed = (...changes: [number, number][]): Uint8Array => {
    const bytes = good.slice();
    for (const [at, byte] of changes) bytes[at] = byte;
    return bytes;
  };
  test.each<[string, string, Uint8Array]>([
    ["nothing", "Truncated", new Uint8Array()],
    ["a header cut in the type", "Truncated", good.subarray(0, 3)],
    ["a header cut in the sizes", "Truncated", good.subarray(0, 11)],
    ["data cut", "Truncated", good.subarray(0, -1)],
    ["data that go on", "Malformed", new Uint8Array([...good, 0])],
    ["gzip that was not decompressed", "Malformed", changed([0, 0x1f], [1, 0x8b])],
    ["a type that the format has not", "Malformed", changed([2, 0x0a])],
    ["no axes", "Unsupported", changed([3, 0])],
    ["200 axes", "Unsupported", changed([3, 200])],
    ["a promise of 2^64 bytes", "TooLarge", changed([4, 255], [8, 255])],
  ])("%s: %s", (_, tag, bytes) => {
    expect(tagOf(() => parseIdx(bytes))).toBe(tag);
  });

  test("the message names the file, the promise and what is there", () => {
    expect(() => parseIdx(good.subarray(0, -2), { path: "a-ubyte" })).toThrow(
      "a-ubyte: its header promises [2,3], 6 bytes, and 4 are there",
    );
  });

  test("images and labels that do not belong together", () => {
    const images = formatIdx({ shape: [2, 1, 1], data: new Uint8Array(2) });
    const labels = formatIdx({ shape: [2], data: new Uint8Array(2) });
    expect(imagesOfIdx(images, labels).shape).toEqual([2, 1, 1, 1]);
    expect(imagesOfIdx(formatIdx({ shape: [2, 1, 1, 3], data: new Uint8Array(6) }), labels, { classNames: ["a"] })).toMatchObject({
      shape: [2, 1, 1, 3],
      classNames: ["a"],
    });
    for (const [first, second, tag] of [
      [images, formatIdx({ shape: [3], data: new Uint8Array(3) }), "Malformed"],
      [images, images, "Unsupported"],
      [labels, labels, "Unsupported"],
      [formatIdx({ shape: [2, 1, 1], data: new Int16Array(2) }), labels, "Unsupported"],
      [images, formatIdx({ shape: [2], data: new Int32Array(2) }), "Unsupported"],
    ] as const) {
      expect(tagOf(() => imagesOfIdx(first, second))).toBe(tag);
    }
  });

  test("arrays that the format cannot hold are not written", () => {
    const data = new Uint8Array(2);
    for (const shape of [[], [3], [-1, -2], [0.5, 4], Array(9).fill(1)]) expect(() => formatIdx({ shape, data })).toThrow(RangeError);
    expect(() => formatIdx({ shape: [2], data: new Uint16Array(2) as never })).toThrow(RangeError);
  });
});

test("reading what was written gives the same array", () => {
  const data = fc.oneof(
    fc.uint8Array({ maxLength: 12 }),
    fc.int8Array({ maxLength: 12 }),
    fc.int16Array({ maxLength: 12 }),
    fc.int32Array({ maxLength: 12 }),
    fc.float32Array({ maxLength: 12 }),
    fc.float64Array({ maxLength: 12 }),
  );
  fc.assert(
    fc.property(data, (values) => {
      const array = { shape: values.length % 3 === 0 ? [3, 1, values.length / 3] : [values.length], data: values };
      expect(parseIdx(formatIdx(array))).toEqual(array);
    }),
  );
});

test("any bytes give an array or our error", () => {
  const start = fc.constantFrom([], [0, 0], [0, 0, 8], [0, 0, 8, 1], [0, 0, 13, 2, 0, 0, 0, 1]);
  fc.assert(
    fc.property(start, fc.uint8Array({ maxLength: 40 }), (head, rest) => {
      tagOf(() => parseIdx(new Uint8Array([...head, ...rest])));
    }),
  );
});
