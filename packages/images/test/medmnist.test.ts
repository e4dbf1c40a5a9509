import { readFileSync } from "node:fs";
import { join } from "node:path";
import { zipSync } from "fflate";
import { expect, test } from "vitest";
import { isImageSetError, parseMedMnist } from "../src/index.js";
import { readMedMnist } from "../src/node.js";
import { parseNpy } from "../src/npy.js";

const folder = join(import.meta.dirname, "fixtures", "medmnist");
const file = (name: string): Uint8Array => Uint8Array.from(readFileSync(join(folder, name)));
const expected: { gray: number[]; color: number[] } = JSON.parse(readFileSync(join(folder, "expected.json"), "utf8"));
const errorOf = (work: () => unknown): { tag?: string; message: string } => {
  try {
    work();
  } catch (error) {
    if (isImageSetError(error)) return error;
    throw error;
  }
  return { message: "read" };
};

test.each(["train", "val", "test"] as const)("the split %s, deflated or stored, gray or color", (split) => {
  expect(readMedMnist(join(folder, "gray.npz"), { split, classNames: ["normal", "pneumonia"] })).toEqual({
    images: new Uint8Array(expected.gray),
    shape: [4, 5, 6, 1],
    labels: new Uint8Array([0, 1, 1, 0]),
    classNames: ["normal", "pneumonia"],
  });
  const color = parseMedMnist(file("color-stored.npz"), { split });
  expect(color).toEqual({ images: new Uint8Array(expected.color), shape: [2, 5, 6, 3], labels: new Int32Array([3, 0]) });
  expect(parseMedMnist(file("big-endian-labels.npz"), { split }).labels).toEqual(new Int32Array([0, 1, 1, 0]));
});

const header = (text: string): Uint8Array =>
  new Uint8Array([0x93, ...new TextEncoder().encode("NUMPY"), 1, 0, text.length, 0, ...new TextEncoder().encode(text)]);
const npy = (shape: string, values: number[], descr = "|u1"): Uint8Array =>
  new Uint8Array([...header(`{'descr': '${descr}', 'fortran_order': False, 'shape': ${shape}, }\n`), ...values]);

test.each<[string, string, string, Uint8Array, object]>([
  ["several classes for an image", "Unsupported", "[4,14]", file("multi-label.npz"), {}],
  ["volumes", "Unsupported", "[4,3,4,5]", file("volumes.npz"), {}],
  ["Fortran order", "Unsupported", "Fortran order", file("fortran.npz"), {}],
  ["nothing", "Truncated", "this has 0", new Uint8Array(), {}],
  ["no zip file", "Malformed", "like a zip file", new Uint8Array(100), {}],
  ["a zip file that is cut off", "Corrupt", "cut off", file("gray.npz").slice(0, -100), {}],
  ["another zip file", "Malformed", "has a.txt", zipSync({ "a.txt": new Uint8Array(9) }), {}],
  ["more than the limit", "TooLarge", "200128 bytes when decompressed, at most 100000", file("bomb.npz"), { maxBytes: 100_000 }],
  [
    "a class without a name",
    "Malformed",
    "image 1 of train has the label 1, expected an integer from 0 to 0",
    file("gray.npz"),
    { classNames: ["a"] },
  ],
  [
    "labels that do not fit",
    "Malformed",
    "1 labels for the 2 images",
    zipSync({ "train_images.npy": npy("(2, 1, 1)", [1, 2]), "train_labels.npy": npy("(1, 1)", [1]) }),
    {},
  ],
])("%s: %s", (_, tag, message, bytes, options) => {
  const error = errorOf(() => parseMedMnist(bytes, { ...options, path: "a.npz" }));
  expect(error.tag).toBe(tag);
  expect(error.message).toContain(message);
  expect(error.message).toMatch(/^a\.npz: [^\n]+$/);
});

test("a zip entry that promises more than its bytes can hold is refused before memory is taken", () => {
  const bytes = file("gray.npz");
  // The central directory's record of the first entry: its size after decompression is 24 bytes in.
  const at = bytes.findIndex((_, i) => bytes[i] === 0x50 && bytes[i + 1] === 0x4b && bytes[i + 2] === 1 && bytes[i + 3] === 2);
  new DataView(bytes.buffer).setUint32(at + 24, 1_500_000_000, true);
  expect(errorOf(() => parseMedMnist(bytes)).message).toContain("train_images.npy promises 1500000000 bytes, more than");
});

test.each([1, 2, 3])("NumPy's format %i", (version) => {
  expect(parseNpy(file(`version${version}.npy`), "a.npy")).toEqual({ shape: [1, 3], data: new BigInt64Array([1n, -2n, 3n]) });
});

test.each<[string, string, Uint8Array]>([
  ["Truncated", "does not start like", new Uint8Array(3)],
  ["Malformed", "does not start like", new Uint8Array(30)],
  ["Truncated", "header is cut off", npy("(1,)", []).slice(0, 20)],
  ["Truncated", "[5] |u1, 5 bytes, and 2 are there", npy("(5,)", [1, 2])],
  ["Malformed", "[1] |u1, 1 bytes, and 2 are there", npy("(1,)", [1, 2])],
  ["Unsupported", "<U3", npy("(1,)", [1], "<U3")],
  ["Unsupported", "|O", npy("(1,)", [1], "|O")],
  ["Malformed", "no shape", header("{'descr': '|u1', 'fortran_order': False, 'shape': (__import__('os'),), }")],
  ["Malformed", "no simple type", header("{'descr': [('a', '|u1')], 'fortran_order': False, 'shape': (1,), }")],
])("%s: %s", (tag, message, bytes) => {
  const error = errorOf(() => parseNpy(bytes, "a.npy"));
  expect(error.tag).toBe(tag);
  expect(error.message).toContain(message);
});
