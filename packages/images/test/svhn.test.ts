import { cpSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { concatSources, imageSource, isImageSetError, parseSvhn } from "../src/index.js";
import { readSvhn } from "../src/node.js";

const folder = join(import.meta.dirname, "fixtures", "svhn");
const file = (name: string): Buffer => readFileSync(join(folder, name));
const expected: { sums: number[]; values: number[][] } = JSON.parse(file("expected.json").toString());
const tagOf = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    if (isImageSetError(error)) return error.tag;
    throw error;
  }
  return "read";
};

test.each(["compressed.mat", "big-endian.mat", "labels-first.mat", "text.mat"])(
  "%s holds the pixels and classes that SciPy reads",
  (name) => {
    const { images, shape, labels, classNames } = parseSvhn(file(name));
    expect(shape).toEqual([3, 32, 32, 3]);
    // The label 10 is the digit 0.
    expect([...labels]).toEqual([0, 1, 7]);
    expect(classNames![labels[0]!]).toBe("0");
    for (let i = 0; i < 3; i++) {
      expect(images.subarray(i * 3072, (i + 1) * 3072).reduce((sum, value) => sum + value, 0)).toBe(expected.sums[i]);
    }
    for (const [image, y, x, channel, value] of expected.values) {
      expect(images[((image! * 32 + y!) * 32 + x!) * 3 + channel!]).toBe(value);
    }
  },
);

test("an array that is not compressed, and one image without its last axis", () => {
  const all = parseSvhn(file("compressed.mat")).images.slice(0, 3072);
  for (const name of ["plain.mat", "one.mat"]) {
    const set = parseSvhn(file(name));
    expect(set.shape).toEqual([1, 32, 32, 3]);
    expect(set.images).toEqual(all);
    expect([...set.labels]).toEqual([0]);
  }
});

test("a folder: its splits, train and extra as one pool, and what is missing", () => {
  const home = mkdtempSync(join(tmpdir(), "gleaner-svhn-"));
  cpSync(join(folder, "compressed.mat"), join(home, "train_32x32.mat"));
  cpSync(join(folder, "plain.mat"), join(home, "extra_32x32.mat"));
  expect(readSvhn(home)).toEqual(parseSvhn(file("compressed.mat")));
  const pool = concatSources([imageSource(readSvhn(home)), imageSource(readSvhn(home, { split: "extra" }))]);
  expect(pool.shape).toEqual([4, 32, 32, 3]);
  expect(() => readSvhn(home, { split: "test" })).toThrow(`${home}: it holds no file test_32x32.mat`);
  expect(tagOf(() => readSvhn(home, { maxBytes: 3 * 3072 - 1 }))).toBe("TooLarge");
  const full = mkdtempSync(join(tmpdir(), "gleaner-svhn-"));
  writeFileSync(join(full, "digitStruct.mat"), "");
  expect(() => readSvhn(full)).toThrow(/full numbers \(format 1\)/);
});

describe("files that are refused", () => {
  const header = (text: string, version = 0x0100, mark = "IM"): Uint8Array => {
    const bytes = new Uint8Array(128).fill(32, 0, 116);
    bytes.set(new TextEncoder().encode(text));
    new DataView(bytes.buffer).setUint16(124, version, true);
    bytes.set(new TextEncoder().encode(mark), 126);
    return bytes;
  };
  const changed = (name: string, at: number, ...values: number[]): Uint8Array => {
    const bytes = Uint8Array.from(file(name));
    bytes.set(values, at < 0 ? bytes.length + at : at);
    return bytes;
  };
  /** The place of X's last size in the file that is not compressed: header, tag, flags (16), tag of the sizes, three of them. */
  const sizeAt = 128 + 8 + 16 + 8 + 12;
  test.each<[string, string, string, Uint8Array]>([
    ["nothing", "Truncated", "needs 4 bytes", new Uint8Array()],
    ["version 4", "Unsupported", "version 4", file("version4.mat")],
    ["version 7.3", "Unsupported", "version 7.3 (HDF5)", header("MATLAB 7.3 MAT-file, Platform", 0x0200)],
    ["another version", "Unsupported", "0x300", header("MATLAB 9", 0x0300)],
    ["another file", "Malformed", "byte order mark", new Uint8Array(1000).fill(65)],
    ["no arrays", "Malformed", "it has no arrays", header("MATLAB 5.0 MAT-file")],
    ["other arrays", "Unsupported", "X of [32,32] double", file("other.mat")],
    ["a label 0", "Malformed", "image 0 has the label 0", file("label0.mat")],
    ["too few labels", "Malformed", "2 labels for its 3 images", file("labels-missing.mat")],
    ["a file cut in its pixels", "Truncated", "ends", file("compressed.mat").subarray(0, 600)],
    ["plain pixels cut", "Truncated", "ends", file("plain.mat").subarray(0, 2000)],
    ["a bit that flipped in the compressed bytes", "Corrupt", "compressed bytes", changed("compressed.mat", 500, 0xff, 0x00, 0xff)],
    ["a checksum that does not match", "Corrupt", "do not match their checksum", changed("compressed.mat", -1, 0)],
    ["sizes that do not fit the length", "Malformed", "has 3072 bytes, expected", changed("plain.mat", sizeAt, 0, 0, 0, 0x70)],
  ])("%s: %s", (_, tag, message, bytes) => {
    expect(tagOf(() => parseSvhn(bytes))).toBe(tag);
    expect(() => parseSvhn(bytes, { path: "train_32x32.mat" })).toThrow(message);
    expect(() => parseSvhn(bytes, { path: "train_32x32.mat" })).toThrow(/^train_32x32\.mat: [^\n]+$/);
  });

  test("a promise that the file is too short for, before memory is taken for it", () => {
    // The sizes and the length of the array agree with each other: 10,000 images.
    const bytes = Uint8Array.from(file("plain.mat"));
    const view = new DataView(bytes.buffer);
    expect(view.getInt32(sizeAt - 12, true)).toBe(32);
    const dataTag = sizeAt + 4 + 8;
    // One image has no fourth axis here; the place above is the fourth size.
    expect(view.getInt32(sizeAt, true)).toBe(1);
    view.setInt32(sizeAt, 1_300_000, true);
    expect(view.getUint32(dataTag, true)).toBe(2);
    view.setUint32(dataTag + 4, 1_300_000 * 3072, true);
    expect(tagOf(() => parseSvhn(bytes))).toBe("Truncated");
  });
});
