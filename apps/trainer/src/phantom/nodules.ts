import type { Canvas, Point } from "./canvas.js";
import { chance, direction, integer, normal, uniform, weighted } from "./draw.js";
import type { Placement } from "./placement.js";
import { createSmoothNoise } from "./smooth-noise.js";
import type { Attachment, Difficulty, NoduleKind, PhantomNodule } from "./types.js";

type Drawn = Omit<PhantomNodule, "x" | "y" | "z"> & { center: Point };

// Frequencies as among the nodules of the Lung Image Database (LIDC): mostly solid, few pure ground glass.
export const noduleKinds: Record<NoduleKind, number> = { solid: 0.65, "part-solid": 0.23, "ground-glass": 0.12 };
export const attachments: Record<Attachment, number> = { isolated: 0.5, vessel: 0.28, pleura: 0.22 };
export const margins = { smooth: 0.5, lobulated: 0.3, spiculated: 0.2 };
/** How high the bumps of a surface are, as a share of its radius. */
export const bumpinessOf = { smooth: 0.06, lobulated: 0.3, spiculated: 0.2 };

/** Diameters as in LUNA16: a long tail over a median of about 7 mm, within 4 to 20 mm. */
export function drawDiameter(low: number, high: number, random: () => number): number {
  for (;;) {
    const diameter = 7.4 * Math.exp(normal(0, 0.42, random));
    if (diameter >= low && diameter <= high) return diameter;
  }
}

/** Draws, places and paints the nodules of a scan, `count` of them if the lung has room. */
export function paintNodules(
  canvas: Canvas,
  placement: Placement,
  count: number,
  maxDiameterMm: number,
  difficulty: Difficulty,
  random: () => number,
): Drawn[] {
  const nodules: Drawn[] = [];
  for (let i = 0; i < count; i++) {
    const kind = difficulty === "easy" ? "solid" : weighted(noduleKinds, random);
    const diameterMm = drawDiameter(difficulty === "easy" ? 7 : kind === "solid" ? 4 : 6, maxDiameterMm, random);
    const margin = kind === "ground-glass" || diameterMm < 6 ? "smooth" : weighted(margins, random);
    const wanted = difficulty === "easy" ? "isolated" : weighted(attachments, random);
    const radius = diameterMm / 2;
    // A crowded lung may have no such place: then any other will do.
    for (const attachment of [wanted, "isolated", "pleura", "vessel"] as const) {
      const center =
        attachment === "isolated"
          ? placement.isolated(radius)
          : attachment === "vessel"
            ? placement.atVessel(radius)
            : placement.atPleura(radius, radius * uniform(0.45, 0.9, random));
      if (!center) continue;
      placement.keep(center, radius);
      const nodule: Drawn = { center, diameterMm, kind, attachment, margin };
      paintNodule(canvas, nodule, random);
      nodules.push(nodule);
      break;
    }
  }
  return nodules;
}

/** The signed distance to a lump: an ellipsoid with bumps whose mean radius is `radius`. */
export function lump(center: Point, radius: number, bumpiness: number, random: () => number): (x: number, y: number, z: number) => number {
  const stretch = [uniform(0.86, 1.16, random), uniform(0.86, 1.16, random)] as const;
  const axes = [stretch[0], stretch[1], 1 / (stretch[0] * stretch[1])] as const;
  const [u, v, w] = frame(random);
  const bumps = Array.from({ length: 7 }, () => ({ at: direction(random), height: uniform(0.3, 1, random) }));
  // A cap covers 0.15 of the sphere and is 0.4 high on average: taken off everywhere, so that the mean radius stays.
  const mean = bumps.reduce((sum, { height }) => sum + height, 0) * 0.06;
  return (x, y, z) => {
    const d: Point = [x - center[0], y - center[1], z - center[2]];
    const length = Math.hypot(d[0], d[1], d[2]);
    if (length < 1e-6) return -radius;
    const a = (d[0] * u[0] + d[1] * u[1] + d[2] * u[2]) / axes[0];
    const b = (d[0] * v[0] + d[1] * v[1] + d[2] * v[2]) / axes[1];
    const c = (d[0] * w[0] + d[1] * w[1] + d[2] * w[2]) / axes[2];
    const round = Math.hypot(a, b, c);
    let bump = -mean;
    for (const { at, height } of bumps) {
      const cos = (d[0] * at[0] + d[1] * at[1] + d[2] * at[2]) / length;
      // A cap of about 45 degrees.
      if (cos > 0.7) bump += height * ((cos - 0.7) / 0.3) ** 1.5;
    }
    return (length / round) * (round - radius * (1 + bumpiness * bump));
  };
}

/** Three directions at right angles. */
function frame(random: () => number): [Point, Point, Point] {
  const u = direction(random);
  const other = direction(random);
  const dot = u[0] * other[0] + u[1] * other[1] + u[2] * other[2];
  const across: Point = [other[0] - dot * u[0], other[1] - dot * u[1], other[2] - dot * u[2]];
  const length = Math.hypot(...across) || 1;
  const v: Point = [across[0] / length, across[1] / length, across[2] / length];
  return [u, v, [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]]];
}

function paintNodule(canvas: Canvas, { center, diameterMm, kind, margin }: Drawn, random: () => number): void {
  const radius = diameterMm / 2;
  const bumpiness = bumpinessOf[margin];
  const grain = createSmoothNoise(2.8, random);
  const { grid } = canvas;
  const [, ny, nx] = grid.shape;
  const grainAt = (i: number): number =>
    grain((i % nx) * grid.spacingMm[2], (Math.floor(i / nx) % ny) * grid.spacingMm[1], Math.floor(i / (nx * ny)) * grid.spacingMm[0]);
  const haze = uniform(-640, -430, random);
  const solid = uniform(10, 65, random);

  if (kind !== "solid") {
    // Ground glass thins out at the rim and lets vessels shine through.
    canvas.shape(center, radius * 1.7 + 2, lump(center, radius, bumpiness, random), uniform(1.6, 3, random) + canvas.edgeMm * 0.5);
    canvas.fill((before, i) => Math.max(before, haze + 45 * grainAt(i)));
  }
  if (kind !== "ground-glass") {
    const core = kind === "solid" ? radius : radius * uniform(0.35, 0.62, random);
    const [dx, dy, dz] = direction(random);
    const shift = kind === "solid" ? 0 : (radius - core) * uniform(0, 0.45, random);
    const at: Point = [center[0] + dx * shift, center[1] + dy * shift, center[2] + dz * shift];
    canvas.shape(at, core * 1.7 + 2, lump(at, core, bumpiness, random));
    if (margin === "spiculated") paintSpicules(canvas, center, radius, random);
    canvas.fill((before, i) => Math.max(before, solid + 12 * grainAt(i)));
  }
}

/** Thin strands that run out from the surface. */
export function paintSpicules(canvas: Canvas, center: Point, radius: number, random: () => number): void {
  for (let i = integer(8, 18, random); i > 0; i--) {
    const [dx, dy, dz] = direction(random);
    const near = radius * 0.8;
    const far = radius * uniform(1.25, 1.75, random) + 1;
    const bend = uniform(-0.12, 0.12, random) * far;
    canvas.capsule(
      [center[0] + dx * near, center[1] + dy * near, center[2] + dz * near],
      [center[0] + dx * far + bend, center[1] + dy * far - bend, center[2] + dz * far],
      uniform(0.5, 0.85, random),
      chance(0.5, random) ? 0.25 : 0.4,
    );
  }
}
