import { decodeElements, type ElementType, elementBytes } from "./elements.js";
import { volumeError } from "./errors.js";
import { type TextEncoding, textLimits } from "./text-elements.js";
import { type Grid, gridFault, type Volume, type VoxelArray, voxelCount } from "./volume.js";

/** How files are compressed: not at all, as a zlib stream, or as a gzip stream. */
export type Compression = "none" | "zlib" | "gzip";

/** One stretch of voxel bytes in a file. */
export interface VoxelPart {
  /** The file's name relative to the header's folder; undefined is the header's own file. */
  readonly file: string | undefined;
  /** Where the file's own header, or what else comes before, ends. */
  readonly start: number;
  /** Lines to pass over from there; none unless told. */
  readonly lines?: number;
  /** Bytes to pass over after that; of what comes out where the part is compressed. */
  readonly skip: number;
  /** Whether the voxels are what the file (decompressed) ends with, wherever that starts. */
  readonly fromEnd?: boolean;
  /** Bytes of voxels, decompressed. */
  readonly length: number;
}

/** All that a header says about how to get at the voxels. Making it reads no voxels, so that everything can be checked before. */
export interface VoxelPlan {
  readonly grid: Grid;
  readonly element: ElementType;
  readonly littleEndian: boolean;
  /** Stored values become slope · value + intercept; undefined leaves them. */
  readonly scale?: { readonly slope: number; readonly intercept: number };
  readonly compression: Compression;
  /** How the voxels are written where they are text. */
  readonly text?: TextEncoding;
  readonly parts: readonly VoxelPart[];
}

/** Limits of reading. */
export interface ReadOptions {
  /** The most bytes that the voxels of one volume may take in memory; 2 GiB unless told (1024³ voxels of 16 bits). */
  maxBytes?: number;
}

/** Deflate cannot do better than this (RFC 1951: 258 bytes from 2 bits), so a header that promises more than this of a file is wrong. */
const bestDeflateRatio = 1032;
/** The most bytes that voxels may take unless told. */
export const defaultMaxBytes: number = 2 ** 31;

/** Refuses a header that promises something impossible or too large, before anything is allocated. */
export function checkPlan(plan: VoxelPlan, path: string, { maxBytes = defaultMaxBytes }: ReadOptions): void {
  const fault = gridFault(plan.grid);
  if (fault) throw volumeError("Malformed", path, fault);
  const { shape } = plan.grid;
  const stored = voxelCount(shape) * elementBytes(plan.element);
  const bytes = Math.max(stored, plan.scale ? voxelCount(shape) * scaledBytes(plan.element) : 0);
  if (bytes > maxBytes) {
    throw volumeError(
      "TooLarge",
      path,
      `${shape.join(" x ")} voxels (z, y, x) of ${plan.element} need ${bytes} bytes, the limit is ${maxBytes} bytes`,
    );
  }
  const promised = plan.parts.reduce((sum, part) => sum + part.length, 0);
  if (promised !== stored)
    throw volumeError("Malformed", path, `its parts hold ${promised} bytes, the header promises ${stored} bytes of voxels`);
}

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

/** The volume of a plan and the bytes of all its parts, which it takes over. */
export function finishPlan(plan: VoxelPlan, bytes: Uint8Array<ArrayBuffer>, path: string): Volume {
  const data = decodeElements(bytes, plan.element, plan.littleEndian);
  if (!data)
    throw volumeError(
      "Unsupported",
      path,
      `it holds 64-bit integers beyond ${Number.MAX_SAFE_INTEGER}, which a number cannot hold exactly`,
    );
  return { data: plan.scale ? scaled(data, plan.scale, plan.element) : data, ...plan.grid };
}

/** Types that 32-bit floats hold exactly are scaled into those, others into doubles. */
const scaledBytes = (element: ElementType): number => (elementBytes(element) <= 2 || element === "float32" ? 4 : 8);

function scaled(data: VoxelArray, { slope, intercept }: { slope: number; intercept: number }, element: ElementType): VoxelArray {
  const out = scaledBytes(element) === 4 ? new Float32Array(data.length) : new Float64Array(data.length);
  for (let i = 0; i < data.length; i++) out[i] = slope * data[i]! + intercept;
  return out;
}

/** The folder of a path with its closing slash, or "" for a bare name. */
export const folderOf = (path: string): string => path.slice(0, Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1);

/** The name of a data file with plain slashes; refuses one that could lead out of the header's folder. */
export function dataFileName(name: string, path: string): string {
  const steps = name.split(/[\\/]/);
  if (name === "" || /^[a-z]:|^[\\/]|\0/i.test(name) || steps.includes("..")) {
    throw volumeError(
      "UnsafePath",
      path,
      `it names the data file ${JSON.stringify(name)}, expected a file in the header's folder or below`,
    );
  }
  return steps.filter((step) => step !== "." && step !== "").join("/");
}
