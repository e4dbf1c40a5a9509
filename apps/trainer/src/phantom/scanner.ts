import type { Anatomy } from "./anatomy.js";
import type { Canvas } from "./canvas.js";
import { mix } from "./curves.js";
import type { ScanStyle } from "./style.js";

type Shape = readonly [number, number, number];

/** The taps of a Gaussian of `sigma` voxels, from its middle outward, summing to 1 with both sides. */
function gaussianTaps(sigma: number): Float32Array {
  const reach = sigma < 0.15 ? 0 : Math.max(1, Math.ceil(2.6 * sigma));
  const taps = Float32Array.from({ length: reach + 1 }, (_, k) => Math.exp((-0.5 * k * k) / (sigma * sigma || 1)));
  const sum = 2 * taps.reduce((a, b) => a + b) - taps[0]!;
  return taps.map((tap) => tap / sum);
}

/** Smooths a volume along its axes by Gaussians of `sigma` voxels (z, y, x); values beyond the edge are those at the edge. */
export function blur(data: Float32Array, [nz, ny, nx]: Shape, sigma: Shape): Float32Array {
  let from = data;
  for (const [n, stride, s] of [
    [nz, ny * nx, sigma[0]],
    [ny, nx, sigma[1]],
    [nx, 1, sigma[2]],
  ] as const) {
    const taps = gaussianTaps(s);
    if (taps.length === 1) continue;
    const to = new Float32Array(from.length);
    const block = n * stride;
    for (let base = 0; base < from.length; base += block) {
      for (let i = 0; i < n; i++) {
        const row = base + i * stride;
        const tap0 = taps[0]!;
        for (let j = 0; j < stride; j++) to[row + j] = tap0 * from[row + j]!;
        for (let k = 1; k < taps.length; k++) {
          const tap = taps[k]!;
          const before = base + Math.max(0, i - k) * stride;
          const after = base + Math.min(n - 1, i + k) * stride;
          for (let j = 0; j < stride; j++) to[row + j]! += tap * (from[before + j]! + from[after + j]!);
        }
      }
    }
    from = to;
  }
  return from === data ? data.slice() : from;
}

/** Noise with mean 0 and deviation 1 whose grain is that of a reconstruction kernel: smooth over `sigma` voxels, without the slow waves that filtered backprojection removes. */
export function grain(shape: Shape, sigma: Shape, random: () => number): Float32Array {
  const white = new Float32Array(shape[0] * shape[1] * shape[2]);
  // The sum of two uniform numbers; smoothing sums many of them, which makes it normal.
  for (let i = 0; i < white.length; i++) white[i] = random() + random() - 1;
  const fine = blur(white, shape, sigma);
  const slow = blur(fine, shape, [0, sigma[1] * 1.8 + 0.6, sigma[2] * 1.8 + 0.6]);
  let power = 0;
  for (let i = 0; i < fine.length; i++) {
    const value = fine[i]! - 0.6 * slow[i]!;
    fine[i] = value;
    power += value * value;
  }
  const gain = 1 / Math.sqrt(power / fine.length);
  for (let i = 0; i < fine.length; i++) fine[i]! *= gain;
  return fine;
}

/** What the scanner makes of the body: the blur and edge enhancement of its kernel, noise, whole numbers of HU. */
export function scan(canvas: Canvas, anatomy: Anatomy, style: ScanStyle, random: () => number): Int16Array {
  const { grid, values } = canvas;
  const { shape, spacingMm, startMm } = grid;
  const inVoxels = (acrossMm: number, alongMm: number): Shape => [alongMm / spacingMm[0], acrossMm / spacingMm[1], acrossMm / spacingMm[2]];
  // Resolution cannot be finer than the voxels; a soft kernel loses about half a voxel more.
  const voxel = Math.max(spacingMm[1], spacingMm[2]);
  const soft = 1 - style.sharpness;
  const seen = blur(values, shape, inVoxels(0.3 * voxel + 0.75 * soft, 0.3 * spacingMm[0] + 0.45 * soft));
  const enhance = 0.5 * Math.max(0, style.sharpness - 0.5);
  const wide = enhance > 0 ? blur(seen, shape, inVoxels(voxel, 0)) : seen;
  const noise = grain(shape, inVoxels(mix(0.42 * voxel, 0.5 * voxel + 0.75, soft), mix(0.35, 0.6, soft) * spacingMm[0]), random);
  const [nz, ny, nx] = shape;
  const data = new Int16Array(values.length);
  let i = 0;
  for (let iz = 0; iz < nz; iz++) {
    const z = startMm[0] + iz * spacingMm[0];
    // The shoulders swallow photons: noisier slices at the top.
    const level = style.noiseHu * (1 + 0.45 / (1 + Math.exp((105 * anatomy.scale - z) / (10 * anatomy.scale))));
    for (let iy = 0; iy < ny; iy++) {
      const y = startMm[1] + iy * spacingMm[1];
      for (let ix = 0; ix < nx; ix++, i++) {
        const x = startMm[2] + ix * spacingMm[2];
        const r2 = (x * x + y * y) / (anatomy.scale * anatomy.scale);
        const sharp = seen[i]! + enhance * (seen[i]! - wide[i]!);
        const value = Math.round(sharp + level * (1.12 - 0.42 * Math.min(1, r2 / 26000)) * noise[i]!);
        data[i] = value < -1024 ? -1024 : Math.min(value, 3071);
      }
    }
  }
  return data;
}
