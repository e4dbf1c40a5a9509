import type { Anatomy } from "./anatomy.js";
import type { Canvas, Point } from "./canvas.js";
import { spline, tube } from "./curves.js";
import { integer, uniform } from "./draw.js";
import type { ScanStyle } from "./style.js";

/** Paints heart, great vessels, esophagus and lymph nodes into the fat of the mediastinum. Positions are an adult's, in mm. */
export function paintOrgans(canvas: Canvas, anatomy: Anatomy, style: ScanStyle, random: () => number): void {
  const s = anatomy.scale;
  const blood = style.bloodHu;
  const place = (x: number, y: number, z: number): Point => [x * s, y * s, z * s];
  const path = (points: [number, number, number][]): Point[] =>
    spline(
      points.map(([x, y, z]) => place(x, y, z)),
      6,
    );
  const { heart } = anatomy;

  // The heart proper is smaller than its outline, which holds fat too.
  const rim = 5 * s;
  const ellipsoid = (x: number, y: number, z: number, rx: number, ry: number, rz: number) => (px: number, py: number, pz: number) =>
    (Math.hypot((px - x) / rx, (py - y) / ry, (pz - z) / rz) - 1) * Math.min(rx, ry, rz);
  const reach = Math.max(heart.rx, heart.ry, heart.rz);
  const turnX = Math.cos(heart.turn);
  const turnY = -Math.sin(heart.turn);
  const muscle = ellipsoid(0, 0, 0, heart.rx - rim, heart.ry - rim, heart.rz - rim);
  canvas.shape([heart.x, heart.y, heart.z], reach, (px, py, pz) => {
    const hx = px - heart.x;
    const hy = py - heart.y;
    return muscle(hx * turnX + hy * turnY, hy * turnX - hx * turnY, pz - heart.z);
  });
  canvas.shape(place(0, 8, -22), 40 * s, ellipsoid(0, 8 * s, -22 * s, 32 * s, 20 * s, 24 * s));
  canvas.fill(blood + 2);

  const aorta = uniform(13, 16, random) * s;
  tube(canvas, path([[6, -28, -25], [-10, -34, 10], [-8, -30, 38], [4, -14, 56], [18, 12, 58], [24, 32, 42], [23, 38, 0], [20, 40, -60], [12, 42, -140], [8, 42, -180]]), (t) => aorta * (1 - 0.25 * t)); // biome-ignore format: one path
  tube(
    canvas,
    path([
      [12, -46, -20],
      [18, -36, 6],
      [16, -20, 14],
    ]),
    13 * s,
  );
  tube(
    canvas,
    path([
      [16, -20, 14],
      [-6, -6, 8],
      [-40, 2, 4],
    ]),
    10.5 * s,
  );
  tube(
    canvas,
    path([
      [16, -20, 14],
      [30, -2, 16],
      [42, 8, 8],
    ]),
    10 * s,
  );
  tube(
    canvas,
    path([
      [-28, -22, -20],
      [-27, -20, 20],
      [-24, -22, 60],
      [-20, -20, 100],
    ]),
    9 * s,
  );
  tube(
    canvas,
    path([
      [-24, -24, 62],
      [4, -36, 66],
      [26, -26, 78],
    ]),
    6 * s,
  );
  tube(
    canvas,
    path([
      [2, -16, 58],
      [-6, -14, 80],
      [-18, -8, 120],
    ]),
    5.5 * s,
  );
  tube(
    canvas,
    path([
      [14, 0, 60],
      [18, 2, 90],
      [22, 4, 130],
    ]),
    4.5 * s,
  );
  tube(
    canvas,
    path([
      [20, 18, 60],
      [24, 22, 90],
      [40, 14, 120],
    ]),
    5 * s,
  );
  tube(
    canvas,
    path([
      [-30, -2, -150],
      [-28, -4, -90],
      [-26, -6, -50],
    ]),
    11 * s,
  );
  canvas.fill((before) => Math.max(before, blood));

  for (let i = integer(3, 7, random); i > 0; i--) {
    const node: Point = place(uniform(-24, 24, random), uniform(-30, 18, random), uniform(0, 60, random));
    const r = uniform(2, 4.5, random) * s;
    canvas.shape(node, 2 * r, ellipsoid(node[0], node[1], node[2], r, r * 0.8, r * 1.4));
  }
  canvas.fill((before) => Math.max(before, 38));

  const gullet = path([[4, 22, 130], [5, 24, 60], [3, 26, 0], [6, 28, -60], [14, 20, -110]]); // biome-ignore format: one path
  tube(canvas, gullet, 7 * s);
  canvas.fill(32);
  if (random() < 0.6) {
    tube(canvas, gullet, (t) => Math.max(0.3, 2.4 * s * Math.sin(9 * t + 1)));
    canvas.fill(-700);
  }
}
