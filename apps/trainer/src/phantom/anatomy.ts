import { uniform } from "./draw.js";
import { createSmoothNoise } from "./smooth-noise.js";

/** Signed distances in mm at one place, negative inside. */
interface Distances {
  lung: number;
  cage: number;
  torso: number;
  mediastinum: number;
  /** Positive below the diaphragm. */
  abdomen: number;
}

/** The shape of one patient's chest, as implicit surfaces. Lengths of the constants below are of an adult; `scale` shrinks them to what the scan shows. */
export interface Anatomy {
  scale: number;
  /** An ellipsoid; its long axis is turned by `turn` from the left to the front. */
  heart: { x: number; y: number; z: number; rx: number; ry: number; rz: number; turn: number };
  /** Sets `out` to the distances at (x, y) in the slice at z. */
  slice(z: number): (x: number, y: number, out: Distances) => void;
  /** Signed distance to the lungs at a point. */
  lungDistance(x: number, y: number, z: number): number;
  /** Half width, half depth and center in y of the rib cage's inside at a height. */
  cage(z: number): { width: number; depth: number; y: number };
}

const clamp01 = (v: number): number => (v < 0 ? 0 : Math.min(v, 1));
export const smoothstep = (low: number, high: number, v: number): number => {
  const t = clamp01((v - low) / (high - low));
  return t * t * (3 - 2 * t);
};

/** The smaller of two distances, rounded where they meet within k (polynomial smooth minimum). */
const smoothMin = (a: number, b: number, k: number): number => {
  const h = k - Math.abs(a - b);
  return h > 0 ? Math.min(a, b) - (h * h) / (4 * k) : Math.min(a, b);
};

/** A norm between the Euclidean one and a box: chests are flatter than ellipses. */
const squarish = (x: number, y: number): number => {
  const x2 = x * x;
  const y2 = y * y;
  return 0.62 * Math.sqrt(x2 + y2) + 0.38 * Math.sqrt(Math.sqrt(x2 * x2 + y2 * y2));
};

/** Distance along the ray from the center of a squarish ellipse. */
const squarishDistance = (dx: number, dy: number, width: number, depth: number): number => {
  const norm = squarish(dx / width, dy / depth);
  return norm < 1e-6 ? -Math.min(width, depth) : Math.sqrt(dx * dx + dy * dy) * (1 - 1 / norm);
};

const ellipseDistance = (dx: number, dy: number, rx: number, ry: number): number =>
  (Math.sqrt((dx * dx) / (rx * rx) + (dy * dy) / (ry * ry)) - 1) * Math.min(rx, ry);

export const emptyDistances = (): Distances => ({ lung: 0, cage: 0, torso: 0, mediastinum: 0, abdomen: 0 });

