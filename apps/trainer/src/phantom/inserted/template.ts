import { boundingBox, type Volume, voxelToWorld, worldToVoxel } from "@gleaner/volumes";
import type { Triple } from "../canvas.js";

/** The shape and the HU of a real nodule, in units of the radius of the sphere of its volume. */
export interface Template {
  /** Its own radius in mm. */
  radiusMm: number;
  /** Signed distance to its surface, negative inside; x, y, z from its center of mass. */
  distance(x: number, y: number, z: number): number;
  /** HU at a depth under its surface. */
  hu(depth: number): number;
}

/** Beyond these a mask is no nodule. */
const largestMm = 80;
/** Voxels this near to the surface are partly lung. */
const rimMm = 2;
const depths = [0.15, 0.35, 0.55, 0.75] as const;

/**
 * Makes a template of the nodule of a mask, or of the votes of several readers, of whom half have to agree.
 *
 * The surface is the mask's, smoothed over its voxels' steps. The HU are means over shells of depth of the scan under it, without the outer 2 mm, whose
 * voxels are partly lung. Throws a RangeError for a mask that is empty, larger than 80 mm, or outside of the scan.
 */
export function createTemplate(scan: Volume, votes: Volume): Template {
  let most = 0;
  for (const value of votes.data) if (value > most) most = value;
  const consensus = { ...votes, data: Uint8Array.from(votes.data, (value) => Number(value > 0 && value >= most / 2)) };
  const box = boundingBox(consensus);
  if (!box) throw new RangeError("the mask of the template is empty, expected voxels above 0 in a nodule");
  const extents = box.shape.map((n, axis) => n * votes.spacingMm[axis]!);
  if (Math.max(...extents) > largestMm)
    throw new RangeError(`the mask of the template is ${Math.max(...extents).toFixed(1)} mm long, expected at most ${largestMm}`);
  const pad = votes.spacingMm.map((mm) => Math.ceil(6 / mm)) as Triple;
  const start = box.start.map((s, axis) => s - pad[axis]!) as Triple;
  const shape = box.shape.map((n, axis) => n + 2 * pad[axis]!) as Triple;
  const inside = (z: number, y: number, x: number): boolean => {
    const at = [z + start[0], y + start[1], x + start[2]];
    if (at.some((v, axis) => v < 0 || v >= votes.shape[axis]!)) return false;
    return consensus.data[(at[0]! * votes.shape[1] + at[1]!) * votes.shape[2] + at[2]!] === 1;
  };
  const mask = new Uint8Array(shape[0] * shape[1] * shape[2]);
  const moments = [0, 0, 0];
  let voxels = 0;
  for (let i = 0; i < mask.length; i++) {
    const at = placeOf(i, shape);
    if (!inside(...at)) continue;
    mask[i] = 1;
    voxels++;
    for (const axis of [0, 1, 2]) moments[axis]! += at[axis]!;
  }
  const [dz, dy, dx] = votes.spacingMm;
  const radiusMm = Math.cbrt((3 * voxels * dz * dy * dx) / (4 * Math.PI));
  const middle = moments.map((m) => m / voxels) as Triple;
  const distances = smoothed(smoothed(signedDistances(mask, shape, votes.spacingMm), shape), shape);
  const profile = profileOf(scan, votes, distances, shape, start, radiusMm);
  return {
    radiusMm,
    distance(x, y, z) {
      const at = [z, y, x].map((v, axis) => (v * radiusMm) / votes.spacingMm[axis]! + middle[axis]!) as Triple;
      const held = at.map((v, axis) => Math.min(shape[axis]! - 1.001, Math.max(0, v))) as Triple;
      const beyond = Math.hypot(...at.map((v, axis) => (v - held[axis]!) * votes.spacingMm[axis]!));
      return (interpolated(distances, shape, held) + beyond) / radiusMm;
    },
    hu(depth) {
      const k = depths.findIndex((edge) => depth < edge);
      if (k === 0) return profile[0]!;
      if (k < 0) return profile.at(-1)!;
      const t = (depth - depths[k - 1]!) / (depths[k]! - depths[k - 1]!);
      return profile[k - 1]! * (1 - t) + profile[k]! * t;
    },
  };
}

const placeOf = (i: number, [, ny, nx]: Triple): Triple => [Math.floor(i / (ny * nx)), Math.floor(i / nx) % ny, i % nx];

