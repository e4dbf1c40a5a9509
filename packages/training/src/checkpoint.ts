import { checkpointError } from "./checkpoint-error.js";
import { repeatedKey } from "./repeated-key.js";

/** The arrays a tensor's values come in; booleans are 0 and 1 in a `Uint8Array`. */
export type TensorData = Float32Array | Float64Array | Int8Array | Uint8Array | Int16Array | Uint16Array | Int32Array | Uint32Array;

/** The element types that are written and read, as the safetensors format names them. */
export type TensorType = "F32" | "F64" | "I8" | "U8" | "I16" | "U16" | "I32" | "U32" | "BOOL";

/** A tensor as plain data. */
export interface TensorValues {
  readonly dtype: TensorType;
  readonly shape: readonly number[];
  /** In C order. */
  readonly data: TensorData;
}

/** Named tensors and whatever else belongs to them. */
export interface Checkpoint {
  readonly tensors: Readonly<Record<string, TensorValues>>;
  /** Anything that JSON holds: the step, the settings, the state of random streams. Null if a file has none. */
  readonly meta: unknown;
}

const arrays = {
  F32: Float32Array,
  F64: Float64Array,
  I8: Int8Array,
  U8: Uint8Array,
  I16: Int16Array,
  U16: Uint16Array,
  I32: Int32Array,
  U32: Uint32Array,
  BOOL: Uint8Array,
} as const;
const types = Object.keys(arrays) as TensorType[];
const isSupported = (dtype: unknown): dtype is TensorType => types.includes(dtype as TensorType);

// What a file may ask for before it is believed. Ours stay far below; each limit keeps a hostile file from costing time or memory.
const limits = {
  /** A header of 32 MiB describes 300,000 tensors. */
  headerBytes: 2 ** 25,
  tensors: 100_000,
  rank: 16,
};
const headerStart = 8;

const count = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

/**
 * Writes a checkpoint in the layout of safetensors: 8 bytes with the length of the header, the header in JSON, the data, all little-endian.
 * The same input gives the same bytes, and other tools read the tensors (Hugging Face, "Safetensors", format of version 0.4).
 * `meta` is kept as JSON in the header's `__metadata__`.
 *
 * @throws RangeError if a shape does not fit its data, names and meta exceed 32 MiB, or a tensor is called `__metadata__`; TypeError if `meta` cannot be JSON
 *
 * @example
 * ```ts
 * import { decodeCheckpoint, encodeCheckpoint } from "@gleaner/training";
 * const bytes = encodeCheckpoint({
 *   tensors: { w: { dtype: "F32", shape: [2], data: new Float32Array([1, 2]) } },
 *   meta: { step: 100 },
 * });
 * decodeCheckpoint(bytes); // => { tensors: { w: { dtype: "F32", shape: [2], data: [1, 2] } }, meta: { step: 100 } }
 * ```
 */
export function encodeCheckpoint(checkpoint: Checkpoint): Uint8Array<ArrayBuffer> {
  const meta = JSON.stringify(checkpoint.meta ?? null) as string | undefined;
  if (meta === undefined) throw new TypeError(`meta must be what JSON holds, got ${typeof checkpoint.meta}`);
  // Wide elements first, so that each tensor starts at a multiple of its element's size.
  const entries = Object.entries(checkpoint.tensors).sort(([, a], [, b]) => b.data.BYTES_PER_ELEMENT - a.data.BYTES_PER_ELEMENT);
  let offset = 0;
  const header = entries.map(([name, { dtype, shape, data }]) => {
    if (name === "__metadata__") throw new RangeError('a tensor cannot be named "__metadata__"');
    if (!isSupported(dtype) || data.BYTES_PER_ELEMENT !== arrays[dtype].BYTES_PER_ELEMENT || data.constructor.name !== arrays[dtype].name) {
      throw new RangeError(`tensor ${name}: dtype ${dtype} does not go with a ${data.constructor.name}`);
    }
    if (!shape.every((size) => Number.isSafeInteger(size) && size >= 0) || shape.length > limits.rank || count(shape) !== data.length) {
      throw new RangeError(`tensor ${name}: the shape [${shape}] does not hold ${data.length} values`);
    }
    const begin = offset;
    offset += data.byteLength;
    return [name, { dtype, shape, data_offsets: [begin, offset] }] as const;
  });
  const text = new TextEncoder().encode(JSON.stringify(Object.fromEntries([["__metadata__", { meta }], ...header])));
  // The format pads the header with spaces, so that the data start at a multiple of 8.
  const headerLength = Math.ceil(text.length / 8) * 8;
  if (headerLength > limits.headerBytes)
    throw new RangeError(`names and meta take ${headerLength} bytes, at most ${limits.headerBytes} are written`);
  const bytes = new Uint8Array(headerStart + headerLength + offset);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerLength), true);
  bytes.fill(0x20, headerStart, headerStart + headerLength);
  bytes.set(text, headerStart);
  let at = headerStart + headerLength;
  for (const [, { data }] of entries) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return bytes;
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);
const isSize = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

