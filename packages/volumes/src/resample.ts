import { voxelToWorld } from "./geometry.js";
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

/** For each output index the input indices it is made of, and their weights. */
interface AxisTaps {
  readonly starts: Int32Array;
  readonly counts: Int32Array;
  readonly weights: Float64Array;
  readonly most: number;
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

  let data: VoxelArray = volume.data;
  const current: Triple = [...volume.shape];
  // The axis that shrinks most goes first, so that the others have less to do.
  for (const axis of [0, 1, 2].sort((a, b) => ratio[b]! - ratio[a]!)) {
    const positions = { count: shape[axis]!, first: first[axis]!, ratio: ratio[axis]!, size: current[axis]! };
    if (positions.count === positions.size && Math.abs(positions.ratio - 1) < 1e-12) continue;
    const taps = interpolation === "nearest" ? nearestTaps(positions) : linearTaps(positions, antialias ? Math.max(1, positions.ratio) : 1);
    data = alongAxis(data, current, axis, taps, interpolation === "nearest");
    current[axis] = shape[axis]!;
  }
  if (data === volume.data) data = data.slice();
  if (interpolation === "linear" && !(data instanceof Float64Array)) data = Float32Array.from(data);
  return { data, shape, spacingMm: [...spacingMm], originMm: voxelToWorld(volume, first), direction: [...volume.direction] };
}

interface Positions {
  count: number;
  first: number;
  ratio: number;
  size: number;
}

function nearestTaps({ count, first, ratio, size }: Positions): AxisTaps {
  const starts = Int32Array.from({ length: count }, (_, i) => Math.max(0, Math.min(size - 1, Math.round(first + i * ratio))));
  return { starts, counts: new Int32Array(count).fill(1), weights: new Float64Array(count).fill(1), most: 1 };
}

/** Weights of a triangle of some half-width around each position, normalized; places outside belong to the outer voxels. */
function linearTaps({ count, first, ratio, size }: Positions, halfWidth: number): AxisTaps {
  const most = Math.min(size, 2 * Math.ceil(halfWidth) + 1);
  const starts = new Int32Array(count);
  const counts = new Int32Array(count);
  const weights = new Float64Array(count * most);
  for (let i = 0; i < count; i++) {
    const center = Math.max(0, Math.min(size - 1, first + i * ratio));
    // Indices at a distance of halfWidth have no weight, and a weight of 0 would still spread NaN.
    const low = Math.max(0, Math.floor(center - halfWidth) + 1);
    const high = Math.min(size - 1, Math.ceil(center + halfWidth) - 1);
    let sum = 0;
    for (let k = low; k <= high; k++) sum += weights[i * most + k - low] = 1 - Math.abs(k - center) / halfWidth;
    for (let k = low; k <= high; k++) weights[i * most + k - low]! /= sum;
    starts[i] = low;
    counts[i] = high - low + 1;
  }
  return { starts, counts, weights, most };
}

function alongAxis(data: VoxelArray, shape: Triple, axis: number, taps: AxisTaps, copy: boolean): VoxelArray {
  const outer = shape.slice(0, axis).reduce((product, n) => product * n, 1);
  const inner = shape.slice(axis + 1).reduce((product, n) => product * n, 1);
  const size = shape[axis]!;
  const { starts, counts, weights, most } = taps;
  const total = outer * starts.length * inner;
  const kind = data.constructor as new (length: number) => VoxelArray;
  const out = copy || data instanceof Float64Array ? new kind(total) : new Float32Array(total);
  for (let o = 0, to = 0; o < outer; o++) {
    for (let i = 0; i < starts.length; i++, to += inner) {
      const from = (o * size + starts[i]!) * inner;
      const n = counts[i]!;
      for (let j = 0; j < inner; j++) {
        let value = 0;
        if (copy) value = data[from + j]!;
        else for (let k = 0; k < n; k++) value += weights[i * most + k]! * data[from + k * inner + j]!;
        out[to + j] = value;
      }
    }
  }
  return out;
}
