import { boxesOfFindings } from "./boxes.js";
import { voxelToWorld, worldToVoxel } from "./geometry.js";
import { type Grid, type Triple, type Volume, voxelCount } from "./volume.js";

/** A sphere in the world, in mm, as findings are. */
export interface SphereMm {
  readonly x: number;
  readonly y: number;
  readonly z: number;
  readonly diameterMm: number;
}

/** A box along the world's axes: its least and its greatest corner `[x, y, z]` in mm. */
export interface BoxMm {
  readonly minMm: readonly [number, number, number];
  readonly maxMm: readonly [number, number, number];
}

/**
 * A label map of detections on the lattice of a scan: the first is labeled 1, the next 2 and so on, and the rest is 0.
 *
 * A voxel belongs to a detection whose sphere or box holds the voxel's center, and to the first of several, so give them by falling
 * probability. A detection between all centers gets the voxel that is nearest to its middle; one outside of the volume gets none. The map is of
 * bytes for up to 255 detections, else of 16 bits. Written with `formatNifti` or `writeVolume` it can be laid over the scan in a viewer.
 *
 * Throws a RangeError for a detection of numbers that are not finite, a diameter that is not positive, a box whose corners are exchanged, and
 * more than 65535 detections.
 *
 * @example
 * ```ts
 * import { createVolume, labelMapOfDetections } from "@gleaner/volumes";
 *
 * const scan = createVolume({ data: new Int16Array(10), shape: [1, 1, 10] });
 * const map = labelMapOfDetections(scan, [
 *   { x: 2, y: 0, z: 0, diameterMm: 2 },
 *   { minMm: [3, -1, -1], maxMm: [5, 1, 1] },
 * ]);
 * map.data; // => [0, 1, 1, 1, 2, 2, 0, 0, 0, 0]
 * ```
 */
export function labelMapOfDetections(grid: Grid, detections: readonly (SphereMm | BoxMm)[]): Volume<Uint8Array | Uint16Array> {
  if (detections.length > 65535)
    throw new RangeError(`labelMapOfDetections: there are ${detections.length} detections, expected at most 65535`);
  const { shape, spacingMm, originMm, direction } = grid;
  const data = new (detections.length > 255 ? Uint16Array : Uint8Array)(voxelCount(shape));
  for (const [n, detection] of detections.entries()) {
    check(detection, n);
    const { center, box, holds } = "minMm" in detection ? boxInGrid(grid, detection) : sphereInGrid(grid, detection);
    let any = false;
    const [z0, y0, x0, z1, y1, x1] = [0, 1, 2, 3, 4, 5].map((i) =>
      i < 3 ? Math.max(0, Math.ceil(box[i]! - 1e-9)) : Math.min(shape[i - 3]! - 1, Math.floor(box[i]! + 1e-9)),
    ) as [number, number, number, number, number, number];
    for (let z = z0; z <= z1; z++) {
      for (let y = y0; y <= y1; y++) {
        for (let x = x0; x <= x1; x++) {
          if (!holds(voxelToWorld(grid, [z, y, x]))) continue;
          any = true;
          const i = (z * shape[1] + y) * shape[2] + x;
          if (data[i] === 0) data[i] = n + 1;
        }
      }
    }
    const nearest = center.map(Math.round) as Triple;
    if (any || nearest.some((value, axis) => value < 0 || value >= shape[axis]!)) continue;
    const i = (nearest[0] * shape[1] + nearest[1]) * shape[2] + nearest[2];
    if (data[i] === 0) data[i] = n + 1;
  }
  return { data, shape: [...shape], spacingMm: [...spacingMm], originMm: [...originMm], direction: [...direction] };
}

function check(detection: SphereMm | BoxMm, n: number): void {
  const numbers =
    "minMm" in detection ? [...detection.minMm, ...detection.maxMm] : [detection.x, detection.y, detection.z, detection.diameterMm];
  const right = "minMm" in detection ? detection.minMm.every((low, axis) => low <= detection.maxMm[axis]!) : detection.diameterMm > 0;
  if (right && numbers.every(Number.isFinite)) return;
  const wanted = "minMm" in detection ? "two finite corners, the lesser first" : "a finite center and a positive diameter";
  throw new RangeError(`labelMapOfDetections: detection ${n} is [${numbers}], expected ${wanted}`);
}

/** What is asked of a detection: its middle and the box around it in voxels, and whether it holds a place of the world. */
interface Shape {
  center: Triple;
  box: ArrayLike<number>;
  holds: (world: Triple) => boolean;
}

function sphereInGrid(grid: Grid, { x, y, z, diameterMm }: SphereMm): Shape {
  const radius = (diameterMm / 2) * (1 + 1e-9);
  return {
    center: worldToVoxel(grid, [x, y, z]),
    box: boxesOfFindings(grid, [{ scan: "", x, y, z, diameterMm: diameterMm * (1 + 1e-6) }]),
    holds: (world) => Math.hypot(world[0] - x, world[1] - y, world[2] - z) <= radius,
  };
}

function boxInGrid(grid: Grid, { minMm, maxMm }: BoxMm): Shape {
  const sides = [0, 1, 2].map((axis) => [minMm[axis]!, maxMm[axis]!] as const);
  const corners = sides[0]!.flatMap((x) => sides[1]!.flatMap((y) => sides[2]!.map((z) => worldToVoxel(grid, [x, y, z]))));
  const along = (axis: number): number[] => corners.map((corner) => corner[axis]!);
  return {
    center: worldToVoxel(grid, sides.map(([low, high]) => (low + high) / 2) as Triple),
    box: [0, 1, 2, 3, 4, 5].map((i) => (i < 3 ? Math.min(...along(i)) : Math.max(...along(i - 3)))),
    holds: (world) => sides.every(([low, high], axis) => world[axis]! >= low - 1e-9 && world[axis]! <= high + 1e-9),
  };
}
