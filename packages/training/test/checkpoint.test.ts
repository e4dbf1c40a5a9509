import { describe, expect, test } from "vitest";
import { decodeCheckpoint, encodeCheckpoint, isCheckpointError } from "../src/index.js";

/** A file from a header and a number of data bytes, as another program might write it. */
const file = (header: unknown, dataBytes = 0): Uint8Array => {
  const text = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
};
const entry = (dtype: string, shape: unknown, begin: unknown, end: unknown): object => ({ dtype, shape, data_offsets: [begin, end] });
const tagOf = (bytes: Uint8Array): string => {
  try {
    decodeCheckpoint(bytes);
  } catch (error) {
    if (isCheckpointError(error)) return error.tag;
    throw error;
  }
  return "read";
};

test("the bytes are those of the format's description", () => {
  const bytes = encodeCheckpoint({ tensors: { w: { dtype: "F32", shape: [1], data: new Float32Array([1]) } }, meta: { step: 3 } });
  const header = '{"__metadata__":{"meta":"{\\"step\\":3}"},"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}';
  const padded = header.padEnd(Math.ceil(header.length / 8) * 8);
  expect(new DataView(bytes.buffer).getBigUint64(0, true)).toBe(BigInt(padded.length));
  expect(new TextDecoder().decode(bytes.subarray(8, 8 + padded.length))).toBe(padded);
  expect([...bytes.subarray(8 + padded.length)]).toEqual([0, 0, 0x80, 0x3f]);
});

test("a file of another program is read: no padding, other order, other metadata, a view into a larger buffer", () => {
  const plain = file(
    { b: entry("U8", [2], 4, 6), __metadata__: { format: "pt" }, a: entry("F32", [], 0, 4), none: entry("I32", [0, 3], 4, 4) },
    6,
  );
  plain.set([0, 0, 0, 64, 7, 8], plain.length - 6);
  const shifted = new Uint8Array(plain.length + 11);
  shifted.set(plain, 3);
  expect(decodeCheckpoint(shifted.subarray(3, 3 + plain.length))).toEqual({
    tensors: {
      a: { dtype: "F32", shape: [], data: new Float32Array([2]) },
      b: { dtype: "U8", shape: [2], data: new Uint8Array([7, 8]) },
      none: { dtype: "I32", shape: [0, 3], data: new Int32Array(0) },
    },
    meta: null,
  });
  // Node's Buffer has a `slice` of its own, which does not copy.
  expect(decodeCheckpoint(Buffer.from(plain)).tensors["b"]!.data).toEqual(new Uint8Array([7, 8]));
});

