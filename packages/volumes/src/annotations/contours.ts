import { inverse } from "../geometry.js";
import { type Grid, gridFault, type Volume, voxelCount } from "../volume.js";
import { fillPolygon } from "./polygon.js";

/** A closed polygon in a plane of the world: its corners as x, y, z, x, y, z … in mm (LPS). */
export interface Contour {
  readonly pointsMm: Float64Array;
}

/** How far a contour's corners may lie off its slice, in slices: positions are written with few digits, and half a slice is another one. */
const offPlane = 0.1;

/**
 * The mask of closed planar contours on the lattice of a scan: 1 for voxels whose centers lie inside, 0 elsewhere.
 *
 * A contour belongs to the slice that is nearest to it. Contours of one slice are joined by the even-odd rule, so that a contour inside of
 * another one is a hole, as RTSTRUCT objects have them (PS3.3, C.8.8.6.3); a center on an edge counts to the side of larger indices. What
 * lies outside of the lattice is left out; no contours give an empty mask. Contours are not spread over slices on which none was drawn.
 *
 * Throws a RangeError for coordinates that are not finite, that do not come in threes, and for a contour that is not parallel to the slices.
 *
 * @example
 * ```ts
 * import { createVolume, maskOfContours } from "@gleaner/volumes";
 *
 * const scan = createVolume({ data: new Int16Array(32), shape: [2, 4, 4], spacingMm: [2, 1, 1] });
 * const square = { pointsMm: Float64Array.of(0.5, 0.5, 2, 2.5, 0.5, 2, 2.5, 2.5, 2, 0.5, 2.5, 2) };
 * const mask = maskOfContours([square], scan);
 * mask.data.subarray(0, 16).includes(1); // => false
 * mask.data.subarray(16); // => [0, 0, 0, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 0, 0, 0]
 * ```
 */
export function maskOfContours(contours: readonly Contour[], grid: Grid): Volume<Uint8Array> {
  const fault = gridFault(grid);
  if (fault) throw new RangeError(`maskOfContours: ${fault}`);
  const { shape, spacingMm, originMm, direction } = grid;
  const [depth, height, width] = shape;
  const data = new Uint8Array(voxelCount(shape));
  const toVoxel = inverse(direction);
  for (const [n, { pointsMm }] of contours.entries()) {
    if (pointsMm.length % 3 !== 0)
      throw new RangeError(`maskOfContours: contour ${n} has ${pointsMm.length} numbers, expected x, y, z each`);
    const count = pointsMm.length / 3;
    if (count < 3) continue;
    const along = [0, 1, 2].map((axis) => {
      const places = new Float64Array(count);
      const row = 3 * axis;
      const step = spacingMm[2 - axis]!;
      for (let i = 0; i < count; i++) {
        const [x, y, z] = [0, 1, 2].map((k) => pointsMm[3 * i + k]! - originMm[k]!) as [number, number, number];
        places[i] = (toVoxel[row]! * x + toVoxel[row + 1]! * y + toVoxel[row + 2]! * z) / step;
      }
      return places;
    }) as [Float64Array, Float64Array, Float64Array];
    const [xs, ys, zs] = along;
    const plane = planeOf(zs, n);
    const slice = Math.round(plane);
    if (slice < 0 || slice >= depth) continue;
    const start = slice * height * width;
    fillPolygon(xs, ys, width, height, (row, from, to) => {
      for (let i = start + row * width + from; i < start + row * width + to; i++) data[i]! ^= 1;
    });
  }
  return { data, shape: [...shape], spacingMm: [...spacingMm], originMm: [...originMm], direction: [...direction] };
}

/** The slice that a contour lies in, as a fraction. */
function planeOf(zs: Float64Array, n: number): number {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const z of zs) {
    if (!Number.isFinite(z)) throw new RangeError(`maskOfContours: contour ${n} has a coordinate that is no finite number`);
    low = Math.min(low, z);
    high = Math.max(high, z);
  }
  if (high - low > 2 * offPlane) {
    const span = Number((high - low).toFixed(2));
    throw new RangeError(`maskOfContours: contour ${n} reaches over ${span} slices, expected one that is parallel to the slices`);
  }
  return (low + high) / 2;
}
