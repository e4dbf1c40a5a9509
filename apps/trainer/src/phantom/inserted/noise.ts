import type { Region, Volume } from "@gleaner/volumes";

/** Half of the edge of the neighborhoods that are looked at. */
const half = 2;
/** Aerated lung is darker; above there are vessels. */
const aeratedHu = -600;

/**
 * Standard deviations in HU of homogeneous parts of the lungs: those of all neighborhoods of 5³ voxels that are aerated lung throughout, from a region,
 * rising. Those that a vessel runs through are among them, so take a lower quantile.
 */
function lungDeviations({ data, shape }: Volume, lungs: Volume<Uint8Array>, { start, shape: size }: Region, step = 3): number[] {
  const [, ny, nx] = shape;
  const deviations: number[] = [];
  const from = start.map((s) => Math.max(half, s));
  const to = start.map((s, axis) => Math.min(shape[axis]! - half, s + size[axis]!));
  for (let z = from[0]!; z < to[0]!; z += step) {
    for (let y = from[1]!; y < to[1]!; y += step) {
      for (let x = from[2]!; x < to[2]!; x += step) {
        let [sum, squares, aerated] = [0, 0, true];
        for (let dz = -half; dz <= half && aerated; dz++) {
          for (let dy = -half; dy <= half && aerated; dy++) {
            const row = ((z + dz) * ny + y + dy) * nx + x;
            for (let i = row - half; i <= row + half; i++) {
              const value = data[i]!;
              // Airways and what lies outside of the body have no texture of lung.
              if (value > aeratedHu || lungs.data[i] === 0) {
                aerated = false;
                break;
              }
              sum += value;
              squares += value * value;
            }
          }
        }
        const n = (2 * half + 1) ** 3;
        if (aerated && sum / n > -960) deviations.push(Math.sqrt(Math.max(0, squares / n - (sum / n) ** 2)));
      }
    }
  }
  return deviations.sort((a, b) => a - b);
}

/** The noise of the lungs in a region: the lower quartile of the deviations, undefined where fewer than 8 places are homogeneous lung. */
export function lungNoise(volume: Volume, lungs: Volume<Uint8Array>, region: Region, step?: number): number | undefined {
  const deviations = lungDeviations(volume, lungs, region, step);
  return deviations.length < 8 ? undefined : deviations[Math.floor(deviations.length / 4)]!;
}

/**
 * What is under the noise, in a region of a volume: a sigma filter (Lee, 1983), the mean of the neighbors within 2.5 sigma.
 *
 * Where a voxel agrees with its smoothed surroundings, these are what neighbors are compared with, so that its own noise does not choose them and all
 * of it stays in the difference; elsewhere, as in a thin vessel, it is the voxel itself, so that the vessel stays out of the difference.
 */
export function structureUnderNoise({ data, shape }: Volume, { start, shape: size }: Region, noiseHu: number): Float32Array {
  const [nz, ny, nx] = shape;
  const structure = new Float32Array(size[0] * size[1] * size[2]);
  const low = (at: number, reach: number): number => Math.max(0, at - reach);
  const around = (z: number, y: number, x: number, reach: number, visit: (value: number) => void): void => {
    for (let iz = low(z, reach); iz <= Math.min(nz - 1, z + reach); iz++) {
      for (let iy = low(y, reach); iy <= Math.min(ny - 1, y + reach); iy++) {
        const row = (iz * ny + iy) * nx;
        for (let ix = low(x, reach); ix <= Math.min(nx - 1, x + reach); ix++) visit(data[row + ix]!);
      }
    }
  };
  let o = 0;
  for (let z = start[0]; z < start[0] + size[0]; z++) {
    for (let y = start[1]; y < start[1] + size[1]; y++) {
      for (let x = start[2]; x < start[2] + size[2]; x++, o++) {
        const value = data[(z * ny + y) * nx + x]!;
        let [sum, n] = [0, 0];
        const add = (v: number): void => {
          sum += v;
          n++;
        };
        around(z, y, x, 1, add);
        const center = Math.abs(value - sum / n) <= 3 * noiseHu ? sum / n : value;
        [sum, n] = [0, 0];
        around(z, y, x, half, (v) => {
          if (Math.abs(v - center) <= 2.5 * noiseHu) add(v);
        });
        structure[o] = n > 0 ? sum / n : value;
      }
    }
  }
  return structure;
}
