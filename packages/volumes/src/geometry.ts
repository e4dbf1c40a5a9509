import { determinant, type Grid, type Matrix3, type Triple } from "./volume.js";

/**
 * The world position `[x, y, z]` in mm (LPS) of a voxel coordinate `[z, y, x]`: origin + direction · (spacing ∘ index).
 *
 * The center of the first voxel is at 0; fractions and places outside of the volume are fine. NaN gives NaN.
 *
 * @example
 * ```ts
 * import { createVolume, voxelToWorld } from "@gleaner/volumes";
 *
 * const volume = createVolume({ data: new Int16Array(8), shape: [2, 2, 2], spacingMm: [2.5, 0.5, 0.5], originMm: [-100, -80, -300] });
 * voxelToWorld(volume, [1, 0, 1]); // => [-99.5, -80, -297.5]
 * ```
 */
export function voxelToWorld(volume: Grid, voxel: readonly [number, number, number]): Triple {
  const { spacingMm, originMm, direction: d } = volume;
  const x = voxel[2] * spacingMm[2];
  const y = voxel[1] * spacingMm[1];
  const z = voxel[0] * spacingMm[0];
  return [
    originMm[0] + d[0] * x + d[1] * y + d[2] * z,
    originMm[1] + d[3] * x + d[4] * y + d[5] * z,
    originMm[2] + d[6] * x + d[7] * y + d[8] * z,
  ];
}

/**
 * The voxel coordinate `[z, y, x]` of a world position `[x, y, z]` in mm (LPS): the inverse of `voxelToWorld`, for oblique and sheared axes too.
 *
 * It is not rounded and may lie outside of the volume. NaN gives NaN.
 *
 * @example
 * ```ts
 * import { createVolume, worldToVoxel } from "@gleaner/volumes";
 *
 * const volume = createVolume({ data: new Int16Array(8), shape: [2, 2, 2], spacingMm: [2.5, 0.5, 0.5], originMm: [-100, -80, -300] });
 * worldToVoxel(volume, [-99.5, -80, -298.75]); // => [0.5, 0, 1]
 * ```
 */
export function worldToVoxel(volume: Grid, world: readonly [number, number, number]): Triple {
  const { spacingMm, originMm, direction } = volume;
  const i = inverse(direction);
  const x = world[0] - originMm[0];
  const y = world[1] - originMm[1];
  const z = world[2] - originMm[2];
  return [
    (i[6] * x + i[7] * y + i[8] * z) / spacingMm[0],
    (i[3] * x + i[4] * y + i[5] * z) / spacingMm[1],
    (i[0] * x + i[1] * y + i[2] * z) / spacingMm[2],
  ];
}

/** The inverse of a 3×3 matrix by its adjugate; the direction of a valid grid always has one. */
export function inverse(m: Readonly<Matrix3>): Matrix3 {
  const d = determinant(m);
  return [
    (m[4] * m[8] - m[5] * m[7]) / d,
    (m[2] * m[7] - m[1] * m[8]) / d,
    (m[1] * m[5] - m[2] * m[4]) / d,
    (m[5] * m[6] - m[3] * m[8]) / d,
    (m[0] * m[8] - m[2] * m[6]) / d,
    (m[2] * m[3] - m[0] * m[5]) / d,
    (m[3] * m[7] - m[4] * m[6]) / d,
    (m[1] * m[6] - m[0] * m[7]) / d,
    (m[0] * m[4] - m[1] * m[3]) / d,
  ];
}