/** Draws a chest whose lengths are `scale` times those of an adult's. */
export function createAnatomy(scale: number, fatMm: number, random: () => number): Anatomy {
  const vary = (value: number, by: number): number => value * uniform(1 - by, 1 + by, random);
  const width = vary(130, 0.06);
  const depth = vary(92, 0.08);
  const apex = vary(155, 0.05);
  const heart = {
    x: vary(19, 0.25),
    y: vary(-32, 0.1),
    z: vary(-56, 0.1),
    rx: vary(64, 0.1),
    ry: vary(47, 0.08),
    rz: vary(58, 0.1),
    turn: uniform(0.45, 0.8, random),
  };
  const turnX = Math.cos(heart.turn);
  const turnY = -Math.sin(heart.turn);
  const domes = {
    right: { x: -62, y: uniform(-24, -8, random), top: uniform(-72, -54, random) },
    left: { x: 66, y: uniform(-26, -10, random), top: uniform(-86, -68, random) },
  };
  const column = vary(33, 0.1);
  const tilt = uniform(-0.04, 0.04, random);
  // Towards the middle a dome stays high and carries the heart; it falls off to the sides and most to the back.
  const belowDome = (dome: { x: number; y: number; top: number }, x: number, y: number, z: number): number => {
    const across = (x - dome.x) / (dome.x < 0 === x > dome.x ? 130 : 72);
    const along = (y - dome.y) / (y > dome.y ? 92 : 120);
    return (dome.top - 52 * (across * across + along * along) - z) * 0.8;
  };
  const bumps = createSmoothNoise(26, random);
  const ripples = createSmoothNoise(9, random);
  const wall = 22 + fatMm / scale;

  const cageAt = (z: number): { width: number; depth: number; y: number } => {
    const up = clamp01((z + 25) / (apex + 25));
    return {
      width: width * Math.sqrt(Math.max(0.0004, 1 - up ** 3)) * (1 - 0.04 * clamp01((-z - 25) / 100)),
      depth: depth * (1 - 0.42 * up * up) * Math.sqrt(Math.max(0.0004, 1 - up ** 9)),
      y: 22 * up * up,
    };
  };

  const slice: Anatomy["slice"] = (zMm) => {
    const z = zMm / scale;
    const cage = cageAt(z);
    const shoulders = smoothstep(30, 150, z);
    const torsoWidth = width + wall + 42 * shoulders;
    const torsoDepth = depth + wall * 0.9 - 14 * shoulders;
    const heartAcross = Math.sqrt(Math.max(0, 1 - ((z - heart.z) / heart.rz) ** 2));
    const columnHere = column * (1 - 0.3 * smoothstep(55, 130, z));
    const columnFade = 60 * smoothstep(-20, -60, z);
    const hilum = Math.sqrt(Math.max(0, 1 - ((z - 2) / 24) ** 2)) * 17;
    const aortaFade = 40 * smoothstep(40, 55, z);
    return (xMm, yMm, out) => {
      const x = xMm / scale - tilt * z;
      const y = yMm / scale;
      const toCage = squarishDistance(x, y - cage.y, cage.width, cage.depth);
      const toTorso = squarishDistance(x, y - 6, torsoWidth, torsoDepth);
      // The septum between the lungs, thin in front, as wide as the spine behind.
      const septum = Math.abs(x) - (6 + 15 * smoothstep(28, 44, y) + 6 * smoothstep(62, 95, y));
      let inner = smoothMin(septum, ellipseDistance(x - 2, y + 12, columnHere, 40) + columnFade, 10);
      if (heartAcross > 0.02) {
        const hx = x - heart.x;
        const hy = y - heart.y;
        const across = ellipseDistance(hx * turnX + hy * turnY, hy * turnX - hx * turnY, heart.rx * heartAcross, heart.ry * heartAcross);
        inner = smoothMin(inner, across, 9);
      }
      inner = smoothMin(inner, ellipseDistance(x - 21, y - 34, 15, 15) + aortaFade, 7);
      if (hilum > 1) inner = smoothMin(inner, Math.min(Math.hypot(x + 36, y - 4), Math.hypot(x - 38, y - 6)) - hilum, 10);
      const below = -smoothMin(-belowDome(domes.right, x, y, z), -belowDome(domes.left, x, y, z), 10);
      let lung = -smoothMin(smoothMin(-toCage, inner, 8), -below, 5);
      const near = 1 - Math.abs(lung) / 14;
      if (near > 0) lung += near * (1.5 * bumps(x, y, z) + 0.5 * ripples(x, y, z));
      out.lung = lung * scale;
      out.cage = toCage * scale;
      out.torso = toTorso * scale;
      out.mediastinum = inner * scale;
      out.abdomen = below * scale;
    };
  };

  const probe = emptyDistances();
  return {
    scale,
    heart: {
      x: heart.x * scale,
      y: heart.y * scale,
      z: heart.z * scale,
      rx: heart.rx * scale,
      ry: heart.ry * scale,
      rz: heart.rz * scale,
      turn: heart.turn,
    },
    slice,
    lungDistance(x, y, z) {
      slice(z)(x, y, probe);
      return probe.lung;
    },
    cage(z) {
      const cage = cageAt(z / scale);
      return { width: cage.width * scale, depth: cage.depth * scale, y: cage.y * scale };
    },
  };
}
