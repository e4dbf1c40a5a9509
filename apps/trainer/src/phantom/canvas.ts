/** Body coordinates in mm: x to the patient's left, y to the back, z to the head; the origin is near the carina. */
export type Point = readonly [x: number, y: number, z: number];

export type Triple = [number, number, number];

/** Where the voxels lie in the body. */
export interface Grid {
  /** Voxels along z, y, x. */
  shape: Triple;
  spacingMm: Triple;
  /** Body coordinates of the first voxel's center, z, y, x. */
  startMm: Triple;
}

/** Paints shapes into a grid of HU. A shape first collects its coverage (0..1, smooth over an edge of about a voxel, which is the partial volume effect), then gets a value. */
export interface Canvas {
  grid: Grid;
  values: Float32Array;
  coverage: Float32Array;
  /** Width in mm over which coverage goes from 0 to 1 at an edge. */
  edgeMm: number;
  /** Adds a round cone from a (radius ra) to b (radius rb) to the coverage; overlaps do not add up. */
  capsule(a: Point, b: Point, ra: number, rb: number): void;
  /** Adds any shape within `reach` mm of a center by its signed distance in mm, negative inside. */
  shape(center: Point, reach: number, distance: (x: number, y: number, z: number) => number, edgeMm?: number): void;
  /** Blends what was collected into the values and forgets it; `hu` may depend on the place (index) and on what was there. */
  fill(hu: number | ((before: number, index: number, coverage: number) => number)): void;
}

/** A canvas over a grid; all values start as air. */
export function createCanvas(grid: Grid): Canvas {
  const [nz, ny, nx] = grid.shape;
  const [sz, sy, sx] = grid.spacingMm;
  const [z0, y0, x0] = grid.startMm;
  const values = new Float32Array(nz * ny * nx).fill(-1000);
  const coverage = new Float32Array(values.length);
  const edgeMm = Math.cbrt(sz * sy * sx);
  // The part of the grid that the coverage touches, so that filling costs what was painted and not the whole volume.
  const dirty = { z0: nz, z1: -1, y0: ny, y1: -1, x0: nx, x1: -1 };
  const box = { z0: 0, z1: 0, y0: 0, y1: 0, x0: 0, x1: 0 };

  /** Sets `box` to the voxels between two corners; false where that is none. */
  const clip = (lx: number, ly: number, lz: number, hx: number, hy: number, hz: number): boolean => {
    box.z0 = Math.max(0, Math.ceil((lz - z0) / sz));
    box.z1 = Math.min(nz - 1, Math.floor((hz - z0) / sz));
    box.y0 = Math.max(0, Math.ceil((ly - y0) / sy));
    box.y1 = Math.min(ny - 1, Math.floor((hy - y0) / sy));
    box.x0 = Math.max(0, Math.ceil((lx - x0) / sx));
    box.x1 = Math.min(nx - 1, Math.floor((hx - x0) / sx));
    if (box.z0 > box.z1 || box.y0 > box.y1 || box.x0 > box.x1) return false;
    dirty.z0 = Math.min(dirty.z0, box.z0);
    dirty.z1 = Math.max(dirty.z1, box.z1);
    dirty.y0 = Math.min(dirty.y0, box.y0);
    dirty.y1 = Math.max(dirty.y1, box.y1);
    dirty.x0 = Math.min(dirty.x0, box.x0);
    dirty.x1 = Math.max(dirty.x1, box.x1);
    return true;
  };

  return {
    grid,
    values,
    coverage,
    edgeMm,
    capsule([ax, ay, az], [bx, by, bz], ra, rb) {
      // An edge of width w makes the cross-section of a tube larger by π w²/12, which the radius takes off again. A tube too thin for that
      // keeps the width of an edge and loses in height what it lacks in cross-section. So a tube always weighs what it should.
      const half = edgeMm / 2;
      const edge2 = edgeMm * edgeMm;
      const reach = Math.max(ra, rb, half) + half;
      const inside = clip(
        Math.min(ax, bx) - reach,
        Math.min(ay, by) - reach,
        Math.min(az, bz) - reach,
        Math.max(ax, bx) + reach,
        Math.max(ay, by) + reach,
        Math.max(az, bz) + reach,
      );
      if (!inside) return;
      const { z0: iz0, z1: iz1, y0: iy0, y1: iy1, x0: ix0, x1: ix1 } = box;
      const dx = bx - ax;
      const dy = by - ay;
      const dz = bz - az;
      const perLength2 = 1 / Math.max(1e-9, dx * dx + dy * dy + dz * dz);
      const reach2 = reach * reach;
      for (let iz = iz0; iz <= iz1; iz++) {
        const pz = z0 + iz * sz - az;
        for (let iy = iy0; iy <= iy1; iy++) {
          const py = y0 + iy * sy - ay;
          const row = (iz * ny + iy) * nx;
          const dotzy = pz * dz + py * dy;
          for (let ix = ix0; ix <= ix1; ix++) {
            const px = x0 + ix * sx - ax;
            let t = (dotzy + px * dx) * perLength2;
            t = t < 0 ? 0 : Math.min(t, 1);
            const ex = px - t * dx;
            const ey = py - t * dy;
            const ez = pz - t * dz;
            const d2 = ex * ex + ey * ey + ez * ez;
            if (d2 >= reach2) continue;
            const r = ra + (rb - ra) * t;
            const r2 = r * r;
            const thin = r2 < edge2 / 3;
            let c = ((thin ? half : Math.sqrt(r2 - edge2 / 12)) - Math.sqrt(d2)) / edgeMm + 0.5;
            if (c <= 0) continue;
            if (c > 1) c = 1;
            if (thin) c *= (3 * r2) / edge2;
            if (c > coverage[row + ix]!) coverage[row + ix] = c;
          }
        }
      }
    },
    shape([cx, cy, cz], reach, distance, edge = edgeMm) {
      if (!clip(cx - reach, cy - reach, cz - reach, cx + reach, cy + reach, cz + reach)) return;
      const { z0: iz0, z1: iz1, y0: iy0, y1: iy1, x0: ix0, x1: ix1 } = box;
      for (let iz = iz0; iz <= iz1; iz++) {
        for (let iy = iy0; iy <= iy1; iy++) {
          const row = (iz * ny + iy) * nx;
          for (let ix = ix0; ix <= ix1; ix++) {
            const c = 0.5 - distance(x0 + ix * sx, y0 + iy * sy, z0 + iz * sz) / edge;
            if (c > coverage[row + ix]!) coverage[row + ix] = Math.min(c, 1);
          }
        }
      }
    },
    fill(hu) {
      for (let iz = dirty.z0; iz <= dirty.z1; iz++) {
        for (let iy = dirty.y0; iy <= dirty.y1; iy++) {
          const row = (iz * ny + iy) * nx;
          for (let i = row + dirty.x0; i <= row + dirty.x1; i++) {
            const c = coverage[i]!;
            if (c <= 0) continue;
            const before = values[i]!;
            const to = typeof hu === "number" ? hu : hu(before, i, c);
            values[i] = before + c * (to - before);
            coverage[i] = 0;
          }
        }
      }
      dirty.z0 = nz;
      dirty.y0 = ny;
      dirty.x0 = nx;
      dirty.z1 = dirty.y1 = dirty.x1 = -1;
    },
  };
}
