// Numbers in double precision to hold layers and kernels against: plain loops, written from the formulas.

export interface BatchNormCase {
  channels: number;
  epsilon: number;
  slope: number;
}

/** Mean and variance (divided by n) of each channel. */
export function momentsDouble(x: ArrayLike<number>, channels: number): { mean: number[]; variance: number[] } {
  const rows = x.length / channels;
  const mean = Array.from({ length: channels }, (_, c) => {
    let sum = 0;
    for (let r = 0; r < rows; r++) sum += x[r * channels + c]!;
    return sum / rows;
  });
  const variance = mean.map((m, c) => {
    let sum = 0;
    for (let r = 0; r < rows; r++) sum += (x[r * channels + c]! - m) ** 2;
    return sum / rows;
  });
  return { mean, variance };
}

/** max(z, s·z) with z = γ (x − μ) / √(σ² + ε) + β over everything but the channels (Ioffe and Szegedy, ICML 2015). */
export function batchNormDouble(
  x: ArrayLike<number>,
  gamma: ArrayLike<number>,
  beta: ArrayLike<number>,
  c: BatchNormCase,
): { y: Float64Array; mean: number[]; variance: number[] } {
  const { mean, variance } = momentsDouble(x, c.channels);
  const y = Float64Array.from({ length: x.length }, (_, i) => {
    const k = i % c.channels;
    const z = ((x[i]! - mean[k]!) / Math.sqrt(variance[k]! + c.epsilon)) * gamma[k]! + beta[k]!;
    return z > 0 ? z : c.slope * z;
  });
  return { y, mean, variance };
}

/** The gradient of f at x by central differences. */
export function differences(f: (x: Float64Array) => number, x: ArrayLike<number>, step = 1e-5): Float64Array {
  const at = Float64Array.from(x);
  return at.map((value, i) => {
    const [left, right] = [at.slice(), at.slice()];
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

/** Numbers in [-1, 1) from a seed above 0 (the Lehmer generator), the same at every run. */
export function numbers(count: number, seed: number): Float32Array {
  let state = seed;
  return Float32Array.from({ length: count }, () => {
    state = (state * 48271) % 2147483647;
    return state / 1073741823.5 - 1;
  });
}
