import type { ElementType } from "./elements.js";
import { elementBytes } from "./elements.js";
import { volumeError } from "./errors.js";
import type { VoxelPlan } from "./plan.js";
import { type Grid, gridFault, type Matrix3, type Triple } from "./volume.js";

export const niftiTypes: Record<number, ElementType> = {
  2: "uint8",
  4: "int16",
  8: "int32",
  16: "float32",
  64: "float64",
  256: "int8",
  512: "uint16",
  768: "uint32",
  1024: "int64",
  1280: "uint64",
};

/** A header is 348 bytes in NIfTI-1 and 540 in NIfTI-2. */
export const niftiHeadBytes = 540;

/** The fields of either version that matter here. */
interface Fields {
  littleEndian: boolean;
  magic: string;
  dim: number[];
  datatype: number;
  pixdim: number[];
  voxOffset: number;
  slope: number;
  intercept: number;
  units: number;
  qformCode: number;
  sformCode: number;
  /** b, c, d and the offsets x, y, z. */
  quaternion: number[];
  sform: number[];
}

/** What a NIfTI header says about its voxels. `head` is the start of the file, decompressed; `gzip` tells whether the file is compressed. */
export function planNifti(head: Uint8Array, path: string, gzip: boolean): VoxelPlan {
  const fields = fieldsOf(head, path);
  const { dim, datatype, magic } = fields;
  const element = niftiTypes[datatype];
  if (!element)
    throw volumeError("Unsupported", path, `its datatype is ${datatype}, expected one of ${Object.keys(niftiTypes).join(", ")}`, {
      offset: 70,
    });
  const rank = dim[0]!;
  if (!Number.isInteger(rank) || rank < 1 || rank > 7)
    throw volumeError("Malformed", path, `dim[0] is ${rank}, expected 1 to 7`, { offset: 40 });
  const size = dim.slice(1, rank + 1);
  if (!size.every((n) => Number.isSafeInteger(n) && n > 0))
    throw volumeError("Malformed", path, `dim is [${dim}], expected positive integers`, { offset: 40 });
  if (!size.slice(3).every((n) => n === 1))
    throw volumeError("Unsupported", path, `its size is ${size.join(" x ")}, expected at most three dimensions larger than 1`, {
      offset: 40,
    });
  const shape: Triple = [size[2] ?? 1, size[1] ?? 1, size[0]!];
  const pair = magic.startsWith("ni");
  const { slope, intercept, voxOffset } = fields;
  if (!Number.isSafeInteger(voxOffset) || voxOffset < 0)
    throw volumeError("Malformed", path, `vox_offset is ${voxOffset}, expected a whole number of bytes`, { offset: 108 });
  const scale = Number.isFinite(slope) && slope !== 0 && (slope !== 1 || intercept !== 0) ? { slope, intercept } : undefined;
  if (scale && !Number.isFinite(intercept)) throw volumeError("Malformed", path, `scl_inter is ${intercept}, expected a finite number`);
  const length = shape[0] * shape[1] * shape[2] * elementBytes(element);
  const where = gzip ? { start: 0, skip: voxOffset } : { start: voxOffset, skip: 0 };
  const file = pair ? `${nameOf(path).replace(/\.hdr(\.gz)?$/i, "")}.img${gzip ? ".gz" : ""}` : undefined;
  return {
    grid: gridOf(fields, shape, path),
    element,
    littleEndian: fields.littleEndian,
    ...(scale && { scale }),
    compression: gzip ? "gzip" : "none",
    parts: [{ file, ...where, length }],
  };
}

const nameOf = (path: string): string => path.slice(Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1);

function fieldsOf(head: Uint8Array, path: string): Fields {
  if (head.length < 348)
    throw volumeError("Truncated", path, `it has ${head.length} bytes, a NIfTI header has 348`, { offset: head.length });
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const littleEndian = [348, 540].includes(view.getInt32(0, true));
  const version = view.getInt32(0, littleEndian);
  const text = (at: number): string => String.fromCharCode(...head.subarray(at, at + 3));
  const read = <T>(count: number, step: number, at: number, one: (at: number) => T): T[] =>
    Array.from({ length: count }, (_, i) => one(at + i * step));
  const int16 = (at: number): number => view.getInt16(at, littleEndian);
  const int32 = (at: number): number => view.getInt32(at, littleEndian);
  const int64 = (at: number): number => Number(view.getBigInt64(at, littleEndian));
  const float32 = (at: number): number => view.getFloat32(at, littleEndian);
  const float64 = (at: number): number => view.getFloat64(at, littleEndian);
  if (version === 348) {
    const magic = text(344);
    if (magic !== "n+1" && magic !== "ni1")
      throw volumeError("Unsupported", path, "it has no NIfTI magic (an Analyze file?), expected n+1 or ni1", { offset: 344 });
    return {
      littleEndian,
      magic,
      dim: read(8, 2, 40, int16),
      datatype: int16(70),
      pixdim: read(8, 4, 76, float32),
      voxOffset: float32(108),
      slope: float32(112),
      intercept: float32(116),
      units: head[123]!,
      qformCode: int16(252),
      sformCode: int16(254),
      quaternion: read(6, 4, 256, float32),
      sform: read(12, 4, 280, float32),
    };
  }
  if (version === 540 && head.length >= 540) {
    const magic = text(4);
    if (magic !== "n+2" && magic !== "ni2") throw volumeError("Malformed", path, "its magic is wrong, expected n+2 or ni2", { offset: 4 });
    return {
      littleEndian,
      magic,
      dim: read(8, 8, 16, int64),
      datatype: int16(12),
      pixdim: read(8, 8, 104, float64),
      voxOffset: int64(168),
      slope: float64(176),
      intercept: float64(184),
      units: int32(500) & 255,
      qformCode: int32(344),
      sformCode: int32(348),
      quaternion: read(6, 8, 352, float64),
      sform: read(12, 8, 400, float64),
    };
  }
  throw volumeError("Malformed", path, `it starts with ${view.getInt32(0, true)}, a NIfTI header with 348 or 540`, { offset: 0 });
}

