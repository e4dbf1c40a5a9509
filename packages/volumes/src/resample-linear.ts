import type { AxisTaps } from "./resample-taps.js";
import { type Triple, type VoxelArray, voxelCount } from "./volume.js";

/** What sums are held in. Loops that see one kind of array only are several times faster than those that see many. */
type Floats = Float32Array | Float64Array;

/**
 * Weighs voxels along all three axes, slice by slice, so that besides the result there are only a few slices in memory.
 *
 * Where that is less work, slices are first combined along z and then along y and x; else the other way round.
 */
export function weighVoxels(data: VoxelArray, shape: Triple, taps: readonly [AxisTaps, AxisTaps, AxisTaps]): Floats {
  const [alongZ, alongY, alongX] = taps;
  const [depth, height, width] = shape;
  const [newDepth, newHeight, newWidth] = taps.map(({ starts }) => starts.length) as Triple;
  const floats = (length: number): Floats => (data instanceof Float64Array ? new Float64Array(length) : new Float32Array(length));
  const out = floats(voxelCount([newDepth, newHeight, newWidth]));
  const [full, plane] = [height * width, newHeight * newWidth];
  const slice = floats(full);
  const weighSlice = sliceWeigher(slice, width, alongY, alongX, floats(width));
  const load = (z: number, into: Floats): void => into.set(data.subarray(z * full, (z + 1) * full));
  const inPlane = newHeight * (width + newWidth);
  const zFirst = newDepth * (alongZ.most * full + inPlane) < depth * inPlane + newDepth * alongZ.most * plane;

  const make = (z: number, into: Floats): void => {
    load(z, zFirst ? into : slice);
    if (!zFirst) weighSlice(into);
  };
  const sliceAt = recent(alongZ.most, () => floats(zFirst ? full : plane), make);
  for (let z = 0; z < newDepth; z++) {
    const target = out.subarray(z * plane, (z + 1) * plane);
    const sources = Array.from({ length: alongZ.counts[z]! }, (_, k) => sliceAt(alongZ.starts[z]! + k));
    combine(sources, alongZ.weights, z * alongZ.most, zFirst ? slice : target);
    if (zFirst) weighSlice(target);
  }
  return out;
}

/** The last few slices that were asked for, in rising order, each made once. */
function recent(count: number, allocate: () => Floats, make: (z: number, into: Floats) => void): (z: number) => Floats {
  const held = Array.from({ length: count }, () => ({ z: -1, values: allocate() }));
  return (z) => {
    const place = held[z % count]!;
    if (place.z !== z) {
      make(z, place.values);
      place.z = z;
    }
    return place.values;
  };
}

/** Weighs the rows of a slice into each new row, and that along x. */
function sliceWeigher(slice: Floats, width: number, alongY: AxisTaps, alongX: AxisTaps, row: Floats): (out: Floats) => void {
  const pairs = pairsOf(alongX);
  // Views cost more than the sums of a row, so they are made once.
  const rows = Array.from({ length: slice.length / width }, (_, y) => slice.subarray(y * width, (y + 1) * width));
  return (out) => {
    for (let y = 0, to = 0; y < alongY.starts.length; y++, to += alongX.starts.length) {
      const first = alongY.starts[y]!;
      combine(rows.slice(first, first + alongY.counts[y]!), alongY.weights, y * alongY.most, row);
      if (pairs) weighPairs(row, pairs, out, to);
      else weighRow(row, alongX, out, to);
    }
  };
}

/** The weighted sum of arrays of one length. */
function combine(sources: readonly Floats[], weights: Float64Array, firstWeight: number, out: Floats): void {
  const [a, b] = sources as [Floats, Floats];
  const [u, v] = [weights[firstWeight]!, weights[firstWeight + 1]!];
  if (sources.length === 1) {
    out.set(a);
    return;
  }
  for (let i = 0; i < out.length; i++) out[i] = u * a[i]! + v * b[i]!;
  for (let k = 2; k < sources.length; k++) add(sources[k]!, weights[firstWeight + k]!, out);
}

function add(values: Floats, weight: number, out: Floats): void {
  for (let i = 0; i < out.length; i++) out[i]! += weight * values[i]!;
}

function weighRow(row: Floats, { starts, counts, weights, most }: AxisTaps, out: Floats, at: number): void {
  for (let x = 0, t = 0; x < starts.length; x++, t += most) {
    const from = starts[x]!;
    let value = weights[t]! * row[from]!;
    for (let k = 1; k < counts[x]!; k++) value += weights[t + k]! * row[from + k]!;
    out[at + x] = value;
  }
}

/** Taps of at most two indices, each in arrays of their own: a single one is there twice with half its weight, which also keeps infinities. */
interface PairTaps {
  readonly firsts: Int32Array;
  readonly seconds: Int32Array;
  readonly firstWeights: Float64Array;
  readonly secondWeights: Float64Array;
}

function pairsOf({ starts, counts, weights, most }: AxisTaps): PairTaps | undefined {
  if (counts.some((count) => count > 2)) return undefined;
  return {
    firsts: starts,
    seconds: starts.map((start, i) => start + counts[i]! - 1),
    firstWeights: Float64Array.from(counts, (count, i) => (count === 2 ? weights[i * most]! : 0.5)),
    secondWeights: Float64Array.from(counts, (count, i) => (count === 2 ? weights[i * most + 1]! : 0.5)),
  };
}

function weighPairs(row: Floats, { firsts, seconds, firstWeights, secondWeights }: PairTaps, out: Floats, at: number): void {
  for (let x = 0; x < firsts.length; x++) out[at + x] = firstWeights[x]! * row[firsts[x]!]! + secondWeights[x]! * row[seconds[x]!]!;
}
