import { type Components, connectedComponents } from "./components.js";
import { voxelToWorld } from "./geometry.js";
import { longestDistance } from "./longest-distance.js";
import { determinant, type Region, type Triple, type Volume } from "./volume.js";

/** A lesion of a mask. With the name of its scan it is a `Finding`: `{ scan, ...lesion }`. */
export interface Lesion {
  /** The value of its voxels. */
  label: number;
  /** The world position of its center of mass, in mm. */
  x: number;
  y: number;
  z: number;
  /** The diameter of the sphere of the same volume. */
  diameterMm: number;
  /** The distance between the centers of its two voxels that are farthest apart: ITK's Feret diameter, 0 for one voxel. */
  longestMm: number;
  volumeMm3: number;
  voxels: number;
  /** The smallest box that holds it. */
  region: Region;
}

/** What counts as one lesion. */
export interface LesionsOptions {
  /** "component" is each connected piece of a label (voxels that share a face), the default; "label" all voxels of a label, connected or not. */
  per?: "component" | "label";
  /** Lesions of fewer voxels are left out; 1 unless told, which keeps all. */
  minVoxels?: number;
}

/**
 * The lesions of a mask or a label map on the lattice of a scan, in the order of their first voxels; 0 is background.
 *
 * The equivalent diameter is (6V/π)^⅓ for a volume V. An empty mask has none, NaN is background. Throws a RangeError for a label that is
 * no whole number, as of a map of probabilities that wants a threshold first, and for `minVoxels` that is not a whole number, 1 or more.
 *
 * @example
 * ```ts
 * import { createVolume, lesionsOfMask } from "@gleaner/volumes";
 *
 * const mask = createVolume({ data: Uint8Array.of(1, 1, 0, 2, 0, 1), shape: [1, 1, 6], spacingMm: [2, 1, 1] });
 * const lesions = lesionsOfMask(mask);
 * lesions.map(({ label, voxels, x }) => [label, voxels, x]); // => [[1, 2, 0.5], [2, 1, 3], [1, 1, 5]]
 * lesions[0]?.region; // => { start: [0, 0, 0], shape: [1, 1, 2] }
 * lesionsOfMask(mask, { per: "label" }).map(({ label, voxels }) => [label, voxels]); // => [[1, 3], [2, 1]]
 * lesionsOfMask(mask, { minVoxels: 2 }).length; // => 1
 * ```
 */
export function lesionsOfMask(volume: Volume, { per = "component", minVoxels = 1 }: LesionsOptions = {}): Lesion[] {
  if (!(Number.isSafeInteger(minVoxels) && minVoxels >= 1))
    throw new RangeError(`lesionsOfMask: minVoxels is ${minVoxels}, expected a whole number, 1 or more`);
  const components = connectedComponents(volume.data, volume.shape);
  const { groups, count } = groupsOf(components, volume, per);
  const voxels = new Float64Array(count);
  for (let run = 0; run < components.runs; run++) voxels[groups[run]!]! += components.ends[run]! - components.starts[run]!;
  const runsOf: number[][] = Array.from({ length: count }, () => []);
  for (let run = 0; run < components.runs; run++) if (voxels[groups[run]!]! >= minVoxels) runsOf[groups[run]!]!.push(run);
  return runsOf.filter((runs) => runs.length > 0).map((runs) => lesionOf(runs, components, volume));
}

/** Which lesion each run belongs to. */
function groupsOf(
  { runs, starts, labels, count }: Components,
  { data }: Volume,
  per: "component" | "label",
): { groups: Int32Array; count: number } {
  const groupOfLabel = new Map<number, number>();
  const byLabel = new Int32Array(runs);
  for (let run = 0; run < runs; run++) {
    const label = data[starts[run]!]!;
    let group = groupOfLabel.get(label);
    if (group === undefined) {
      if (!Number.isSafeInteger(label)) throw new RangeError(`lesionsOfMask: a voxel is ${label}, expected whole numbers as labels`);
      group = groupOfLabel.size;
      groupOfLabel.set(label, group);
    }
    byLabel[run] = group;
  }
  return per === "label" ? { groups: byLabel, count: groupOfLabel.size } : { groups: labels, count };
}

function lesionOf(runs: readonly number[], { starts, ends }: Components, volume: Volume): Lesion {
  const [, height, width] = volume.shape;
  const { spacingMm } = volume;
  let voxels = 0;
  const sum: Triple = [0, 0, 0];
  const low: Triple = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  const high: Triple = [-1, -1, -1];
  for (const run of runs) {
    const start = starts[run]!;
    const length = ends[run]! - start;
    const row = Math.floor(start / width);
    const x = start % width;
    const place: Triple = [Math.floor(row / height), row % height, x];
    voxels += length;
    sum[0] += place[0] * length;
    sum[1] += place[1] * length;
    sum[2] += (x + (length - 1) / 2) * length;
    for (const axis of [0, 1, 2] as const) {
      low[axis] = Math.min(low[axis], place[axis]);
      high[axis] = Math.max(high[axis], axis === 2 ? x + length - 1 : place[axis]);
    }
  }
  const [x, y, z] = voxelToWorld(volume, sum.map((value) => value / voxels) as Triple);
  const volumeMm3 = voxels * spacingMm[0] * spacingMm[1] * spacingMm[2] * Math.abs(determinant(volume.direction));
  return {
    label: volume.data[starts[runs[0]!]!]!,
    x,
    y,
    z,
    diameterMm: Math.cbrt((6 * volumeMm3) / Math.PI),
    longestMm: longestDistance(
      runs.map((run) => [starts[run]!, ends[run]! - 1] as const),
      volume,
    ),
    volumeMm3,
    voxels,
    region: { start: low, shape: high.map((value, axis) => value - low[axis]! + 1) as Triple },
  };
}
