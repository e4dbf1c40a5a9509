import { voxelToWorld } from "./geometry.js";
import type { Matrix3, Triple, Volume, VoxelArray } from "./volume.js";

const permutations: readonly Triple[] = [
  [0, 1, 2],
  [0, 2, 1],
  [1, 0, 2],
  [1, 2, 0],
  [2, 0, 1],
  [2, 1, 0],
];

/**
 * Turns a volume so that its x, y and z index axes run as nearly as possible to the patient's left, back and head (LPS).
 *
 * Axes are exchanged and flipped, nothing is interpolated: every voxel keeps its world position, and oblique axes stay oblique.
 * A volume that already lies so is returned as it is, sharing its voxels.
 *
 * @example
 * ```ts
 * import { createVolume, orientVolume } from "@gleaner/volumes";
 *
 * const flipped = createVolume({ data: Int16Array.of(1, 2, 3), shape: [1, 1, 3], originMm: [10, 0, 0], direction: [-1, 0, 0, 0, 1, 0, 0, 0, 1] });
 * const volume = orientVolume(flipped);
 * volume.data; // => [3, 2, 1]
 * volume.originMm; // => [8, 0, 0]
 * volume.direction; // => [1, 0, 0, 0, 1, 0, 0, 0, 1]
 * ```
 */
export function orientVolume<Data extends VoxelArray>(volume: Volume<Data>): Volume<Data> {
  const d = volume.direction;
  const along = (world: number, index: number): number => d[3 * world + index]!;
  // axes[w] is the index axis (x 0, y 1, z 2) that becomes the one along the world's axis w; ties go to the first, the identity.
  const score = (axes: Triple): number => Math.abs(along(0, axes[0])) + Math.abs(along(1, axes[1])) + Math.abs(along(2, axes[2]));
  const axes = permutations.reduce((best, candidate) => (score(candidate) > score(best) + 1e-9 ? candidate : best));
  const flips = axes.map((axis, world) => along(world, axis) < 0) as [boolean, boolean, boolean];
  if (axes.every((axis, world) => axis === world) && !flips.includes(true)) return volume;

  const [depth, height, width] = volume.shape;
  const size = [width, height, depth];
  const spacing = [...volume.spacingMm].reverse();
  const step = [1, width, width * height];
  const shape = axes.map((axis) => size[axis]!).reverse() as Triple;
  const first = [0, 0, 0];
  for (const [world, axis] of axes.entries()) if (flips[world]) first[axis] = size[axis]! - 1;
  const [sx, sy, sz] = axes.map((axis, world) => (flips[world] ? -step[axis]! : step[axis]!)) as Triple;

  const data = new (volume.data.constructor as new (length: number) => Data)(volume.data.length);
  let to = 0;
  for (let z = 0; z < shape[0]; z++) {
    for (let y = 0; y < shape[1]; y++) {
      let from = first[0]! * step[0]! + first[1]! * step[1]! + first[2]! * step[2]! + z * sz + y * sy;
      for (let x = 0; x < shape[2]; x++, from += sx) data[to++] = volume.data[from]!;
    }
  }
  return {
    data,
    shape,
    spacingMm: axes.map((axis) => spacing[axis]!).reverse() as Triple,
    originMm: voxelToWorld(volume, [first[2]!, first[1]!, first[0]!]),
    // 0 - x instead of -x, which would make -0.
    direction: [0, 1, 2].flatMap((row) => axes.map((axis, world) => (flips[world] ? 0 - along(row, axis) : along(row, axis)))) as Matrix3,
  };
}
