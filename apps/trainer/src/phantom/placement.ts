import type { Anatomy } from "./anatomy.js";
import type { Branch } from "./branching.js";
import type { Canvas, Point } from "./canvas.js";
import { distanceBetween } from "./curves.js";
import { direction, uniform } from "./draw.js";
import type { Placed } from "./types.js";

/** Finds places for findings: in the lung, in the scan, apart from one another. */
export interface Placement {
  /** In the middle of the lung, with `radius` mm of nothing but lung and small vessels around. */
  isolated(radius: number): Point | undefined;
  /** Touching a vessel. */
  atVessel(radius: number): Point | undefined;
  /** At the pleura of the ribs, `depth` mm under it. */
  atPleura(radius: number, depth: number): Point | undefined;
  /** The direction out of the lung. */
  outward(point: Point): Point;
  /** Keeps a place: what comes later stays away from it. */
  keep(center: Point, radius: number): void;
}

const tries = 400;

export function createPlacement(
  canvas: Canvas,
  anatomy: Anatomy,
  vessels: readonly Branch[],
  lungHu: number,
  random: () => number,
): Placement {
  const { grid, values } = canvas;
  const [nz, ny, nx] = grid.shape;
  const kept: Placed[] = [];
  const low = [...grid.startMm].reverse() as [number, number, number];
  const extent = grid.shape.map((n, axis) => (n - 1) * grid.spacingMm[axis]!).reverse() as [number, number, number];

  const fits = (point: Point, radius: number): boolean =>
    point.every((v, axis) => v - low[axis]! > radius + 3 && low[axis]! + extent[axis]! - v > radius + 3) &&
    kept.every((other) => distanceBetween(other.center, point) > other.radius + radius + 6);
  const somewhere = (): Point => [low[0] + extent[0] * random(), low[1] + extent[1] * random(), low[2] + extent[2] * random()];
  const search = (draw: () => Point | undefined, radius: number): Point | undefined => {
    for (let i = 0; i < tries; i++) {
      const point = draw();
      if (point && fits(point, radius)) return point;
    }
    return undefined;
  };
  const outward = ([x, y, z]: Point): Point => {
    const h = 1;
    const d = anatomy.lungDistance;
    const g: Point = [d(x + h, y, z) - d(x - h, y, z), d(x, y + h, z) - d(x, y - h, z), d(x, y, z + h) - d(x, y, z - h)];
    const length = Math.hypot(...g) || 1;
    return [g[0] / length, g[1] / length, g[2] / length];
  };
  const valueAt = ([x, y, z]: Point): number => {
    const iz = Math.round((z - grid.startMm[0]) / grid.spacingMm[0]);
    const iy = Math.round((y - grid.startMm[1]) / grid.spacingMm[1]);
    const ix = Math.round((x - grid.startMm[2]) / grid.spacingMm[2]);
    if (iz < 0 || iy < 0 || ix < 0 || iz >= nz || iy >= ny || ix >= nx) return lungHu;
    return values[(iz * ny + iy) * nx + ix]!;
  };
  /** Is it free of large vessels and airways, by a few probes? */
  const clear = (point: Point, radius: number): boolean => {
    let dense = 0;
    for (let k = 0; k < 24; k++) {
      const [dx, dy, dz] = direction(random);
      const r = radius * uniform(0.3, 1.15, random);
      const hu = valueAt([point[0] + r * dx, point[1] + r * dy, point[2] + r * dz]);
      if (hu > lungHu + 350 || hu < -970) dense++;
    }
    return dense <= 2;
  };

  return {
    outward,
    isolated: (radius) =>
      search(() => {
        const point = somewhere();
        return anatomy.lungDistance(...point) < -radius - 2 && clear(point, radius) ? point : undefined;
      }, radius),
    atVessel: (radius) =>
      search(() => {
        const branch = vessels[Math.floor(random() * vessels.length)];
        if (!branch || branch.from < 0.8 || branch.from > Math.max(1.5, radius * 0.7)) return undefined;
        const i = Math.floor(random() * branch.curve.length);
        const r = branch.from + ((branch.to - branch.from) * i) / (branch.curve.length - 1);
        const [dx, dy, dz] = direction(random);
        const away = radius * 0.85 + r * 0.5;
        const [x, y, z] = branch.curve[i]!;
        const point: Point = [x + dx * away, y + dy * away, z + dz * away];
        return anatomy.lungDistance(...point) < -radius - 1 && clear(point, radius * 0.8) ? point : undefined;
      }, radius),
    atPleura: (radius, depth) =>
      search(() => {
        let point = somewhere();
        if (anatomy.lungDistance(...point) > -2) return undefined;
        for (let step = 0; step < 12; step++) {
          const gap = anatomy.lungDistance(...point) + depth;
          if (Math.abs(gap) < 0.3) break;
          const [dx, dy, dz] = outward(point);
          point = [point[0] - dx * gap * 0.8, point[1] - dy * gap * 0.8, point[2] - dz * gap * 0.8];
        }
        if (Math.abs(anatomy.lungDistance(...point) + depth) > 0.6) return undefined;
        const [dx, dy, dz] = outward(point);
        const wall: Point = [point[0] + dx * (depth + 3), point[1] + dy * (depth + 3), point[2] + dz * (depth + 3)];
        // On the side of the ribs: against the heart or the diaphragm one could not tell it from what is there.
        const cage = anatomy.cage(wall[2]);
        return Math.hypot(wall[0] / cage.width, (wall[1] - cage.y) / cage.depth) > 0.93 ? point : undefined;
      }, radius),
    keep(center, radius) {
      kept.push({ center, radius });
    },
  };
}
