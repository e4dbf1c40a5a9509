import { decodeElements } from "../elements.js";
import { volumeError } from "../errors.js";
import type { VoxelArray } from "../volume.js";
import type { DataSet } from "./data-set.js";

/** How the numbers of an image are stored (PS3.5, 8.1). */
export interface PixelFormat {
  readonly bitsAllocated: 8 | 16 | 32;
  readonly bitsStored: number;
  readonly highBit: number;
  readonly signed: boolean;
  readonly littleEndian: boolean;
  /** Stored values that stand for "nothing was measured here", from the first to the last. */
  readonly padding: readonly [number, number] | undefined;
  /** What is added to padding that is stored as a large unsigned number although it is a negative one; else 0. */
  readonly paddingOffset: number;
}

/** The format that a header tells. Throws Unsupported for color, for packed bits and for floats, Malformed for contradictions. */
export function pixelFormatOf(dataSet: DataSet, littleEndian: boolean, path: string, notices: string[]): PixelFormat {
  const samples = dataSet.short("x00280002") ?? 1;
  const photometric = dataSet.text("x00280004") ?? "MONOCHROME2";
  if (samples !== 1 || !photometric.startsWith("MONOCHROME")) {
    const found = `${samples} ${samples === 1 ? "value" : "values"} per pixel (${photometric})`;
    throw volumeError("Unsupported", path, `it has ${found}, expected one value per pixel (MONOCHROME1 or MONOCHROME2)`);
  }
  if (photometric === "MONOCHROME1")
    notices.push("MONOCHROME1 asks for an inverted display; values are kept as the slope and intercept give them");
  const bitsAllocated = dataSet.short("x00280100");
  if (bitsAllocated !== 8 && bitsAllocated !== 16 && bitsAllocated !== 32)
    throw volumeError("Unsupported", path, `BitsAllocated is ${bitsAllocated ?? "missing"}, expected 8, 16 or 32`);
  const bitsStored = dataSet.short("x00280101") ?? bitsAllocated;
  const highBit = dataSet.short("x00280102") ?? bitsStored - 1;
  if (bitsStored < 1 || bitsStored > bitsAllocated || highBit + 1 < bitsStored || highBit >= bitsAllocated) {
    const expected = `expected them within the ${bitsAllocated} bits allocated`;
    throw volumeError("Malformed", path, `BitsStored is ${bitsStored} and HighBit ${highBit}, ${expected}`);
  }
  const signed = dataSet.short("x00280103") === 1;
  const format = { bitsAllocated, bitsStored, highBit, signed, littleEndian } as const;
  return { ...format, ...paddingOf(dataSet, format, notices) };
}

function paddingOf(
  dataSet: DataSet,
  { bitsAllocated, bitsStored, signed }: Pick<PixelFormat, "bitsAllocated" | "bitsStored" | "signed">,
  notices: string[],
): Pick<PixelFormat, "padding" | "paddingOffset"> {
  const first = dataSet.short("x00280120", signed);
  if (first === undefined || bitsAllocated === 32) return { padding: undefined, paddingOffset: 0 };
  const last = dataSet.short("x00280121", signed) ?? first;
  // Scanners write -2000 into unsigned images, where it becomes 63536, brighter than any metal.
  const negative = !signed && bitsStored === 16 && Math.min(first, last) >= 2 ** 15 && Math.max(first, last) < 2 ** 16 - 1;
  if (negative) notices.push(`PixelPaddingValue ${first} of an unsigned image is taken as the negative number ${first - 2 ** 16}`);
  return { padding: [Math.min(first, last), Math.max(first, last)], paddingOffset: negative ? -(2 ** 16) : 0 };
}

/** The numbers of a frame's bytes, which it takes over: bits that are not stored are cleared, or set to the sign. */
export function unpackPixels(bytes: Uint8Array<ArrayBuffer>, format: PixelFormat, littleEndian: boolean): VoxelArray {
  const { bitsAllocated, bitsStored, highBit, signed } = format;
  const values = decodeElements(bytes, `${signed ? "int" : "uint"}${bitsAllocated}`, littleEndian)!;
  if (bitsStored < bitsAllocated && !(values instanceof Uint16Array && highBit + 1 === bitsStored && isClear(values, bitsStored))) {
    // Shifts count from bit 31: up until the high bit is there, then down with the sign, or without.
    const up = 31 - highBit;
    const down = 32 - bitsStored;
    if (signed) for (let i = 0; i < values.length; i++) values[i] = (values[i]! << up) >> down;
    else for (let i = 0; i < values.length; i++) values[i] = (values[i]! << up) >>> down;
  }
  return values;
}

/** Whether no value has bits above the stored ones, as nearly always; two values a step, since looking costs less than clearing. */
function isClear(values: Uint16Array, bitsStored: number): boolean {
  const aligned = values.byteOffset % 4 === 0;
  const pairs = aligned ? new Uint32Array(values.buffer, values.byteOffset, values.length >> 1) : new Uint32Array(0);
  let seen = 0;
  for (let i = 0; i < pairs.length; i++) seen |= pairs[i]!;
  for (let i = 2 * pairs.length; i < values.length; i++) seen |= values[i]!;
  return ((seen | (seen >>> 16)) & 0xffff) >>> bitsStored === 0;
}
