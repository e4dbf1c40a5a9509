import type { Point } from "./canvas.js";
import { bezier, distanceBetween } from "./curves.js";
import { uniform } from "./draw.js";

/** One branch of a tree: a curved tube that gets thinner. */
export interface Branch {
  /** Points along the branch, from its parent to its children. */
  curve: Point[];
  /** Radius at the start and at the end, mm. */
  from: number;
  to: number;
  /** How many terminals it feeds. */
  feeds: number;
}

interface TreeOptions {
  root: Point;
  /** Direction in which the root leaves. */
  direction: Point;
  /** Where terminals end. */
  terminals: Point[];
  terminalRadiusMm: number;
  maxRadiusMm: number;
  /** Pieces of a branch are about this long. */
  stepMm: number;
  random: () => number;
}

/**
 * Grows a tree that reaches every terminal: a branch heads for the center of what it feeds, goes part of the way and divides that into two
 * (the volume-filling method for airways of Tawhai, Pullan and Hunter, Ann. Biomed. Eng. 28, 2000); radii follow Murray's law (the cube of the radius is shared out).
 */
export function growTree({ root, direction, terminals, terminalRadiusMm, maxRadiusMm, stepMm, random }: TreeOptions): Branch[] {
  const branches: Branch[] = [];
  const order = Int32Array.from(terminals.keys());
  const radius = (feeds: number): number => Math.min(maxRadiusMm, terminalRadiusMm * feeds ** 0.33);
  // A stack instead of recursion: an unlucky tree may be deep.
  const jobs: { start: Point; heading: Point; low: number; high: number; from: number }[] = [];
  if (terminals.length) jobs.push({ start: root, heading: direction, low: 0, high: terminals.length, from: radius(terminals.length) });
  for (let job = jobs.pop(); job; job = jobs.pop()) {
    const { start, heading, low, high } = job;
    const feeds = high - low;
    const center = centroid(terminals, order, low, high);
    const away = distanceBetween(start, center);
    const part = feeds === 1 ? 1 : uniform(0.36, 0.58, random);
    const end: Point = [
      start[0] + part * (center[0] - start[0]),
      start[1] + part * (center[1] - start[1]),
      start[2] + part * (center[2] - start[2]),
    ];
    const length = part * away;
    const sway = 0.12 * length;
    const control: Point = [
      start[0] + heading[0] * length * 0.45 + uniform(-sway, sway, random),
      start[1] + heading[1] * length * 0.45 + uniform(-sway, sway, random),
      start[2] + heading[2] * length * 0.45 + uniform(-sway, sway, random),
    ];
    const pieces = Math.max(1, Math.min(12, Math.ceil(length / stepMm)));
    const curve: Point[] = [];
    for (let i = 0; i <= pieces; i++) curve.push(bezier(start, control, end, i / pieces));
    const to = feeds === 1 ? terminalRadiusMm * 0.6 : radius(feeds) * 0.95;
    branches.push({ curve, from: job.from, to, feeds });
    if (feeds === 1) continue;
    const out = unit([end[0] - control[0], end[1] - control[1], end[2] - control[2]]);
    const middle = divide(terminals, order, low, high, center, out, random);
    for (const [a, b] of [
      [low, middle],
      [middle, high],
    ] as const) {
      jobs.push({ start: end, heading: out, low: a, high: b, from: Math.min(to, radius(b - a)) });
    }
  }
  return branches;
}

const unit = ([x, y, z]: Point): Point => {
  const length = Math.hypot(x, y, z) || 1;
  return [x / length, y / length, z / length];
};

function centroid(points: readonly Point[], order: Int32Array, low: number, high: number): Point {
  let x = 0;
  let y = 0;
  let z = 0;
  for (let i = low; i < high; i++) {
    const p = points[order[i]!]!;
    x += p[0];
    y += p[1];
    z += p[2];
  }
  const n = high - low;
  return [x / n, y / n, z / n];
}

/** Sorts `order[low, high)` into two parts by a plane that holds the branch and lies across the widest spread; gives where the second begins. */
function divide(
  points: readonly Point[],
  order: Int32Array,
  low: number,
  high: number,
  center: Point,
  along: Point,
  random: () => number,
): number {
  // The widest direction across the branch, by a few steps of power iteration on the covariance.
  let axis = unit([uniform(-1, 1, random), uniform(-1, 1, random), uniform(-1, 1, random)]);
  const stride = Math.max(1, Math.floor((high - low) / 64));
  for (let step = 0; step < 3; step++) {
    const sum: [number, number, number] = [0, 0, 0];
    for (let i = low; i < high; i += stride) {
      const p = points[order[i]!]!;
      const d: Point = [p[0] - center[0], p[1] - center[1], p[2] - center[2]];
      const forward = d[0] * along[0] + d[1] * along[1] + d[2] * along[2];
      const across: Point = [d[0] - forward * along[0], d[1] - forward * along[1], d[2] - forward * along[2]];
      const dot = across[0] * axis[0] + across[1] * axis[1] + across[2] * axis[2];
      sum[0] += across[0] * dot;
      sum[1] += across[1] * dot;
      sum[2] += across[2] * dot;
    }
    axis = unit(sum);
  }
  const keys = new Map<number, number>();
  for (let i = low; i < high; i++) {
    const p = points[order[i]!]!;
    keys.set(order[i]!, p[0] * axis[0] + p[1] * axis[1] + p[2] * axis[2]);
  }
  order.subarray(low, high).sort((a, b) => keys.get(a)! - keys.get(b)!);
  // Some vessels fork evenly, others only give off a side branch.
  const share = random() < 0.45 ? uniform(0.08, 0.25, random) : uniform(0.3, 0.7, random);
  return Math.max(low + 1, Math.min(high - 1, Math.round(low + share * (high - low))));
}
