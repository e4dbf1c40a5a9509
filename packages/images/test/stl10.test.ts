import { mkdtempSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { collectImages, concatSources, describeSource, imageSource, isImageSetError, parseStl10, splitLabels } from "../src/index.js";
import { openStl10, readStl10Folds } from "../src/node.js";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "gleaner-stl10-"));
});
const put = (name: string, bytes: Uint8Array | string): string => {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
};
const tagOf = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    if (isImageSetError(error)) return error.tag;
    throw error;
  }
  return "read";
};
const value = (image: number, y: number, x: number, channel: number): number => (71 * image + 3 * y + 5 * x + 90 * channel) & 255;
/** In the order of the format's page: red, green, blue; in each, the first column, then the second. */
const images = (count: number, first = 0): Uint8Array => {
  const bytes: number[] = [];
  for (let i = first; i < first + count; i++)
    for (let channel = 0; channel < 3; channel++)
      for (let x = 0; x < 96; x++) for (let y = 0; y < 96; y++) bytes.push(value(i, y, x, channel));
  return new Uint8Array(bytes);
};
const places = [
  [0, 0, 0],
  [0, 95, 1],
  [95, 0, 2],
  [17, 40, 1],
] as const;

test("columns become rows, labels start at 0, from bytes and from a folder", () => {
  put("train_X.bin", images(3));
  put("train_y.bin", new Uint8Array([1, 10, 4]));
  const set = parseStl10(images(3), new Uint8Array([1, 10, 4]));
  expect(set.shape).toEqual([3, 96, 96, 3]);
  expect(set.labels).toEqual(new Uint8Array([0, 9, 3]));
  for (const [y, x, channel] of places) expect(set.images[((2 * 96 + y) * 96 + x) * 3 + channel]).toBe(value(2, y, x, channel));
  const source = openStl10(folder);
  expect(collectImages(source)).toEqual(set);
  expect(source.read([2, 0, 2])).toEqual(
    new Uint8Array([...set.images.subarray(2 * 27_648), ...set.images.subarray(0, 27_648), ...set.images.subarray(2 * 27_648)]),
  );
  source.close();
  source.close();
  expect(() => source.read([0])).toThrow(/was closed/);
});

test("the labeled and the unlabeled images make one pool, of which a split may label some", () => {
  put("train_X.bin", images(2));
  put("train_y.bin", new Uint8Array([1, 2]));
  put("unlabeled_X.bin", images(3, 2));
  put("class_names.txt", `${"abcdefghij".split("").join("\n")}\n`);
  const pool = concatSources([openStl10(folder), openStl10(folder, { split: "unlabeled" })]);
  expect(pool.shape).toEqual([5, 96, 96, 3]);
  expect(pool.labels).toEqual(new Int32Array([0, 1, -1, -1, -1]));
  expect(pool.classNames).toEqual("abcdefghij".split(""));
  const both = pool.read([4, 0]);
  for (const [y, x, channel] of places) {
    expect(both[(y * 96 + x) * 3 + channel]).toBe(value(4, y, x, channel));
    expect(both[27_648 + (y * 96 + x) * 3 + channel]).toBe(value(0, y, x, channel));
  }
  const split = splitLabels(pool.labels, { classes: 2, labeled: 2, random: () => 0.9 });
  expect([...split.labeled]).toEqual([0, 1]);
  expect([...split.unlabeled]).toEqual([0, 1, 2, 3, 4]);
  const described = describeSource(pool);
  expect(described).toMatchObject({ images: 5, unlabeled: 3, classes: 10, perClass: [1, 1, 0, 0, 0, 0, 0, 0, 0, 0] });
  expect(described).toEqual(describeSource(imageSource(collectImages(pool))));
  pool.close();
  for (const index of [5, -1, 0.5]) expect(() => pool.read([index])).toThrow(RangeError);
});

test("folds", () => {
  put("fold_indices.txt", "0 4999 3\r\n7 8 9 \n\n");
  expect(readStl10Folds(folder)).toEqual([new Int32Array([0, 4999, 3]), new Int32Array([7, 8, 9])]);
  put("fold_indices.txt", "0 5000\n");
  expect(() => readStl10Folds(folder)).toThrow(/line 1 has "5000", expected an index from 0 to 4999/);
});

test("folders that are refused", () => {
  expect(() => openStl10(folder)).toThrow(`${folder}: it holds no file train_X.bin`);
  put("train_X.bin", images(1).subarray(0, 27_647));
  expect(tagOf(() => openStl10(folder))).toBe("Truncated");
  put("train_X.bin", images(1));
  expect(() => openStl10(folder)).toThrow(/no file train_y\.bin/);
  put("train_y.bin", new Uint8Array([1, 2]));
  expect(() => openStl10(folder)).toThrow(/2 labels for the 1 images of .*train_X\.bin/);
  for (const label of [0, 11]) {
    put("train_y.bin", new Uint8Array([label]));
    expect(() => openStl10(folder)).toThrow(`image 0 has the label ${label}, STL-10 has 1 to 10`);
  }
  put("train_y.bin", new Uint8Array([1]));
  put("class_names.txt", "a\nb\n");
  expect(() => openStl10(folder)).toThrow(/it has 2 names, the set has 10 classes/);
  put("unlabeled_X.bin.gz", "");
  expect(() => openStl10(folder, { split: "unlabeled" })).toThrow(/it is compressed, decompress it/);
  expect(tagOf(() => parseStl10(new Uint8Array(), new Uint8Array()))).toBe("Truncated");
});

test("a file that shrinks while it is open", () => {
  const path = put("unlabeled_X.bin", images(2));
  const source = openStl10(folder, { split: "unlabeled" });
  truncateSync(path, 30_000);
  expect(source.read([0])).toHaveLength(27_648);
  expect(tagOf(() => source.read([1]))).toBe("Truncated");
  source.close();
});
