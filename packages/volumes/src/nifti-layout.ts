import { elementBytes, elementTypeOf, encodeElements } from "./elements.js";
import type { FileLayout } from "./file-layout.js";
import { niftiTypes } from "./nifti-plan.js";
import type { Matrix3, Volume } from "./volume.js";

/** NIfTI-1 in one file, or an .hdr file beside its .img; compressed where the name ends in .gz. */
export function layoutNifti(volume: Volume, path: string): FileLayout {
  const compression = /\.gz$/i.test(path) ? "gzip" : "none";
  const voxels = encodeElements(volume.data);
  if (/\.nii(\.gz)?$/i.test(path)) {
    return { payload: [headerOf(volume, "n+1", 352), voxels], compression, assemble: (packed) => [{ path, chunks: packed }] };
  }
  if (compression === "gzip")
    throw new RangeError(`${path}: a pair of .hdr and .img is written uncompressed, expected .hdr, .img or .nii.gz`);
  return {
    payload: [voxels],
    compression,
    assemble: (packed) => [
      { path: path.replace(/\.(hdr|img)$/i, ".img"), chunks: packed },
      { path: path.replace(/\.(hdr|img)$/i, ".hdr"), chunks: [headerOf(volume, "ni1", 0).subarray(0, 348)] },
    ],
  };
}

/** 348 bytes of header and four that say that no extensions follow. */
function headerOf(volume: Volume, magic: "n+1" | "ni1", voxOffset: number): Uint8Array {
  const { shape, spacingMm, direction: d, originMm } = volume;
  if (shape.some((n) => n > 32767)) throw new RangeError(`NIfTI-1 holds at most 32767 voxels along an axis, the shape is [${shape}]`);
  const view = new DataView(new ArrayBuffer(352));
  const int16 = (at: number, values: number[]): void => {
    for (const [i, value] of values.entries()) view.setInt16(at + 2 * i, value, true);
  };
  const float32 = (at: number, values: number[]): void => {
    for (const [i, value] of values.entries()) view.setFloat32(at + 4 * i, value, true);
  };
  const element = elementTypeOf(volume.data);
  const [dz, dy, dx] = spacingMm;
  // LPS to RAS: the first two world axes change their sign.
  const ras = d.map((value, i) => (i < 6 ? -value : value)) as Matrix3;
  const origin = [-originMm[0], -originMm[1], originMm[2]] as const;
  const quaternion = quaternionOf(ras);
  view.setInt32(0, 348, true);
  int16(40, [3, shape[2], shape[1], shape[0], 1, 1, 1, 1]);
  int16(70, [Number(Object.keys(niftiTypes).find((code) => niftiTypes[Number(code)] === element)), 8 * elementBytes(element)]);
  float32(76, [quaternion?.handedness ?? 1, dx, dy, dz, 1, 1, 1, 1]);
  float32(108, [voxOffset, 1, 0]);
  view.setUint8(123, 2); // millimeters
  int16(252, [quaternion ? 1 : 0, 1]);
  if (quaternion) float32(256, [...quaternion.bcd, ...origin]);
  for (const row of [0, 1, 2]) {
    float32(280 + 16 * row, [ras[3 * row]! * dx, ras[3 * row + 1]! * dy, ras[3 * row + 2]! * dz, origin[row]!]);
  }
  new Uint8Array(view.buffer).set(new TextEncoder().encode(magic), 344);
  return new Uint8Array(view.buffer);
}

/** The rotation of orthonormal axes as b, c, d of a unit quaternion with a ≥ 0 (nifti1.h); undefined for sheared axes, which have none. */
function quaternionOf(m: Matrix3): { bcd: [number, number, number]; handedness: 1 | -1 } | undefined {
  const [x, y, z] = [0, 1, 2].map((c) => [m[c]!, m[c + 3]!, m[c + 6]!]) as [number[], number[], number[]];
  const dot = (u: number[], v: number[]): number => u[0]! * v[0]! + u[1]! * v[1]! + u[2]! * v[2]!;
  if (Math.max(Math.abs(dot(x, y)), Math.abs(dot(y, z)), Math.abs(dot(x, z))) > 1e-4) return undefined;
  const cross = [x[1]! * y[2]! - x[2]! * y[1]!, x[2]! * y[0]! - x[0]! * y[2]!, x[0]! * y[1]! - x[1]! * y[0]!];
  const handedness = dot(cross, z) < 0 ? -1 : 1;
  const [r11, r21, r31] = x as [number, number, number];
  const [r12, r22, r32] = y as [number, number, number];
  const [r13, r23, r33] = z.map((v) => v * handedness) as [number, number, number];
  // The largest of the four parts is computed first, so that nothing is divided by a small number.
  const squares = [1 + r11 + r22 + r33, 1 + r11 - r22 - r33, 1 - r11 + r22 - r33, 1 - r11 - r22 + r33];
  const largest = squares.indexOf(Math.max(...squares));
  const s = 2 * Math.sqrt(squares[largest]!);
  const parts = [
    [s / 4, (r32 - r23) / s, (r13 - r31) / s, (r21 - r12) / s],
    [(r32 - r23) / s, s / 4, (r12 + r21) / s, (r13 + r31) / s],
    [(r13 - r31) / s, (r12 + r21) / s, s / 4, (r23 + r32) / s],
    [(r21 - r12) / s, (r13 + r31) / s, (r23 + r32) / s, s / 4],
  ][largest]!;
  const sign = parts[0]! < 0 ? -1 : 1;
  return { bcd: [parts[1]! * sign, parts[2]! * sign, parts[3]! * sign], handedness };
}
