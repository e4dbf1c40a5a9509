export interface ConvCase {
  /** [batch, z, y, x, input channels]. */
  image: [number, number, number, number, number];
  outputs: number;
}

/** A convolution of 3×3×3 voxels with padding "same" and both its gradients for a slope dy of its output, in plain loops over the definition. */
export function conv3dDouble(
  x: ArrayLike<number>,
  filter: ArrayLike<number>,
  dy: ArrayLike<number>,
  { image: [n, d, h, w, ci], outputs: co }: ConvCase,
): { y: Float64Array; dx: Float64Array; dFilter: Float64Array } {
  const [y, dx, dFilter] = [new Float64Array(n * d * h * w * co), new Float64Array(n * d * h * w * ci), new Float64Array(27 * ci * co)];
  const isInside = (a: number, b: number, c: number): boolean => a >= 0 && a < d && b >= 0 && b < h && c >= 0 && c < w;
  for (let voxel = 0; voxel < n * d * h * w; voxel++) {
    const [sample, place] = [Math.floor(voxel / (d * h * w)), voxel % (d * h * w)];
    const [z, row, column] = [Math.floor(place / (h * w)), Math.floor(place / w) % h, place % w];
    for (let tap = 0; tap < 27; tap++) {
      const [a, b, c] = [z + Math.floor(tap / 9) - 1, row + (Math.floor(tap / 3) % 3) - 1, column + (tap % 3) - 1];
      if (!isInside(a, b, c)) continue;
      const other = ((sample * d + a) * h + b) * w + c;
      for (let i = 0; i < ci; i++) {
        for (let o = 0; o < co; o++) {
          const at = (tap * ci + i) * co + o;
          y[voxel * co + o]! += x[other * ci + i]! * filter[at]!;
          dx[other * ci + i]! += dy[voxel * co + o]! * filter[at]!;
          dFilter[at]! += dy[voxel * co + o]! * x[other * ci + i]!;
        }
      }
    }
  }
  return { y, dx, dFilter };
}
