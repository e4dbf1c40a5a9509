import fc from "fast-check";
import { expect, test } from "vitest";
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint, isCheckpointError, type TensorData, type TensorType } from "../src/index.js";

const makers: Record<TensorType, fc.Arbitrary<TensorData>> = {
  F32: fc.float32Array({ maxLength: 12 }),
  F64: fc.float64Array({ maxLength: 12 }),
  I8: fc.int8Array({ maxLength: 12 }),
  U8: fc.uint8Array({ maxLength: 12 }),
  I16: fc.int16Array({ maxLength: 12 }),
  U16: fc.uint16Array({ maxLength: 12 }),
  I32: fc.int32Array({ maxLength: 12 }),
  U32: fc.uint32Array({ maxLength: 12 }),
  BOOL: fc.uint8Array({ maxLength: 12, max: 1 }),
};
const tensor = fc.constantFrom(...(Object.keys(makers) as TensorType[])).chain((dtype) =>
  fc.tuple(makers[dtype], fc.nat(3)).map(([data, ones]) => {
    const factored = data.length % 2 === 0 ? [2, data.length / 2] : [data.length];
    return { dtype, shape: [...factored, ...Array(ones).fill(1)], data };
  }),
);
const checkpoint: fc.Arbitrary<Checkpoint> = fc.record({
  tensors: fc.dictionary(
    fc.string({ unit: "grapheme" }).filter((name) => name !== "__metadata__"),
    tensor,
    { maxKeys: 6, noNullPrototype: true },
  ),
  // JSON has no -0.
  meta: fc.jsonValue({ noUnicodeString: false }).map((value) => JSON.parse(JSON.stringify(value))),
});

/** Decodes or gives our error; anything else thrown fails the test. */
const decodeOrRefuse = (bytes: Uint8Array): Checkpoint | undefined => {
  try {
    return decodeCheckpoint(bytes);
  } catch (error) {
    if (isCheckpointError(error)) return undefined;
    throw error;
  }
};

test("decode undoes encode, and encoding is stable", () => {
  fc.assert(
    fc.property(checkpoint, (value) => {
      const bytes = encodeCheckpoint(value);
      const read = decodeCheckpoint(bytes);
      expect(read).toEqual(value);
      expect(encodeCheckpoint(value)).toEqual(bytes);
    }),
  );
});

test("each tensor of our files starts at a multiple of its element's size", () => {
  fc.assert(
    fc.property(checkpoint, (value) => {
      const bytes = encodeCheckpoint(value);
      const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
      expect((8 + length) % 8).toBe(0);
      const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
      for (const [name, { data }] of Object.entries(value.tensors)) expect(header[name].data_offsets[0] % data.BYTES_PER_ELEMENT).toBe(0);
    }),
  );
});

test("any bytes give a checkpoint or our error", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => void decodeOrRefuse(bytes)));
});

test("any JSON as a header gives a checkpoint or our error", () => {
  const sizes = fc.oneof(fc.nat(8), fc.integer(), fc.double(), fc.constant(null));
  const entry = fc.record(
    {
      dtype: fc.oneof(fc.constantFrom("F32", "U8", "F16", "constructor"), fc.jsonValue()),
      shape: fc.oneof(fc.array(sizes), fc.jsonValue()),
      data_offsets: fc.oneof(fc.tuple(sizes, sizes), fc.jsonValue()),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(fc.oneof(fc.dictionary(fc.string(), entry), fc.jsonValue()), fc.nat(16), (header, dataBytes) => {
      const text = new TextEncoder().encode(JSON.stringify(header));
      const bytes = new Uint8Array(8 + text.length + dataBytes);
      new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
      bytes.set(text, 8);
      decodeOrRefuse(bytes);
    }),
  );
});

test("a damaged file is refused or is still a whole checkpoint; a cut one is refused", () => {
  fc.assert(
    fc.property(checkpoint, fc.nat(), fc.nat(255), fc.nat(), (value, at, byte, cut) => {
      const bytes = encodeCheckpoint(value);
      const damaged = bytes.slice();
      damaged[at % bytes.length] = byte;
      const read = decodeOrRefuse(damaged);
      for (const { shape, data } of Object.values(read?.tensors ?? {})) expect(data.length).toBe(shape.reduce((a, b) => a * b, 1));
      expect(decodeOrRefuse(bytes.subarray(0, cut % bytes.length))).toBeUndefined();
    }),
  );
});
