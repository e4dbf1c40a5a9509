import type { Anatomy } from "./anatomy.js";
import type { Branch } from "./branching.js";
import type { Canvas, Point } from "./canvas.js";
import { spline, tube } from "./curves.js";
import { direction, integer, normal, poisson, uniform, weighted } from "./draw.js";
import { lump } from "./nodules.js";
import type { Placement } from "./placement.js";
import type { ScanStyle } from "./style.js";
import type { IrrelevantKind } from "./types.js";

const kinds: Record<IrrelevantKind, number> = { granuloma: 0.35, tiny: 0.4, scar: 0.25 };

/** Paints what a reader may or may not mark (LUNA16's excluded list): calcified granulomas, nodules under 3.5 mm, scars. */
export function paintIrrelevant(
  canvas: Canvas,
  placement: Placement,
  mean: number,
  random: () => number,
): { center: Point; diameterMm: number; kind: IrrelevantKind }[] {
  const found: { center: Point; diameterMm: number; kind: IrrelevantKind }[] = [];
  for (let i = Math.min(4, poisson(mean, random)); i > 0; i--) {
    const kind = weighted(kinds, random);
    if (kind === "scar") {
      const length = uniform(9, 16, random);
      const center = placement.atPleura(length / 2, uniform(2.5, 5, random));
      if (!center) continue;
      placement.keep(center, length / 2);
      paintScar(canvas, center, length, placement.outward(center), random);
      found.push({ center, diameterMm: length, kind });
    } else {
      const radius = kind === "tiny" ? uniform(1.1, 1.65, random) : uniform(1.5, 2.8, random);
      const center = placement.isolated(radius + 1);
      if (!center) continue;
      placement.keep(center, radius);
      canvas.shape(center, radius * 1.7 + 2, lump(center, radius, 0.1, random));
      const hu = kind === "tiny" ? uniform(0, 60, random) : uniform(350, 900, random);
      canvas.fill((before) => Math.max(before, hu));
      // Too small to be measured: LUNA16 writes -1 and lets a mark within 5 mm count as on it.
      found.push({ center, diameterMm: -1, kind });
    }
  }
  return found;
}

/** A crooked strand along the pleura with a few short side strands. */
function paintScar(canvas: Canvas, center: Point, length: number, outward: Point, random: () => number): void {
  const wander = direction(random);
  const dot = wander[0] * outward[0] + wander[1] * outward[1] + wander[2] * outward[2];
  const along: Point = [wander[0] - 0.8 * dot * outward[0], wander[1] - 0.8 * dot * outward[1], wander[2] - 0.8 * dot * outward[2]];
  const norm = Math.hypot(...along) || 1;
  const points: Point[] = [];
  for (let k = 0; k <= 4; k++) {
    const t = ((k / 4 - 0.5) * length) / norm;
    points.push([
      center[0] + along[0] * t + normal(0, 0.9, random),
      center[1] + along[1] * t + normal(0, 0.9, random),
      center[2] + along[2] * t + normal(0, 0.9, random),
    ]);
  }
  const thick = uniform(0.8, 1.3, random);
  tube(canvas, spline(points, 4), (t) => thick * (0.45 + 0.55 * Math.sin(Math.PI * t)));
  for (const point of points) {
    const [dx, dy, dz] = direction(random);
    canvas.capsule(point, [point[0] + 4 * dx, point[1] + 4 * dy, point[2] + 4 * dz], thick * 0.6, 0.3);
  }
  canvas.fill((before) => Math.max(before, uniform(-20, 40, random)));
}

/** Paints what only looks like a nodule and is in no list: knots and bulges of vessels, plugs in airways, thickenings of the pleura. */
export function paintLookalikes(
  canvas: Canvas,
  anatomy: Anatomy,
  style: ScanStyle,
  vessels: readonly Branch[],
  placement: Placement,
  random: () => number,
): void {
  const thick = vessels.filter(({ from, curve }) => from > 0.8 && from < 2 && anatomy.lungDistance(...curve[0]!) < -6);
  for (let i = Math.round(style.knots); i > 0 && thick.length; i--) {
    const { curve, from } = thick[Math.floor(random() * thick.length)]!;
    const start = curve[0]!;
    if (random() < 0.5) {
      // A bulge where the vessel divides, drawn out along it.
      const next = curve[Math.min(curve.length - 1, 1)]!;
      const r = Math.min(2.6, from * uniform(1.25, 1.6, random));
      canvas.capsule(
        start,
        [start[0] + (next[0] - start[0]) * 0.7, start[1] + (next[1] - start[1]) * 0.7, start[2] + (next[2] - start[2]) * 0.7],
        r,
        from,
      );
    } else {
      // A vessel that winds: its turns add up to a blob in a slice.
      const points: Point[] = [start];
      for (let k = 0; k < 5; k++) {
        const [x, y, z] = points.at(-1)!;
        const [dx, dy, dz] = direction(random);
        points.push([x + 3.2 * dx + (start[0] - x) * 0.3, y + 3.2 * dy + (start[1] - y) * 0.3, z + 3.2 * dz + (start[2] - z) * 0.3]);
      }
      tube(canvas, spline(points, 4), (t) => from * (1 - 0.5 * t));
    }
    canvas.fill((before) => Math.max(before, style.bloodHu));
  }
  for (let i = integer(0, Math.min(4, Math.round(style.knots)), random); i > 0; i--) {
    const center = placement.atPleura(3, 0);
    if (!center) continue;
    const [nx, ny, nz] = placement.outward(center);
    const wide = uniform(4, 8, random);
    const flat = uniform(1.1, 2.2, random);
    canvas.shape(center, wide + 1, (x, y, z) => {
      const d: Point = [x - center[0], y - center[1], z - center[2]];
      const up = d[0] * nx + d[1] * ny + d[2] * nz;
      const across = Math.sqrt(Math.max(0, d[0] * d[0] + d[1] * d[1] + d[2] * d[2] - up * up));
      return (Math.hypot(up / flat, across / wide) - 1) * flat;
    });
    canvas.fill((before) => Math.max(before, 35));
  }
}
