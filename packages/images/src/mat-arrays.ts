import { type ByteReader, byteReader, inflated } from "./byte-reader.js";
import { imageSetError } from "./image-set-error.js";

/** A numeric array of a MAT file as its header describes it. */
export interface MatHeader {
  readonly name: string;
  /** In Fortran order: the first axis varies fastest. */
  readonly shape: readonly number[];
  /** How an element is stored, which may be smaller than what it is in MATLAB. */
  readonly stored: string;
  readonly elementBytes: number;
  readonly littleEndian: boolean;
}
/** Takes the bytes of one array in pieces, or nothing where the array is skipped. */
export type MatSink = (piece: Uint8Array) => void;

const storages: Record<number, { stored: string; elementBytes: number }> = {
  1: { stored: "int8", elementBytes: 1 },
  2: { stored: "uint8", elementBytes: 1 },
  3: { stored: "int16", elementBytes: 2 },
  4: { stored: "uint16", elementBytes: 2 },
  5: { stored: "int32", elementBytes: 4 },
  6: { stored: "uint32", elementBytes: 4 },
  7: { stored: "float", elementBytes: 4 },
  9: { stored: "double", elementBytes: 8 },
  12: { stored: "int64", elementBytes: 8 },
  13: { stored: "uint64", elementBytes: 8 },
};
const matrix = 14;
const compressed = 15;
// The numeric classes of arrays; lower ones are cells, structures, objects, text and sparse matrices.
const firstNumericClass = 6;
const lastNumericClass = 15;
// MATLAB's longest name has 63 characters. The other two are far above any data set's and only bound a wrong file.
const maxNameBytes = 63;
const maxAxes = 8;
const maxVariables = 256;
// The bit of an array's flags that says that it has an imaginary part.
const isComplex = 0x800;
const pieceBytes = 2 ** 16;

const padded = (bytes: number): number => Math.ceil(bytes / 8) * 8;

/** The tag of an element: its type, its length, and its bytes where they are in the tag. */
function readTag(reader: ByteReader, littleEndian: boolean, what: string): { type: number; bytes: number; inTag?: Uint8Array } {
  const head = reader.take(8, what).slice();
  const view = new DataView(head.buffer);
  const first = view.getUint32(0, littleEndian);
  const small = first >>> 16;
  if (small === 0) return { type: first, bytes: view.getUint32(4, littleEndian) };
  if (small > 4) throw imageSetError("Malformed", reader.path, `${what} has a short element of ${small} bytes, 4 are possible`);
  return { type: first & 0xffff, bytes: small, inTag: head.subarray(4, 4 + small) };
}

/** A part of an array's header. */
function readPart(reader: ByteReader, littleEndian: boolean, what: string, maxBytes: number): { type: number; view: DataView } {
  const { type, bytes, inTag } = readTag(reader, littleEndian, what);
  if (bytes > maxBytes) throw imageSetError("Malformed", reader.path, `${what} has ${bytes} bytes, at most ${maxBytes} are possible`);
  const data = inTag ?? reader.take(padded(bytes), what).slice(0, bytes);
  return { type, view: new DataView(data.buffer, data.byteOffset, bytes) };
}

/** The next `length` bytes alone. */
function* partOf(reader: ByteReader, length: number, what: string): Generator<Uint8Array> {
  for (let left = length; left > 0; left -= pieceBytes) yield reader.take(Math.min(pieceBytes, left), what);
}