function readHeader(bytes: Uint8Array): { header: Record<string, unknown>; dataStart: number } {
  if (bytes.length < headerStart)
    throw checkpointError("Truncated", `a checkpoint starts with 8 bytes of length, this has ${bytes.length} bytes`);
  const length = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  if (length > BigInt(limits.headerBytes)) {
    throw checkpointError(
      "TooLarge",
      `the header claims ${length} bytes, at most ${limits.headerBytes} are read (is it a safetensors file?)`,
    );
  }
  const dataStart = headerStart + Number(length);
  if (dataStart > bytes.length)
    throw checkpointError("Truncated", `the header claims ${length} bytes, the file has ${bytes.length} in all`);
  let header: unknown;
  let twice: string | undefined;
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(headerStart, dataStart));
    header = JSON.parse(text);
    twice = repeatedKey(text);
  } catch (cause) {
    throw checkpointError("Corrupt", "the header is not JSON", { cause });
  }
  if (twice !== undefined) throw checkpointError("Corrupt", `the header has ${JSON.stringify(twice)} twice`);
  if (!isObject(header)) throw checkpointError("Corrupt", "the header is not a JSON object");
  return { header, dataStart };
}

function readMeta(metadata: unknown): unknown {
  if (metadata === undefined) return null;
  if (!isObject(metadata)) throw checkpointError("Corrupt", "__metadata__ of the header is not an object");
  const meta = metadata["meta"];
  if (meta === undefined) return null;
  try {
    if (typeof meta === "string") return JSON.parse(meta);
  } catch {
    // Reported below, as for a value that is no text.
  }
  throw checkpointError("Corrupt", "__metadata__.meta of the header is not a text of JSON");
}

/** A tensor's entry, checked by itself: where its data are and what they mean. */
function readEntry(name: string, entry: unknown): { name: string; dtype: TensorType; shape: number[]; begin: number; end: number } {
  const fail = (what: string): never => {
    throw checkpointError("Corrupt", `tensor ${JSON.stringify(name)}: ${what}`);
  };
  if (!isObject(entry)) return fail("its entry is not an object");
  const { dtype, shape, data_offsets: offsets } = entry;
  if (typeof dtype !== "string") return fail("its dtype is not a text");
  if (!isSupported(dtype))
    throw checkpointError(
      "Unsupported",
      `tensor ${JSON.stringify(name)}: dtype ${dtype.slice(0, 20)} is not read, ${types.join(", ")} are`,
    );
  if (!Array.isArray(shape) || shape.length > limits.rank || !shape.every(isSize))
    return fail(`its shape is not a list of at most ${limits.rank} sizes`);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isSize)) return fail("its data_offsets are not two offsets");
  const [begin, end] = offsets as [number, number];
  const needed = count(shape) * arrays[dtype].BYTES_PER_ELEMENT;
  if (end - begin !== needed) return fail(`${dtype} [${shape}] takes ${needed} bytes, its offsets ${begin} to ${end} hold ${end - begin}`);
  return { name, dtype, shape, begin, end };
}

/**
 * Reads a checkpoint of `encodeCheckpoint`, or any safetensors file with the element types of `TensorType`. Nothing in the bytes is
 * believed unchecked: the tensors must fill the data without gap or overlap, and no name may come twice.
 *
 * @returns the tensors as copies, by name
 * @throws CheckpointError (`isCheckpointError`) for any other bytes
 *
 * @example
 * ```ts
 * import { decodeCheckpoint, encodeCheckpoint } from "@gleaner/training";
 * decodeCheckpoint(encodeCheckpoint({ tensors: {}, meta: [1, "two"] })).meta; // => [1, "two"]
 * ```
 */
export function decodeCheckpoint(bytes: Uint8Array): Checkpoint {
  const { header, dataStart } = readHeader(bytes);
  const { __metadata__: metadata, ...tensors } = header;
  const meta = readMeta(metadata);
  const names = Object.keys(tensors);
  if (names.length > limits.tensors)
    throw checkpointError("TooLarge", `the header lists ${names.length} tensors, at most ${limits.tensors} are read`);

  const entries = names.map((name) => readEntry(name, tensors[name])).sort((a, b) => a.begin - b.begin || a.end - b.end);
  let at = 0;
  for (const { name, begin, end } of entries) {
    if (begin !== at) {
      throw checkpointError(
        "Corrupt",
        `tensor ${JSON.stringify(name)} starts at byte ${begin} of the data where the one before ends at ${at}`,
      );
    }
    at = end;
  }
  const available = bytes.length - dataStart;
  if (at > available) throw checkpointError("Truncated", `the tensors take ${at} bytes, the file holds ${available}`);
  if (at < available) throw checkpointError("Corrupt", `${available - at} bytes follow the last tensor`);

  const read = entries.map(({ name, dtype, shape, begin, end }): [string, TensorValues] => {
    // Not `bytes.slice`: Node's Buffer gives a view of the file there, and `copy.buffer` must be these bytes alone.
    const copy = new Uint8Array(end - begin);
    copy.set(bytes.subarray(dataStart + begin, dataStart + end));
    return [name, { dtype, shape, data: new arrays[dtype](copy.buffer) }];
  });
  return { tensors: Object.fromEntries(read), meta };
}
