import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { beforeEach, expect, test } from "vitest";
import { formatIdx, isImageSetError } from "../src/index.js";
import { readCifar10, readCifar100, readDigits, readIdx, readMnist, writeIdx } from "../src/node.js";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "gleaner-images-"));
});
const put = (name: string, bytes: Uint8Array | string): string => {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
};
const errorOf = (work: () => unknown): { tag?: string; message: string } => {
  try {
    work();
  } catch (error) {
    if (isImageSetError(error)) return error;
    throw error;
  }
  return { message: "read" };
};
const array = { shape: [2, 1, 2], data: new Uint8Array([1, 2, 3, 4]) };

test("compressed or not, by content and not by name", () => {
  const plain = put("plain.gz", formatIdx(array));
  const packed = put("packed", gzipSync(formatIdx(array)));
  expect(readIdx(plain)).toEqual(array);
  expect(readIdx(packed)).toEqual(array);
  const written = join(folder, "written.gz");
  writeIdx(written, array);
  expect(gunzipSync(readFileSync(written))).toEqual(Buffer.from(formatIdx(array)));
  expect(readdirSync(folder).sort()).toEqual(["packed", "plain.gz", "written.gz"]);
});

test("a write that fails leaves nothing", () => {
  mkdirSync(join(folder, "taken"));
  expect(() => writeIdx(join(folder, "taken"), array)).toThrow();
  expect(readdirSync(folder)).toEqual(["taken"]);
});

test("missing, cut, corrupt and too large files are told apart, in a sentence with the path", () => {
  const packed = gzipSync(new Uint8Array(10_000).map((_, i) => (i * i) % 251));
  const bad = Uint8Array.from(packed);
  bad.fill(0xaa, 12, 60);
  for (const [path, tag, options] of [
    [join(folder, "none"), "NotFound", {}],
    [folder, "NotFound", {}],
    [put("cut", packed.subarray(0, packed.length / 2)), "Truncated", {}],
    [put("bad", bad), "Corrupt", {}],
    [put("bomb", gzipSync(new Uint8Array(100_000))), "TooLarge", { maxBytes: 50_000 }],
    [put("large", new Uint8Array(2000)), "TooLarge", { maxBytes: 1000 }],
    [put("empty", ""), "Truncated", {}],
  ] as const) {
    const { tag: found, message } = errorOf(() => readIdx(path, options));
    expect(found, path).toBe(tag);
    expect(message.startsWith(`${path}: `)).toBe(true);
    expect(message.split("\n")).toHaveLength(1);
  }
});

test("a folder of MNIST: both splits, both spellings, and what is missing", () => {
  const labels = { shape: [2], data: new Uint8Array([7, 3]) };
  put("train-images-idx3-ubyte", formatIdx(array));
  put("train-labels.idx1-ubyte.gz", gzipSync(formatIdx(labels)));
  expect(readMnist(folder)).toEqual({ images: array.data, shape: [2, 1, 2, 1], labels: labels.data });
  expect(errorOf(() => readMnist(folder, { split: "test" })).message).toContain("no file t10k-images-idx3-ubyte");
  put("t10k-images-idx3-ubyte", formatIdx(array));
  put("t10k-labels-idx1-ubyte", formatIdx({ shape: [1], data: new Uint8Array(1) }));
  const { tag, message } = errorOf(() => readMnist(folder, { split: "test" }));
  expect(tag).toBe("Malformed");
  expect(message).toContain("1 labels for the 2 images");
});

test("folders of CIFAR: all batches in order, names of the classes where they are", () => {
  for (let i = 1; i <= 5; i++) put(`data_batch_${i}.bin`, new Uint8Array(3073).fill(i, 0, 1));
  expect([...readCifar10(folder).labels]).toEqual([1, 2, 3, 4, 5]);
  expect(errorOf(() => readCifar10(folder, { split: "test" })).message).toContain("test_batch.bin");
  put("train.bin", new Uint8Array(3074).fill(2, 0, 1).fill(50, 1, 2));
  expect(readCifar100(folder).classNames).toBeUndefined();
  put("coarse_label_names.txt", `${Array.from({ length: 20 }, (_, i) => `group ${i}`).join("\n")}\n\n`);
  const coarse = readCifar100(folder, { labels: "coarse" });
  expect(coarse.classNames![coarse.labels[0]!]).toBe("group 2");
  put("fine_label_names.txt", "one\ntwo\n");
  expect(errorOf(() => readCifar100(folder)).message).toContain("it has 2 names");
});

test("digits, compressed", () => {
  const text = `${Array(64).fill(16).join(",")},8\n`;
  expect([...readDigits(put("digits.csv.gz", gzipSync(text))).labels]).toEqual([8]);
  expect(errorOf(() => readDigits(put("other.csv", "a,b\n"))).message).toContain("line 1 has 2 fields");
});
