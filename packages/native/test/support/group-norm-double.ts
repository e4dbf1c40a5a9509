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
