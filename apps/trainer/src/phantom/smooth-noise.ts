const cells = 32;
const mask = cells - 1;

/** A smooth random function of space: about normal with mean 0 and deviation 1, structures of about `cellMm`; it repeats after 32 cells. */
type SmoothNoise = (x: number, y: number, z: number) => number;

/** Value noise: random numbers on a lattice, smoothly interpolated (Perlin's fade without the gradients: cheap, and grainy enough for tissue). */
export function createSmoothNoise(cellMm: number, random: () => number): SmoothNoise {
  const lattice = new Float32Array(cells ** 3);
  // Interpolation averages neighbors, which takes about half of the deviation away; 2.2 gives it back.
  for (let i = 0; i < lattice.length; i++) lattice[i] = (random() + random() + random() - 1.5) * 2 * 2.2 * 0.82;
  const perMm = 1 / cellMm;
  return (x, y, z) => {
    const px = x * perMm + 4096;
    const py = y * perMm + 4096;
    const pz = z * perMm + 4096;
    const ix = px | 0;
    const iy = py | 0;
    const iz = pz | 0;
    let fx = px - ix;
    let fy = py - iy;
    let fz = pz - iz;
    fx = fx * fx * (3 - 2 * fx);
    fy = fy * fy * (3 - 2 * fy);
    fz = fz * fz * (3 - 2 * fz);
    const x0 = ix & mask;
    const x1 = (ix + 1) & mask;
    const y0 = (iy & mask) * cells;
    const y1 = ((iy + 1) & mask) * cells;
    const z0 = (iz & mask) * cells * cells;
    const z1 = ((iz + 1) & mask) * cells * cells;
    const a = lattice[z0 + y0 + x0]! * (1 - fx) + lattice[z0 + y0 + x1]! * fx;
    const b = lattice[z0 + y1 + x0]! * (1 - fx) + lattice[z0 + y1 + x1]! * fx;
    const c = lattice[z1 + y0 + x0]! * (1 - fx) + lattice[z1 + y0 + x1]! * fx;
    const d = lattice[z1 + y1 + x0]! * (1 - fx) + lattice[z1 + y1 + x1]! * fx;
    return (a * (1 - fy) + b * fy) * (1 - fz) + (c * (1 - fy) + d * fy) * fz;
  };
}
