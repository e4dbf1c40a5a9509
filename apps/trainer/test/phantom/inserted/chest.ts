import { createRandom } from "@gleaner/training";
import { createVolume, lungMask, type Volume } from "@gleaner/volumes";
import type { Triple } from "../../../src/phantom/canvas.js";
import type { RealScan } from "../../../src/phantom/inserted/types.js";
import { grain } from "../../../src/phantom/scanner.js";

export const lungHu = -850;
export const wallHu = 40;

/** The Gaussian's integral up to x, by Abramowitz and Stegun 7.1.26: an error of 1.5e-7. */
export function gaussianCdf(x: number): number {
  const t = 1 / (1 + (0.3275911 * Math.abs(x)) / Math.SQRT2);
  const tail = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429)))) * Math.exp(-(x * x) / 2);
  return x >= 0 ? 1 - tail / 2 : tail / 2;
}

/**
 * A cuboid of lung with bulging sides in soft tissue as a scanner of a known point spread sees it: edges are the Gaussian's integral, which no code of ours has made, and
 * the noise has a known deviation.
 */
export function syntheticChest({
  shape = [48, 56, 64],
  spacingMm = [1.5, 1.5, 1.5],
  spreadMm = [1, 0.8, 0.8],
  noiseHu = 25,
  seed = 1,
}: {
  shape?: Triple;
  spacingMm?: Triple;
  spreadMm?: Triple;
  noiseHu?: number;
  seed?: number;
}): RealScan {
  const [nz, ny, nx] = shape;
  const noise = grain(shape, [0.5, 0.6, 0.6], createRandom(seed));
  const data = new Int16Array(nz * ny * nx);
  // The share of lung along an axis: between two walls, 12 mm from the ends.
  const along = (axis: number, i: number): number => {
    const mm = i * spacingMm[axis]!;
    const end = (shape[axis]! - 1) * spacingMm[axis]!;
    const phase = 0.3 * axis;
    return gaussianCdf((mm - 12 - phase) / spreadMm[axis]!) * gaussianCdf((end - 12 - phase - mm) / spreadMm[axis]!);
  };
  let i = 0;
  for (let z = 0; z < nz; z++) {
    for (let y = 0; y < ny; y++) {
      for (let x = 0; x < nx; x++, i++) {
        const lung = along(0, z) * along(1, y) * along(2, x);
        data[i] = Math.round(wallHu + lung * (lungHu - wallHu) + noiseHu * noise[i]!);
      }
    }
  }
  const volume: Volume<Int16Array> = createVolume({ data, shape, spacingMm, originMm: [-40, 20, -300] });
  return { patient: "synthetic", volume, lungs: lungMask(volume), spreadMm, noiseHu, lungHu, findings: [], excluded: [] };
}