/** Reads the one array that the reader holds, up to its end. */
function readMatrix(reader: ByteReader, littleEndian: boolean, visit: (header: MatHeader) => MatSink | undefined): void {
  const { path } = reader;
  const malformed = (message: string): Error => imageSetError("Malformed", path, message);
  // MATLAB writes arrays without any content for some kinds of objects.
  if (reader.atEnd()) return;
  const flags = readPart(reader, littleEndian, "the flags of an array", 8);
  if (flags.type !== 6 || flags.view.byteLength !== 8) throw malformed("an array does not start with its flags");
  const word = flags.view.getUint32(0, littleEndian);
  const sizes = readPart(reader, littleEndian, "the sizes of an array", 4 * maxAxes);
  if (sizes.type !== 5 || sizes.view.byteLength < 8 || sizes.view.byteLength % 4 !== 0)
    throw malformed("the sizes of an array are missing");
  const shape = Array.from({ length: sizes.view.byteLength / 4 }, (_, i) => sizes.view.getInt32(4 * i, littleEndian));
  const label = readPart(reader, littleEndian, "the name of an array", maxNameBytes);
  const name = new TextDecoder().decode(label.view);
  const what = `the array ${JSON.stringify(name)}`;
  const kind = word & 0xff;
  const drain = (): number => {
    let rest = 0;
    while (!reader.atEnd()) {
      rest += reader.skip();
    }
    return rest;
  };
  if (kind < firstNumericClass || kind > lastNumericClass || (word & isComplex) !== 0) {
    drain();
    return;
  }
  if (shape.some((size) => size < 0)) throw malformed(`${what} has the shape [${shape}]`);
  const { type, bytes, inTag } = readTag(reader, littleEndian, what);
  const storage = storages[type];
  if (!storage) throw malformed(`${what} is stored as type ${type}, which is no number`);
  const expected = shape.reduce((product, size) => product * size, storage.elementBytes);
  if (bytes !== expected) throw malformed(`${what} of [${shape}] ${storage.stored} has ${bytes} bytes, expected ${expected}`);
  const sink = visit({ name, shape, littleEndian, ...storage });
  if (inTag) sink?.(inTag);
  else reader.each(bytes, what, (piece) => sink?.(piece));
  // Reading to the end also checks a checksum.
  const rest = drain();
  if (rest >= 8) throw malformed(`${what} has ${bytes} bytes, and ${rest} more follow`);
}

/**
 * Walks over the numeric arrays of a MAT file of version 5, compressed or not, in either byte order ("MAT-File Format", The MathWorks).
 * Each array is announced by its header and then handed over in pieces, so that memory does not grow with the file.
 *
 * @param visit gives what takes the bytes of the array, or undefined to pass over it; it is the one to check shape and type. Text,
 *   structures and complex arrays are passed over
 * @throws ImageSetError if the bytes are no such file, end early or do not decode
 */
export function visitMatArrays(reader: ByteReader, visit: (header: MatHeader) => MatSink | undefined): void {
  const { path } = reader;
  const head = new Uint8Array(128);
  head.set(reader.take(4, "the header of a MAT file"));
  if (head.subarray(0, 4).includes(0))
    throw imageSetError("Unsupported", path, "it does not start like a MAT file of version 5 (one of version 4 is not read)");
  head.set(reader.take(124, "the header of a MAT file"), 4);
  const text = new TextDecoder("latin1").decode(head.subarray(0, 116));
  const mark = String.fromCharCode(head[126]!, head[127]!);
  if (text.startsWith("MATLAB 7.3") || text.startsWith("\x89HDF"))
    throw imageSetError("Unsupported", path, "it is a MAT file of version 7.3 (HDF5), only version 5 is read");
  if (mark !== "IM" && mark !== "MI") throw imageSetError("Malformed", path, "it is no MAT file: its byte order mark is missing");
  const littleEndian = mark === "IM";
  const version = new DataView(head.buffer).getUint16(124, littleEndian);
  if (version !== 0x0100)
    throw imageSetError("Unsupported", path, `its version is 0x${version.toString(16)}, only version 5 (0x100) is read`);
  for (let variables = 0; !reader.atEnd(); variables++) {
    if (variables === maxVariables) throw imageSetError("TooLarge", path, `it has more than ${maxVariables} arrays`);
    const what = `element ${variables + 1}`;
    const { type, bytes, inTag } = readTag(reader, littleEndian, what);
    if (type === matrix && !inTag) readMatrix(byteReader(partOf(reader, bytes, what), path), littleEndian, visit);
    else if (type === compressed && !inTag) {
      const inner = byteReader(inflated(reader, bytes, what), path);
      const { type: innerType } = readTag(inner, littleEndian, what);
      if (innerType !== matrix) throw imageSetError("Malformed", path, `${what} is of type ${innerType} where an array was expected`);
      readMatrix(inner, littleEndian, visit);
    } else throw imageSetError("Malformed", path, `${what} is of type ${type} where an array was expected`);
  }
}
