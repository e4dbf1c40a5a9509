import type { Canvas, Point } from "./canvas.js";

export const mix = (a: number, b: number, t: number): number => a + (b - a) * t;

const mixPoints = (a: Point, b: Point, t: number): Point => [mix(a[0], b[0], t), mix(a[1], b[1], t), mix(a[2], b[2], t)];

export const distanceBetween = (a: Point, b: Point): number => Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);

/** A point of a quadratic Bézier curve. */
export const bezier = (a: Point, control: Point, b: Point, t: number): Point =>
  mixPoints(mixPoints(a, control, t), mixPoints(control, b, t), t);

/** A smooth curve through points (Catmull and Rom's spline), `steps` pieces between neighbors. */
export function spline(points: readonly Point[], steps: number): Point[] {
  const at = (i: number): Point => points[Math.max(0, Math.min(points.length - 1, i))]!;
  const curve: Point[] = [];
  for (let i = 0; i + 1 < points.length; i++) {
    for (let k = 0; k < steps; k++) {
      const t = k / steps;
      const [p0, p1, p2, p3] = [at(i - 1), at(i), at(i + 1), at(i + 2)];
      const axis = (j: 0 | 1 | 2): number =>
        0.5 *
        (2 * p1[j] +
          (p2[j] - p0[j]) * t +
          (2 * p0[j] - 5 * p1[j] + 4 * p2[j] - p3[j]) * t * t +
          (3 * p1[j] - p0[j] - 3 * p2[j] + p3[j]) * t ** 3);
      curve.push([axis(0), axis(1), axis(2)]);
    }
  }
  return [...curve, points.at(-1)!];
}

/** Adds a tube along a curve to the coverage; the radius may change along it (0..1). */
export function tube(canvas: Canvas, curve: readonly Point[], radius: number | ((along: number) => number)): void {
  const at = typeof radius === "number" ? () => radius : radius;
  for (let i = 0; i + 1 < curve.length; i++) {
    canvas.capsule(curve[i]!, curve[i + 1]!, at(i / (curve.length - 1)), at((i + 1) / (curve.length - 1)));
  }
}
