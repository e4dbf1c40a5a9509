/** Numbers in double precision to hold kernels against: plain loops over [n, rows, channels], written from the formulas. */

export interface GroupNormCase {
  n: number;
  rows: number;
  channels: number;
  groups: number;
  epsilon: number;
  relu: boolean;
}

/** y = γ (x − μ) / √(σ² + ε) + β over the rows and channels of a group (Wu and He, ECCV 2018). */
export function groupNormDouble(x: ArrayLike<number>, gamma: ArrayLike<number>, beta: ArrayLike<number>, c: GroupNormCase): Float64Array {
  const { n, rows, channels, groups, epsilon, relu } = c;
  const width = channels / groups;
  const y = new Float64Array(n * rows * channels);
  for (let s = 0; s < n; s++) {
    for (let g = 0; g < groups; g++) {
      const at: number[] = [];
      for (let r = 0; r < rows; r++) for (let i = 0; i < width; i++) at.push((s * rows + r) * channels + g * width + i);
      const mean = at.reduce((sum, k) => sum + x[k]!, 0) / at.length;
      const variance = at.reduce((sum, k) => sum + (x[k]! - mean) ** 2, 0) / at.length;
      for (const k of at) {
        const z = ((x[k]! - mean) / Math.sqrt(variance + epsilon)) * gamma[k % channels]! + beta[k % channels]!;
        y[k] = relu ? Math.max(0, z) : z;
      }
    }
  }
  return y;
}

/** The gradient of f at x by central differences. */
export function differences(f: (x: Float64Array) => number, x: ArrayLike<number>, step = 1e-5): Float64Array {
  const at = Float64Array.from(x);
  return at.map((value, i) => {
    const left = at.slice();
    const right = at.slice();
    left[i] = value - step;
    right[i] = value + step;
    return (f(right) - f(left)) / (2 * step);
  });
}

/** The largest difference of two arrays. */
export function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let worst = 0;
  for (let i = 0; i < a.length; i++) {
    const d = Math.abs(a[i]! - b[i]!);
    if (!(d <= worst)) worst = d;
  }
  return worst;
}

/** Numbers in [-1, 1) from a linear congruential generator (Numerical Recipes), the same at every run. */
export function numbers(count: number, seed: number): Float32Array {
  let state = seed >>> 0;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

export interface BatchNormCase {
  channels: number;
  epsilon: number;
  slope: number;
}

/** max(z, s·z) with z = γ (x − μ) / √(σ² + ε) + β over everything but the channels (Ioffe and Szegedy, ICML 2015); σ² divided by n. */
export function batchNormDouble(
  x: ArrayLike<number>,
  gamma: ArrayLike<number>,
  beta: ArrayLike<number>,
  { channels, epsilon, slope }: BatchNormCase,
): { y: Float64Array; mean: number[]; variance: number[] } {
  const rows = x.length / channels;
  const average = (of: (value: number) => number, c: number): number => {
    let sum = 0;
    for (let r = 0; r < rows; r++) sum += of(x[r * channels + c]!);
    return sum / rows;
  };
  const mean = Array.from({ length: channels }, (_, c) => average((value) => value, c));
  const variance = mean.map((m, c) => average((value) => (value - m) ** 2, c));
  const y = Float64Array.from({ length: x.length }, (_, i) => {
    const c = i % channels;
    const z = ((x[i]! - mean[c]!) / Math.sqrt(variance[c]! + epsilon)) * gamma[c]! + beta[c]!;
    return z > 0 ? z : slope * z;
  });
  return { y, mean, variance };
}
