/** Places along an axis: how many, the first one and the step between them, in voxels of an axis of `size`. */
export interface Positions {
  count: number;
  first: number;
  ratio: number;
  size: number;
}

/** For each output index the input indices it is made of, from `starts` on, and their weights, `most` to an index. */
export interface AxisTaps {
  readonly starts: Int32Array;
  readonly counts: Int32Array;
  readonly weights: Float64Array;
  readonly most: number;
}

/** The nearest input index of each place; places outside belong to the outer voxels. */
export function nearestIndices({ count, first, ratio, size }: Positions): Int32Array {
  return Int32Array.from({ length: count }, (_, i) => Math.max(0, Math.min(size - 1, Math.round(first + i * ratio))));
}

/** Weights of a triangle of some half-width around each place, normalized; places outside belong to the outer voxels. */
export function linearTaps({ count, first, ratio, size }: Positions, halfWidth: number): AxisTaps {
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