/**
 * Where the voxels lie, from NIfTI's RAS to LPS. As ITK chooses: the sform where it is the scanner's (code 1) or there is no qform, and the
 * qform where the sform is sheared or of another kind. Without either there is no patient, and the axes are the world's.
 */
function gridOf(fields: Fields, shape: Triple, path: string): Grid {
  const mm = { 1: 1000, 3: 0.001 }[fields.units & 7] ?? 1;
  const { sformCode, qformCode, pixdim } = fields;
  if (sformCode <= 0 && qformCode <= 0) return gridOfSizes(pixdim, shape, mm);
  const faults: string[] = [];
  const sform = sformCode > 0 ? gridOfAffine(fields.sform, shape, mm) : undefined;
  const qform = qformCode > 0 ? gridOfAffine(qformOf(fields), shape, mm) : undefined;
  const sformFirst = qform === undefined || (sform !== undefined && sformCode === 1 && isOrthogonal(sform.direction));
  for (const grid of sformFirst ? [sform, qform] : [qform, sform]) {
    if (!grid) continue;
    const fault = gridFault(grid);
    if (!fault) return grid;
    faults.push(fault);
  }
  throw volumeError("Malformed", path, faults[0]!);
}

/** Method 1 of nifti1.h: voxel sizes and no orientation; a negative size turns its axis, as in ITK. */
function gridOfSizes(pixdim: number[], shape: Triple, mm: number): Grid {
  const [dx, dy, dz] = [1, 2, 3].map((n) => (Math.abs(pixdim[n]!) || 1) * mm) as Triple;
  const [x, y, z] = [1, 2, 3].map((n) => (pixdim[n]! < 0 ? -1 : 1)) as Triple;
  return { shape, spacingMm: [dz, dy, dx], originMm: [0, 0, 0], direction: [x, 0, 0, 0, y, 0, 0, 0, z] };
}

/** Whether axes are at right angles, within what 32-bit floats of a header leave. */
function isOrthogonal(d: Matrix3): boolean {
  const dot = (a: number, b: number): number => d[a]! * d[b]! + d[a + 3]! * d[b + 3]! + d[a + 6]! * d[b + 6]!;
  return Math.max(Math.abs(dot(0, 1)), Math.abs(dot(0, 2)), Math.abs(dot(1, 2))) < 1e-4;
}

/** Method 2 of nifti1.h: a unit quaternion, voxel sizes, and pixdim[0] as the sign of the third axis. */
function qformOf({ quaternion, pixdim }: Pick<Fields, "quaternion" | "pixdim">): number[] {
  const [b, c, d, x, y, z] = quaternion as [number, number, number, number, number, number];
  const a = Math.sqrt(Math.max(0, 1 - b * b - c * c - d * d));
  const [i, j, k] = [1, 2, 3].map((n) => Math.abs(pixdim[n]!) || 1) as Triple;
  const q = (pixdim[0]! < 0 ? -1 : 1) * k;
  return [
    ...[(a * a + b * b - c * c - d * d) * i, 2 * (b * c - a * d) * j, 2 * (b * d + a * c) * q, x],
    ...[2 * (b * c + a * d) * i, (a * a + c * c - b * b - d * d) * j, 2 * (c * d - a * b) * q, y],
    ...[2 * (b * d - a * c) * i, 2 * (c * d + a * b) * j, (a * a + d * d - c * c - b * b) * q, z],
  ];
}

function gridOfAffine(rows: number[], shape: Triple, mm: number): Grid {
  // RAS to LPS: the first two world axes change their sign.
  const lps = rows.map((value, i) => (i < 8 && value !== 0 ? -value : value) * mm);
  const column = (c: number): Triple => [lps[c]!, lps[4 + c]!, lps[8 + c]!];
  const [dx, dy, dz] = [0, 1, 2].map((c) => Math.hypot(...column(c))) as Triple;
  const [x, y, z] = [column(0).map((v) => v / dx), column(1).map((v) => v / dy), column(2).map((v) => v / dz)];
  const direction = [0, 1, 2].flatMap((r) => [x![r]!, y![r]!, z![r]!]) as Matrix3;
  return { shape, spacingMm: [dz, dy, dx], originMm: column(3), direction };
}

/** Whether bytes start as a NIfTI header does. */
export function isNifti(head: Uint8Array): boolean {
  const text = (at: number): string => String.fromCharCode(...head.subarray(at, at + 4));
  return /^n[i+]1\0$/.test(text(344)) || /^n[i+]2\0$/.test(text(4));
}
