import { decodeElements, type ElementType, elementBytes } from "./elements.js";
import { volumeError } from "./errors.js";
import type { TextEncoding } from "./text-elements.js";
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
