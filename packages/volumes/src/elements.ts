import type { VoxelArray } from "./volume.js";

/** The kinds of numbers that files hold. */
export type ElementType = "int8" | "uint8" | "int16" | "uint16" | "int32" | "uint32" | "int64" | "uint64" | "float32" | "float64";

const sizes: Record<ElementType, number> = {
  int8: 1,
  uint8: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  uint32: 4,
  int64: 8,
  uint64: 8,
  float32: 4,
  float64: 8,
};
const hostIsLittle = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** Bytes of one number in a file. */
export const elementBytes = (type: ElementType): number => sizes[type];

/** The type under which an array's voxels are written. */
export function elementTypeOf(data: VoxelArray): Exclude<ElementType, "int64" | "uint64"> {
  if (data instanceof Int8Array) return "int8";
  if (data instanceof Uint8Array) return "uint8";
  if (data instanceof Int16Array) return "int16";
  if (data instanceof Uint16Array) return "uint16";
  if (data instanceof Int32Array) return "int32";
  if (data instanceof Uint32Array) return "uint32";
  return data instanceof Float32Array ? "float32" : "float64";
}

/**
 * The numbers of a file's bytes. Takes the bytes over: the result may share their memory, and their order may be changed in place.
 * 64-bit integers become doubles; undefined where one of them is too large for that.
 */
export function decodeElements(bytes: Uint8Array<ArrayBuffer>, type: ElementType, littleEndian: boolean): VoxelArray | undefined {
  const size = sizes[type];
  const aligned = bytes.byteOffset % size === 0 ? bytes : bytes.slice();
  if (littleEndian !== hostIsLittle) swapBytes(aligned, size);
  const { buffer, byteOffset } = aligned;
  const length = aligned.byteLength / size;
  switch (type) {
    case "int8":
      return new Int8Array(buffer, byteOffset, length);
    case "uint8":
      return new Uint8Array(buffer, byteOffset, length);
    case "int16":
      return new Int16Array(buffer, byteOffset, length);
    case "uint16":
      return new Uint16Array(buffer, byteOffset, length);
    case "int32":
      return new Int32Array(buffer, byteOffset, length);
    case "uint32":
      return new Uint32Array(buffer, byteOffset, length);
    case "float32":
      return new Float32Array(buffer, byteOffset, length);
    case "float64":
      return new Float64Array(buffer, byteOffset, length);
    default:
      return wideIntegers(
        type === "int64" ? new BigInt64Array(buffer, byteOffset, length) : new BigUint64Array(buffer, byteOffset, length),
      );
  }
}

/** Little-endian bytes of voxels; a view of the same memory where that is possible. */
export function encodeElements(data: VoxelArray): Uint8Array {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  if (hostIsLittle) return bytes;
  const copy = bytes.slice();
  swapBytes(copy, data.BYTES_PER_ELEMENT);
  return copy;
}

function swapBytes(bytes: Uint8Array, size: number): void {
  for (let start = 0; size > 1 && start < bytes.length; start += size) bytes.subarray(start, start + size).reverse();
}

function wideIntegers(values: BigInt64Array | BigUint64Array): Float64Array | undefined {
  const out = new Float64Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const value = Number(values[i]!);
    if (!Number.isSafeInteger(value)) return undefined;
    out[i] = value;
  }
  return out;
}
