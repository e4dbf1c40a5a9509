import { voxelToWorld } from "./geometry.js";
import { weighVoxels } from "./resample-linear.js";
import { type AxisTaps, linearTaps, nearestIndices, type Positions } from "./resample-taps.js";
import { type Triple, type Volume, type VoxelArray, voxelCount } from "./volume.js";

/** How a volume is resampled. */
export interface ResampleOptions {
  /** The new distance between neighbors along `[z, y, x]`, in mm. */
  spacingMm: readonly [number, number, number];
  /** "linear" for images (the default), "nearest" for masks and labels. */
  interpolation?: "linear" | "nearest";
  /** Whether "linear" averages over the new spacing where that is coarser; true unless told, so that detail does not alias. */
  antialias?: boolean;
}

/**
 * Resamples a volume to another spacing; it keeps its center, its axes, and its extent up to half a voxel.
 *
 * "linear" is trilinear interpolation, and along axes that become coarser by a factor r a triangle filter of half-width r (the usual
 * antialiasing of image resizing); it gives Float32Array (Float64Array for doubles). "nearest" keeps the type. Beyond the outer voxels'
 * centers the outer values go on. The same spacing gives the same voxels. Throws a RangeError for a spacing that is not positive
 * or that makes more than 2³¹ voxels.
 *
 * @example
 * ```ts
 * import { createVolume, resampleVolume } from "@gleaner/volumes";
 *
 * const volume = createVolume({ data: Int16Array.of(0, 100), shape: [1, 1, 2], spacingMm: [1, 1, 2] });
 * const finer = resampleVolume(volume, { spacingMm: [1, 1, 1] });
 * finer.data; // => [0, 25, 75, 100]
 * finer.originMm; // => [-0.5, 0, 0]
 * ```
 */
export function resampleVolume<Data extends VoxelArray>(
  volume: Volume<Data>,
  options: ResampleOptions & { interpolation: "nearest" },
): Volume<Data>;
export function resampleVolume(
  volume: Volume,
  options: ResampleOptions & { interpolation?: "linear" },
): Volume<Float32Array | Float64Array>;
export function resampleVolume(volume: Volume, options: ResampleOptions): Volume;
export function resampleVolume(volume: Volume, options: ResampleOptions): Volume {
  const { spacingMm, interpolation = "linear", antialias = true } = options;
  if (spacingMm.length !== 3 || !spacingMm.every((s) => Number.isFinite(s) && s > 0)) {
    throw new RangeError(`resampleVolume: the spacing is [${spacingMm}] mm, expected three positive numbers`);
  }
  const ratio = spacingMm.map((s, axis) => s / volume.spacingMm[axis]!) as Triple;
  const shape = volume.shape.map((n, axis) => Math.max(1, Math.round(n / ratio[axis]!))) as Triple;
  if (voxelCount(shape) > 2 ** 31)
    throw new RangeError(`resampleVolume: a spacing of [${spacingMm}] mm makes ${shape.join(" x ")} voxels, expected at most ${2 ** 31}`);
  // The centers of the old and the new lattice fall together.
  const first = shape.map((n, axis) => (volume.shape[axis]! - 1 - (n - 1) * ratio[axis]!) / 2) as Triple;

  const [z, y, x] = shape.map((count, axis) => ({ count, first: first[axis]!, ratio: ratio[axis]!, size: volume.shape[axis]! })) as [
    Positions,
    Positions,
    Positions,
  ];
  const taps = (along: Positions): AxisTaps => tapsOf(along, antialias);
  const data =
    interpolation === "nearest"
      ? takeVoxels(volume, [nearestIndices(z), nearestIndices(y), nearestIndices(x)])
      : weighVoxels(volume.data, volume.shape, [taps(z), taps(y), taps(x)]);
  return { data, shape, spacingMm: [...spacingMm], originMm: voxelToWorld(volume, first), direction: [...volume.direction] };
}

/** An axis that stays takes every voxel as it is, whatever rounding made of its ratio. */
function tapsOf(along: Positions, antialias: boolean): AxisTaps {
  const stays = along.count === along.size && Math.abs(along.ratio - 1) < 1e-12;
  return linearTaps(stays ? { ...along, first: 0, ratio: 1 } : along, antialias ? Math.max(1, along.ratio) : 1);
}

function takeVoxels({ data, shape: [, height, width] }: Volume, [zs, ys, xs]: readonly [Int32Array, Int32Array, Int32Array]): VoxelArray {
  const out = new (data.constructor as new (length: number) => VoxelArray)(zs.length * ys.length * xs.length);
  let to = 0;
  for (const z of zs) {
    for (const y of ys) {
      const row = (z * height + y) * width;
      for (let x = 0; x < xs.length; x++) out[to++] = data[row + xs[x]!]!;
    }
  }
  return out;
}
