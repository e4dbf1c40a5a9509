import { imageSetError } from "./image-set-error.js";

/** An array of an .npy file, as bytes in C order. */
export interface NpyArray {
  readonly shape: readonly number[];
  readonly data:
    | Uint8Array
    | Int8Array
    | Uint16Array
    | Int16Array
    | Uint32Array
    | Int32Array
    | Float32Array
    | Float64Array
    | BigInt64Array
    | BigUint64Array;
}

const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
// Headers of data sets have about a hundred bytes; structured types, which are not read, may have thousands.
const maxHeaderBytes = 2 ** 16;
const maxAxes = 8;

const kinds = {
  u1: Uint8Array,
  i1: Int8Array,
  u2: Uint16Array,
  i2: Int16Array,
  u4: Uint32Array,
  i4: Int32Array,
  u8: BigUint64Array,
  i8: BigInt64Array,
  f4: Float32Array,
  f8: Float64Array,
  b1: Uint8Array,
} as const;

/** The three fields of a header, a literal of Python: `{'descr': '|u1', 'fortran_order': False, 'shape': (3, 28, 28), }`. */
function parseHeader(text: string, path: string): { descr: string; fortranOrder: boolean; shape: number[] } {
  const malformed = (what: string): Error =>
    imageSetError("Malformed", path, `its .npy header has no ${what}: ${JSON.stringify(text.slice(0, 80))}`);
  const descr = /['"]descr['"]\s*:\s*['"]([^'"]{1,20})['"]/.exec(text)?.[1];
  if (descr === undefined) throw malformed("simple type");
  const order = /['"]fortran_order['"]\s*:\s*(True|False)/.exec(text)?.[1];
  if (order === undefined) throw malformed("fortran_order");
  const sizes = /['"]shape['"]\s*:\s*\(([\d\s,L]{0,200})\)/.exec(text)?.[1];
  if (sizes === undefined) throw malformed("shape");
  const fields = sizes.split(",").map((size) => size.trim().replace(/L$/, ""));
  // A single axis is written with a comma after it.
  if (fields.at(-1) === "") fields.pop();
  if (!fields.every((size) => /^\d{1,15}$/.test(size)) || fields.length > maxAxes) throw malformed(`shape of at most ${maxAxes} sizes`);
  return { descr, fortranOrder: order === "True", shape: fields.map(Number) };
}

/**
 * Reads an .npy file of NumPy (versions 1 to 3 of its format) with plain numbers, in either byte order.
 *
 * @throws ImageSetError if the bytes are no such file, end early or go on, hold other than numbers, or are in Fortran order
 */
export function parseNpy(bytes: Uint8Array, path: string): NpyArray {
  if (bytes.length < 10 || magic.some((byte, i) => bytes[i] !== byte))
    throw imageSetError(bytes.length < 10 ? "Truncated" : "Malformed", path, "it does not start like an .npy file (93 NUMPY)");
  const version = bytes[6]!;
  if (version < 1 || version > 3) throw imageSetError("Unsupported", path, `its .npy version is ${version}, 1 to 3 are read`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerAt = version === 1 ? 10 : 12;
  if (bytes.length < headerAt) throw imageSetError("Truncated", path, "its .npy header is cut off");
  const headerBytes = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (headerBytes > maxHeaderBytes)
    throw imageSetError("TooLarge", path, `its .npy header has ${headerBytes} bytes, at most ${maxHeaderBytes} are read`);
  const start = headerAt + headerBytes;
  if (bytes.length < start) throw imageSetError("Truncated", path, "its .npy header is cut off");
  const { descr, fortranOrder, shape } = parseHeader(
    new TextDecoder(version === 3 ? "utf-8" : "latin1").decode(bytes.subarray(headerAt, start)),
    path,
  );
  const kind = /^[<>|=]?([uifb]\d)$/.exec(descr)?.[1] as keyof typeof kinds | undefined;
  const Kind = kind && kinds[kind];
  if (!Kind) throw imageSetError("Unsupported", path, `its elements are ${JSON.stringify(descr)}, only numbers are read`);
  if (fortranOrder && shape.filter((size) => size !== 1).length > 1)
    throw imageSetError("Unsupported", path, "it is in Fortran order, save numpy.ascontiguousarray of it");
  const needed = shape.reduce((product, size) => product * size, Kind.BYTES_PER_ELEMENT);
  const held = bytes.length - start;
  if (held !== needed)
    throw imageSetError(
      held < needed ? "Truncated" : "Malformed",
      path,
      `its header promises [${shape}] ${descr}, ${needed} bytes, and ${held} are there`,
    );
  const copy = new Uint8Array(bytes.subarray(start));
  // A big-endian array is turned round on the way; all machines that run JavaScript engines today are little-endian.
  if (descr.startsWith(">"))
    for (let at = 0; at < copy.length; at += Kind.BYTES_PER_ELEMENT) copy.subarray(at, at + Kind.BYTES_PER_ELEMENT).reverse();
  return { shape, data: new Kind(copy.buffer) };
}
