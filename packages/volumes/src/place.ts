import { volumeError } from "./errors.js";
import { defaultMaxBytes, type ReadOptions, type VoxelPart, type VoxelPlan } from "./plan.js";
import { textLimits } from "./text-elements.js";

/** Deflate cannot do better than this (RFC 1951: 258 bytes from 2 bits), so a header that promises more than this of a file is wrong. */
const bestDeflateRatio = 1032;

/** What is known of a part's file before its voxels are read. */
export interface PartFile {
  readonly path: string;
  /** The size of the file. */
  readonly bytes: number;
  /** Where the part starts, after the lines that it passes over. */
  readonly start: number;
  /** The last four bytes, where the part is compressed and counted from its end: a gzip stream's length (RFC 1952). */
  readonly tail?: Uint8Array;
}

/** Where a part's (compressed) bytes start, how many that come out of them are passed over, and how many bytes to read at most. */
export interface PartPlace {
  readonly path: string;
  readonly start: number;
  readonly skip: number;
  readonly length: number;
  /** How many bytes of text are looked at; only for text. */
  readonly textBytes: number;
  /** Whether nothing may come after the voxels, because their place was counted from the end. */
  readonly exact: boolean;
}

/** Refuses a part that its file is too short for, before anything is allocated; else tells where it is. */
export function placePart(
  part: VoxelPart,
  { compression, text, element }: VoxelPlan,
  file: PartFile,
  { maxBytes = defaultMaxBytes }: ReadOptions,
): PartPlace {
  const { path, bytes, tail } = file;
  const { length, fromEnd = false } = part;
  const packed = compression !== "none";
  const start = packed ? file.start : fromEnd ? bytes - length : file.start + part.skip;
  let skip = packed ? part.skip : 0;
  if (packed && fromEnd) {
    const total = tail?.length === 4 ? new DataView(tail.buffer, tail.byteOffset).getUint32(0, true) : 0;
    if (total < length)
      throw volumeError("Truncated", path, `the header promises ${length} bytes, its ${compression} stream has ${total}`, {
        offset: bytes,
      });
    skip = total - length;
  }
  const held = Math.max(0, bytes - Math.max(0, start));
  const most = packed ? held * bestDeflateRatio : held;
  const limits = text && textLimits(length, element, text);
  const needed = limits ? limits.least : skip + length;
  if (start < 0 || most < needed) {
    const has = packed ? `has ${held} compressed bytes, which hold ${most} at most` : `has ${fromEnd ? bytes : held}`;
    const after = start > 0 ? ` after the first ${start}` : "";
    throw volumeError("Truncated", path, `the header promises ${needed} bytes${after}, the file ${has}`, { offset: Math.max(0, start) });
  }
  const textBytes = limits ? Math.min(held, limits.most) : 0;
  if (textBytes > maxBytes)
    throw volumeError("TooLarge", path, `its voxels are ${textBytes} bytes of text, the limit is ${maxBytes} bytes`);
  return { path, start, skip, length, textBytes, exact: packed && fromEnd };
}

/** Lines are passed over within this many bytes, so that a file without line ends is not read whole. */
export const skippedLinesLimit: number = 2 ** 24;

/** The position after some lines of bytes, or how many of them are missing, as a negative number. */
export function afterLines(bytes: Uint8Array, lines: number): number {
  let at = 0;
  for (let n = 0; n < lines; n++) {
    const end = bytes.indexOf(10, at);
    if (end < 0) return n - lines;
    at = end + 1;
  }
  return at;
}

export const missingLines = (path: string, lines: number, offset: number): Error =>
  volumeError(
    "Truncated",
    path,
    `the header passes over ${lines} lines, which do not end in ${skippedLinesLimit} bytes or before the file does`,
    {
      offset,
    },
  );