/** For each voxel the distance to the nearest one of the other kind, less half a voxel; negative inside. */
function signedDistances(mask: Uint8Array, shape: Triple, spacingMm: Triple): Float32Array {
  const [nz, ny, nx] = shape;
  const [dz, dy, dx] = spacingMm;
  const strides = [ny * nx, nx, 1];
  // Places in mm of the voxels at the surface, outside and inside: z, y, x, z, y, x …
  const surface: [number[], number[]] = [[], []];
  for (let z = 1; z < nz - 1; z++) {
    for (let y = 1; y < ny - 1; y++) {
      for (let x = 1; x < nx - 1; x++) {
        const i = (z * ny + y) * nx + x;
        const own = mask[i]!;
        if (strides.some((stride) => mask[i + stride] !== own || mask[i - stride] !== own))
          surface[own as 0 | 1].push(z * dz, y * dy, x * dx);
      }
    }
  }
  const points = surface.map((places) => Float64Array.from(places)) as [Float64Array, Float64Array];
  const halfVoxel = Math.cbrt(dz * dy * dx) / 2;
  const distances = new Float32Array(mask.length);
  for (let i = 0; i < mask.length; i++) {
    const x = (i % nx) * dx;
    const y = (Math.floor(i / nx) % ny) * dy;
    const z = Math.floor(i / (ny * nx)) * dz;
    const own = mask[i]!;
    const others = points[(1 - own) as 0 | 1];
    let nearest = Number.POSITIVE_INFINITY;
    for (let k = 0; k < others.length; k += 3) {
      const square = (z - others[k]!) ** 2 + (y - others[k + 1]!) ** 2 + (x - others[k + 2]!) ** 2;
      if (square < nearest) nearest = square;
    }
    const distance = Math.max(0, Math.sqrt(nearest) - halfVoxel);
    distances[i] = own ? -distance : distance;
  }
  return distances;
}

/** Means over 3³ voxels: the steps of the outline from slice to slice are no feature of the nodule. */
function smoothed(values: Float32Array, shape: Triple): Float32Array {
  return values.map((_, i) => {
    const at = placeOf(i, shape);
    let [sum, n] = [0, 0];
    for (let dz = -1; dz <= 1; dz++) {
      for (let dy = -1; dy <= 1; dy++) {
        for (let dx = -1; dx <= 1; dx++) {
          const [z, y, x] = [at[0] + dz, at[1] + dy, at[2] + dx];
          if (z < 0 || y < 0 || x < 0 || z >= shape[0] || y >= shape[1] || x >= shape[2]) continue;
          sum += values[(z * shape[1] + y) * shape[2] + x]!;
          n++;
        }
      }
    }
    return sum / n;
  });
}

function interpolated(values: Float32Array, [, ny, nx]: Triple, [z, y, x]: Triple): number {
  const [iz, iy, ix] = [Math.floor(z), Math.floor(y), Math.floor(x)];
  const [fz, fy, fx] = [z - iz, y - iy, x - ix];
  const row = (dz: number, dy: number): number => {
    const i = ((iz + dz) * ny + iy + dy) * nx + ix;
    return values[i]! * (1 - fx) + values[i + 1]! * fx;
  };
  return (row(0, 0) * (1 - fy) + row(0, 1) * fy) * (1 - fz) + (row(1, 0) * (1 - fy) + row(1, 1) * fy) * fz;
}

/** Mean HU at each of the depths, in units of the radius; a depth that no voxel has takes its neighbor's. */
function profileOf(scan: Volume, votes: Volume, distances: Float32Array, shape: Triple, start: Triple, radiusMm: number): number[] {
  const sums = depths.map(() => ({ sum: 0, n: 0 }));
  for (let i = 0; i < distances.length; i++) {
    const depthMm = -distances[i]!;
    if (depthMm < rimMm) continue;
    const at = placeOf(i, shape).map((v, axis) => v + start[axis]!) as Triple;
    const [z, y, x] = worldToVoxel(scan, voxelToWorld(votes, at)).map(Math.round) as Triple;
    if (z < 0 || y < 0 || x < 0 || z >= scan.shape[0] || y >= scan.shape[1] || x >= scan.shape[2])
      throw new RangeError(`the mask of the template reaches voxel ${z},${y},${x} of its scan, expected a mask inside of the scan`);
    const bin = sums[nearestDepth(depthMm / radiusMm)]!;
    bin.sum += scan.data[(z * scan.shape[1] + y) * scan.shape[2] + x]!;
    bin.n++;
  }
  const known = sums.filter(({ n }) => n >= 5).map(({ sum, n }) => sum / n);
  if (known.length === 0) throw new RangeError(`the mask of the template is ${(2 * radiusMm).toFixed(1)} mm wide, expected at least 5`);
  return sums.map(({ sum, n }, k) => (n >= 5 ? sum / n : k < 2 ? known[0]! : known.at(-1)!));
}

const nearestDepth = (depth: number): number =>
  depths.reduce<number>((best, edge, k) => (Math.abs(depth - edge) < Math.abs(depth - depths[best]!) ? k : best), 0);