describe("refused", () => {
  const one = entry("F32", [1], 0, 4);
  test.each<[string, string, Uint8Array]>([
    ["nothing", "Truncated", new Uint8Array()],
    ["half a length", "Truncated", new Uint8Array(7)],
    ["a header longer than the file", "Truncated", file({}).subarray(0, 9)],
    ["a header of 2^63 bytes", "TooLarge", new Uint8Array([0, 0, 0, 0, 0, 0, 0, 128, 1])],
    ["a picture", "TooLarge", new TextEncoder().encode("\x89PNG\r\n\x1a\n1234567890")],
    ["no JSON", "Corrupt", file("{")],
    ["no object", "Corrupt", file("[1]")],
    ["null", "Corrupt", file("null")],
    [
      "a header that is not UTF-8",
      "Corrupt",
      (() => {
        const bytes = file('{"ab":1}');
        bytes[10] = 0xff;
        return bytes;
      })(),
    ],
    ["data missing", "Truncated", file({ a: one }, 3)],
    ["data left over", "Corrupt", file({ a: one }, 5)],
    ["data without tensors", "Corrupt", file({}, 1)],
    ["a gap", "Corrupt", file({ a: entry("F32", [1], 4, 8) }, 8)],
    ["an overlap", "Corrupt", file({ a: entry("F32", [2], 0, 8), b: entry("F32", [1], 4, 8) }, 8)],
    ["two tensors on the same bytes", "Corrupt", file({ a: one, b: one }, 4)],
    ["a name twice", "Corrupt", file(`{"a":${JSON.stringify(entry("F32", [0], 0, 0))},"\\u0061":${JSON.stringify(one)}}`, 4)],
    ["a field twice", "Corrupt", file('{"a":{"dtype":"F32","shape":[1],"shape":[1],"data_offsets":[0,4]}}', 4)],
    ["offsets backward", "Corrupt", file({ a: entry("F32", [1], 4, 0) }, 4)],
    ["a negative offset", "Corrupt", file({ a: entry("F32", [1], -4, 0) }, 4)],
    ["three offsets", "Corrupt", file({ a: { dtype: "F32", shape: [1], data_offsets: [0, 4, 4] } }, 4)],
    ["a shape that is too large", "Corrupt", file({ a: entry("F32", [2], 0, 4) }, 4)],
    ["a shape whose product is not exact", "Corrupt", file({ a: entry("F32", [2 ** 40, 2 ** 40], 0, 4) }, 4)],
    ["a negative size", "Corrupt", file({ a: entry("F32", [-1, -1], 0, 4) }, 4)],
    ["half a size", "Corrupt", file({ a: entry("F32", [0.5, 2], 0, 4) }, 4)],
    ["a rank of 17", "Corrupt", file({ a: entry("F32", Array(17).fill(1), 0, 4) }, 4)],
    ["a shape that is none", "Corrupt", file({ a: entry("F32", "1", 0, 4) }, 4)],
    ["an entry that is none", "Corrupt", file({ a: 4 }, 4)],
    ["a dtype that is none", "Corrupt", file({ a: { ...one, dtype: 5 } }, 4)],
    ["half precision", "Unsupported", file({ a: entry("F16", [2], 0, 4) }, 4)],
    ["a dtype called like a method", "Unsupported", file({ a: entry("toString", [1], 0, 4) }, 4)],
    ["metadata that is none", "Corrupt", file({ __metadata__: 1 })],
    ["meta that is no JSON", "Corrupt", file({ __metadata__: { meta: "{" } })],
    ["meta that is no text", "Corrupt", file({ __metadata__: { meta: 1 } })],
    ["too many tensors", "TooLarge", file(Object.fromEntries(Array.from({ length: 100_001 }, (_, i) => [`${i}`, 0])))],
  ])("%s: %s", (_, tag, bytes) => {
    expect(tagOf(bytes)).toBe(tag);
  });

  test("what cannot be read back is not written", () => {
    const data = new Float32Array(2);
    const write =
      (name: string, values: object, meta: unknown = null) =>
      () =>
        encodeCheckpoint({ tensors: { [name]: values as never }, meta });
    expect(write("a", { dtype: "F32", shape: [3], data })).toThrow(/\[3\].*2 values/);
    expect(write("a", { dtype: "F32", shape: [-1, -2], data })).toThrow(RangeError);
    expect(write("a", { dtype: "I32", shape: [2], data })).toThrow(/I32.*Float32Array/);
    expect(write("a", { dtype: "BF16", shape: [2], data })).toThrow(RangeError);
    expect(write("__metadata__", { dtype: "F32", shape: [2], data })).toThrow(/__metadata__/);
    expect(write("a", { dtype: "F32", shape: [2], data }, () => {})).toThrow(TypeError);
    expect(write("a", { dtype: "F32", shape: [2], data }, "x".repeat(2 ** 25))).toThrow(/bytes/);
  });
});

test("isCheckpointError knows its own", () => {
  expect(isCheckpointError(new Error("x"))).toBe(false);
  expect(isCheckpointError("CheckpointError")).toBe(false);
  try {
    decodeCheckpoint(new Uint8Array());
  } catch (error) {
    expect(isCheckpointError(error)).toBe(true);
    expect(isCheckpointError(error, "Truncated")).toBe(true);
    expect(isCheckpointError(error, "Corrupt")).toBe(false);
  }
});
