import { inverse, worldToVoxel } from "./geometry.js";
import type { Grid, Region } from "./volume.js";

/** A finding as LUNA16 lists them: a sphere in a scan, world coordinates in mm. An irrelevant finding may have the diameter -1. */
export interface Finding {
  /** The series instance UID, or whatever names the scan. */
  scan: string;
  x: number;
  y: number;
  z: number;
  diameterMm: number;
}

/**
 * The boxes `[z0, y0, x0, z1, y1, x1]` in voxel coordinates around findings of a volume, one after another.
 *
 * Each holds the finding's sphere exactly, on oblique axes too; the center of the first voxel is at 0.
 * Throws a RangeError for a diameter that is not positive, as findings of unknown size have.
 *
 * @example
 * ```ts
 * import { boxesOfFindings, createVolume } from "@gleaner/volumes";
 *
 * const volume = createVolume({ data: new Int16Array(1000), shape: [10, 10, 10], spacingMm: [2, 1, 1] });
 * boxesOfFindings(volume, [{ scan: "a", x: 4, y: 5, z: 6, diameterMm: 4 }]); // => [2, 3, 2, 4, 7, 6]
 * ```
 */
export function boxesOfFindings(volume: Grid, findings: readonly Finding[]): Float32Array {
  const i = inverse(volume.direction);
  const boxes = new Float32Array(6 * findings.length);
  for (const [n, { x, y, z, diameterMm }] of findings.entries()) {
    if (!(diameterMm > 0))
      throw new RangeError(`boxesOfFindings: finding ${n} has a diameter of ${diameterMm} mm, expected a positive number`);
    const center = worldToVoxel(volume, [x, y, z]);
    for (const axis of [0, 1, 2]) {
      // The index along an axis is linear in the world: over a sphere it changes by the radius times the length of its gradient.
      const row = 3 * (2 - axis);
      const half = ((diameterMm / 2) * Math.hypot(i[row]!, i[row + 1]!, i[row + 2]!)) / volume.spacingMm[axis]!;
      boxes[6 * n + axis] = center[axis]! - half;
      boxes[6 * n + 3 + axis] = center[axis]! + half;
    }
  }
  return boxes;
}

/**
 * The boxes whose center lies in a region, in the region's own voxel coordinates.
 *
 * They are not clipped: a box may reach beyond the region's border.
 *
 * @example
 * ```ts
 * import { boxesInRegion } from "@gleaner/volumes";
 *
 * const boxes = Float32Array.of(10, 10, 10, 14, 14, 14, 30, 30, 30, 34, 34, 34);
 * boxesInRegion(boxes, { start: [8, 8, 8], shape: [16, 16, 16] }); // => [2, 2, 2, 6, 6, 6]
 * ```
 */
export function boxesInRegion(boxes: Float32Array, { start, shape }: Region): Float32Array {
  const kept: number[] = [];
  for (let i = 0; i < boxes.length; i += 6) {
    const box = [0, 1, 2, 3, 4, 5].map((k) => boxes[i + k]! - start[k % 3]!);
    // The region's voxels span from half a voxel before the first center to half a voxel after the last one.
    if ([0, 1, 2].every((axis) => inside((box[axis]! + box[axis + 3]!) / 2, shape[axis]!))) kept.push(...box);
  }
  return Float32Array.from(kept);
}

const inside = (center: number, size: number): boolean => center >= -0.5 && center < size - 0.5;
