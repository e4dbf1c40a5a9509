import { type ElementType, elementBytes } from "./elements.js";
import { volumeError } from "./errors.js";

/** How voxels are written as text: decimal numbers between white space, or two hexadecimal digits a byte. */
export type TextEncoding = "decimal" | "hex";

/** The range of each kind of integer. */
const ranges: Partial<Record<ElementType, readonly [number, number]>> = {
  int8: [-(2 ** 7), 2 ** 7 - 1],
  uint8: [0, 2 ** 8 - 1],
  int16: [-(2 ** 15), 2 ** 15 - 1],
  uint16: [0, 2 ** 16 - 1],
  int32: [-(2 ** 31), 2 ** 31 - 1],
  uint32: [0, 2 ** 32 - 1],
  int64: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  uint64: [0, Number.MAX_SAFE_INTEGER],
};

/** The fewest and the most bytes of text that some bytes of voxels may take; more than the most is never looked at. */
export function textLimits(length: number, element: ElementType, encoding: TextEncoding): { least: number; most: number } {
  const count = length / elementBytes(element);
  // Room for 17 digits, signs, exponents and a line end; and for one comment's worth of white space.
  return encoding === "hex" ? { least: 2 * length, most: 4 * length + 2 ** 20 } : { least: 2 * count - 1, most: 64 * count + 2 ** 20 };
}

/**
 * Decodes text into the bytes of voxels, little-endian for decimal numbers; what follows the last voxel is ignored, as in binary files.
 *
 * Throws Truncated where there are too few numbers, Malformed for a word that is no number of the type. `offset` is where the text starts.
 */
export function decodeText(
  out: Uint8Array,
  text: Uint8Array,
  element: ElementType,
  encoding: TextEncoding,
  where: { path: string; offset: number },
): void {
  if (encoding === "hex") decodeHex(out, text, where);
  else decodeDecimals(out, text, element, where);
}

function decodeHex(out: Uint8Array, text: Uint8Array, { path, offset }: { path: string; offset: number }): void {
  let digits = 0;
  for (let i = 0; i < text.length && digits < 2 * out.length; i++) {
    const code = text[i]!;
    if (isSpace(code)) continue;
    const value = code >= 48 && code <= 57 ? code - 48 : (code | 32) >= 97 && (code | 32) <= 102 ? (code | 32) - 87 : -1;
    if (value < 0)
      throw volumeError(
        "Malformed",
        path,
        `it has ${JSON.stringify(String.fromCharCode(code))} among its voxels, expected hexadecimal digits`,
        {
          offset: offset + i,
        },
      );
    out[digits >> 1] = (out[digits >> 1]! << 4) | value;
    digits++;
  }
  if (digits < 2 * out.length)
    throw volumeError("Truncated", path, `it has ${digits} hexadecimal digits of voxels, the header promises ${2 * out.length}`, {
      offset,
    });
}

function decodeDecimals(out: Uint8Array, text: Uint8Array, element: ElementType, { path, offset }: { path: string; offset: number }): void {
  const size = elementBytes(element);
  const count = out.length / size;
  const view = new DataView(out.buffer, out.byteOffset, out.byteLength);
  const range = ranges[element];
  let at = 0;
  for (let n = 0; n < count; n++) {
    while (at < text.length && isSpace(text[at]!)) at++;
    const start = at;
    while (at < text.length && !isSpace(text[at]!)) at++;
    if (at === start) throw volumeError("Truncated", path, `it has ${n} numbers, the header promises ${count}`, { offset: offset + at });
    const word = at - start > 64 ? "" : String.fromCharCode(...text.subarray(start, at));
    const value = numberOf(word, range);
    if (value === undefined) {
      const wanted = range ? `a whole number from ${range[0]} to ${range[1]}` : "a number";
      const shown = String.fromCharCode(...text.subarray(start, Math.min(at, start + 40)));
      throw volumeError("Malformed", path, `voxel ${n} is ${JSON.stringify(shown)}, expected ${wanted}`, { offset: offset + start });
    }
    write(view, n * size, value, element);
  }
}

function numberOf(word: string, range: readonly [number, number] | undefined): number | undefined {
  if (range) {
    if (!/^[+-]?\d+$/.test(word)) return undefined;
    const value = Number(word);
    return value >= range[0] && value <= range[1] ? value : undefined;
  }
  if (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(word)) return Number(word);
  const named = /^([+-]?)(nan|inf(?:inity)?)$/i.exec(word);
  if (!named) return undefined;
  return named[2]!.toLowerCase() === "nan" ? Number.NaN : named[1] === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}

function write(view: DataView, at: number, value: number, element: ElementType): void {
  switch (element) {
    case "int8":
    case "uint8":
      view.setUint8(at, value);
      break;
    case "int16":
    case "uint16":
      view.setUint16(at, value, true);
      break;
    case "int32":
    case "uint32":
      view.setUint32(at, value, true);
      break;
    case "float32":
      view.setFloat32(at, value, true);
      break;
    case "float64":
      view.setFloat64(at, value, true);
      break;
    default:
      view.setBigInt64(at, BigInt(value), true);
      break;
  }
}

/** A space, a tab, a line feed, a vertical tab, a form feed or a carriage return. */
const isSpace = (code: number): boolean => code === 32 || (code >= 9 && code <= 13);
