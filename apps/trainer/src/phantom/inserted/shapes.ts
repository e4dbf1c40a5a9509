import type { Point } from "../canvas.js";
import { direction, uniform } from "../draw.js";
import { bumpinessOf, lump, paintSpicules } from "../nodules.js";
import { createSmoothNoise } from "../smooth-noise.js";
import type { NoduleKind, PhantomNodule } from "../types.js";
import type { Template } from "./template.js";
import type { Layer, NoduleShape } from "./types.js";

/** Soft tissue that is in the haze of ground glass, beside air. */
const hazeTissueHu = 35;

/** The reach of a lump of a radius in mm: its bumps, and an edge. */
const reachOf = (radius: number): number => radius * 1.75 + 2;

/** Draws a nodule as the phantoms have them: the same kinds, edges, strands and HU. */
export function drawNodule(
  { kind, margin, radius, center, lungHu }: Pick<PhantomNodule, "kind" | "margin"> & { radius: number; center: Point; lungHu: number },
  random: () => number,
): NoduleShape {
  const bumpiness = bumpinessOf[margin];
  const grain = createSmoothNoise(2.8, random);
  const haze = Math.max(lungHu + 180, uniform(-640, -430, random));
  const solid = uniform(10, 65, random);
  const layers: Layer[] = [];
  if (kind !== "solid") {
    const outline = lump(center, radius, bumpiness, random);
    // Ground glass thins out at the rim.
    const edgeMm = uniform(1.6, 3, random);
    const density = (haze - lungHu) / (hazeTissueHu - lungHu);
    layers.push({
      body: (canvas) => canvas.shape(center, reachOf(radius), outline, edgeMm),
      density,
      tissue: (x, y, z) => hazeTissueHu + (30 / density) * grain(x, y, z),
    });
  }
  if (kind !== "ground-glass") {
    const core = kind === "solid" ? radius : radius * uniform(0.35, 0.62, random);
    const [dx, dy, dz] = direction(random);
    const shift = kind === "solid" ? 0 : (radius - core) * uniform(0, 0.45, random);
    const at: Point = [center[0] + dx * shift, center[1] + dy * shift, center[2] + dz * shift];
    const outline = lump(at, core, bumpiness, random);
    layers.push({
      body: (canvas) => canvas.shape(at, reachOf(core), outline),
      ...(margin === "spiculated" && { strands: (canvas) => paintSpicules(canvas, center, radius, random) }),
      density: 1,
      tissue: (x, y, z) => solid + 12 * grain(x, y, z),
    });
  }
  return { layers, reachMm: Math.max(reachOf(radius), radius * 2 + 2), hu: kind === "solid" ? solid : haze };
}

/** Draws a nodule after a real one: scaled, stretched a little, and turned by one of the 48 symmetries of the cube. */
export function drawAfter(
  template: Template,
  { radius, center, symmetry }: { radius: number; center: Point; symmetry: number },
  random: () => number,
): NoduleShape {
  const turn = symmetryOf(symmetry);
  const stretch = [uniform(0.88, 1.12, random), uniform(0.88, 1.12, random)] as const;
  const axes: Point = [stretch[0], stretch[1], 1 / (stretch[0] * stretch[1])];
  const grain = createSmoothNoise(2.8, random);
  const depthOf = (x: number, y: number, z: number): number => {
    const d: Point = [x - center[0], y - center[1], z - center[2]];
    return -template.distance(...(turn(d).map((v, axis) => v / (axes[axis]! * radius)) as [number, number, number]));
  };
  const layer: Layer = {
    body: (canvas) => canvas.shape(center, 2.4 * radius + 2, (x, y, z) => -radius * depthOf(x, y, z)),
    density: 1,
    tissue: (x, y, z) => template.hu(depthOf(x, y, z)) + 12 * grain(x, y, z),
  };
  return { layers: [layer], reachMm: 2.4 * radius + 2, hu: template.hu(1) };
}

const orders = [
  [0, 1, 2],
  [0, 2, 1],
  [1, 0, 2],
  [1, 2, 0],
  [2, 0, 1],
  [2, 1, 0],
] as const;

/** How many ways a cube can be turned and mirrored onto itself. */
export const symmetries = 48;

/** One of them as a function of a vector: an order of the axes, and which of them are mirrored. */
export function symmetryOf(index: number): (v: Point) => Point {
  const order = orders[Math.floor(index / 8) % 6]!;
  const signs = [0, 1, 2].map((bit) => ((index >> bit) & 1 ? -1 : 1));
  return (v) => order.map((from, axis) => signs[axis]! * v[from]!) as unknown as Point;
}

/** Margins that a kind can have: the phantoms' rule. */
export const isSmoothOnly = (kind: NoduleKind, diameterMm: number): boolean => kind === "ground-glass" || diameterMm < 6;
