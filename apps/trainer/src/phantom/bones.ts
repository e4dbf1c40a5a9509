import type { Anatomy } from "./anatomy.js";
import type { Canvas, Point } from "./canvas.js";
import { spline, tube } from "./curves.js";
import { uniform } from "./draw.js";

const cortex = 620;
const marrow = 190;
const cartilage = 95;

/** Paints spine, ribs with their cartilage, breast bone, collar bones and shoulder blades. */
export function paintBones(canvas: Canvas, anatomy: Anatomy, random: () => number): void {
  const s = anatomy.scale;
  const shell = Math.max(1.1, 1.8 * s);
  paintSpine(canvas, s, shell, random);
  paintRibs(canvas, anatomy, shell, random);
  paintSternum(canvas, anatomy, shell);
  paintShoulders(canvas, anatomy, shell, random);
}

function paintSpine(canvas: Canvas, s: number, shell: number, random: () => number): void {
  const pitch = 24 * s;
  const first = canvas.grid.startMm[0] - pitch;
  const last = canvas.grid.startMm[0] + canvas.grid.shape[0] * canvas.grid.spacingMm[0] + pitch;
  const shift = random() * pitch;
  const y = 56 * s;
  for (let z = Math.floor(first / pitch) * pitch + shift; z < last; z += pitch) {
    const body = (grow: number) => (px: number, py: number, pz: number) => {
      // Waisted in the middle, flat at the end plates.
      const waist = 1 - 0.1 * (1 - ((pz - z) / (pitch / 2)) ** 2);
      const across = (Math.hypot(px / (17 * s), (py - y) / (14.5 * s)) - waist) * 15 * s;
      return Math.max(across, Math.abs(pz - z) - (pitch / 2 - 2.2 * s)) - grow;
    };
    canvas.shape([0, y, z], 30 * s, body(0));
    canvas.fill(cortex * 0.75);
    canvas.shape([0, y, z], 30 * s, body(-shell));
    canvas.fill(marrow + 20);
    const arch: Point[] = [];
    for (let a = 0; a <= 8; a++) arch.push([13 * s * Math.cos((a / 8) * Math.PI), 70 * s + 17 * s * Math.sin((a / 8) * Math.PI), z]);
    tube(canvas, arch, 4 * s);
    tube(canvas, [[0, 86 * s, z], [0, 112 * s, z - 14 * s]], (t) => (4.5 - 1.5 * t) * s); // biome-ignore format: one path
    for (const side of [-1, 1]) tube(canvas, [[side * 12 * s, 74 * s, z + 2 * s], [side * 36 * s, 90 * s, z + 5 * s]], 4 * s); // biome-ignore format: one path
    canvas.fill(cortex * 0.7);
  }
  // The disks between the vertebrae and the canal behind them.
  const top: Point = [0, 70 * s, last];
  tube(canvas, [[0, 71 * s, first], top], 7.5 * s);
  canvas.fill(25);
  tube(canvas, [[0, y, first], [0, y, last]], 13 * s); // biome-ignore format: one path
  canvas.fill((before) => Math.max(before, 70));
}

function paintRibs(canvas: Canvas, anatomy: Anatomy, shell: number, random: () => number): void {
  const s = anatomy.scale;
  const ribs = 12;
  for (const side of [-1, 1]) {
    for (let rib = 0; rib < ribs; rib++) {
      // Each rib leaves the spine high and comes down to the front; the lower ones more steeply.
      const back = (150 - rib * 23 + uniform(-2, 2, random)) * s;
      const drop = (48 + 8 * rib) * s;
      const bone: Point[] = [];
      const gristle: Point[] = [];
      for (let k = 0; k <= 40; k++) {
        const t = k / 40;
        const angle = Math.PI * (0.5 + t);
        const z = back - drop * t ** 0.9;
        const cage = anatomy.cage(z);
        const out = 6.5 * s;
        const c = Math.cos(angle);
        const n = Math.sin(angle);
        // The boundary of the squarish ellipse in this direction.
        const r2 = Math.hypot(c, n);
        const norm = 0.62 * r2 + 0.38 * Math.sqrt(Math.sqrt(c ** 4 + n ** 4));
        const point: Point = [(-side * c * (cage.width + out)) / norm, cage.y + (n * (cage.depth + out)) / norm, z];
        if (Math.abs(point[0]) < 14 * s) continue;
        (t < 0.78 || rib === 0 ? bone : gristle).push(point);
      }
      const height = rib < 2 ? 0.85 : 1;
      paintRib(canvas, bone, 5.4 * s * height, shell);
      if (rib < 10 && bone.length && gristle.length) {
        tube(canvas, [bone.at(-1)!, ...gristle], 4.6 * s);
        canvas.fill(cartilage);
      }
    }
  }
}

/** A rib is a flat tube: two thin tubes over each other, with marrow inside. */
function paintRib(canvas: Canvas, curve: readonly Point[], height: number, shell: number): void {
  const shifted = (by: number): Point[] => curve.map(([x, y, z]) => [x, y, z + by]);
  const radius = height * 0.68;
  tube(canvas, shifted(height * 0.4), radius);
  tube(canvas, shifted(-height * 0.4), radius);
  canvas.fill((before) => Math.max(before, cortex));
  if (radius - shell < 0.4) return;
  tube(canvas, shifted(height * 0.35), radius - shell);
  tube(canvas, shifted(-height * 0.35), radius - shell);
  canvas.fill(marrow);
}

function paintSternum(canvas: Canvas, anatomy: Anatomy, shell: number): void {
  const s = anatomy.scale;
  const front = (z: number): number => {
    const cage = anatomy.cage(z);
    return cage.y - cage.depth - 7 * s;
  };
  const plate = (grow: number, hu: number): void => {
    for (let z = -70 * s; z < 85 * s; z += 5 * s) {
      const half = (z > 50 * s ? 20 : 13) * s;
      canvas.capsule([-half, front(z), z], [half, front(z), z], 5 * s + grow, 5 * s + grow);
    }
    canvas.fill(hu);
  };
  plate(0, cortex * 0.7);
  plate(-shell, marrow - 40);
}

function paintShoulders(canvas: Canvas, anatomy: Anatomy, shell: number, random: () => number): void {
  const s = anatomy.scale;
  for (const side of [-1, 1]) {
    const blade: Point[][] = [];
    for (let z = 20; z <= 130; z += 4) {
      const spread = (130 - z) / 110;
      const near: Point = [side * (62 + 6 * spread) * s, (102 - 6 * spread) * s, z * s];
      const far: Point = [side * (132 - 44 * spread) * s, (62 + 34 * spread) * s, z * s];
      blade.push([near, [side * 100 * s, (98 - 4 * spread) * s, z * s], far]);
    }
    for (const row of blade) tube(canvas, spline(row, 3), 2.2 * s);
    canvas.fill(cortex * 0.8);
    const collar = spline([[side * 16 * s, -62 * s, 92 * s], [side * 60 * s, -74 * s, 112 * s], [side * 120 * s, -30 * s, 140 * s]], 6); // biome-ignore format: one path
    tube(canvas, collar, uniform(6, 7, random) * s);
    canvas.fill(cortex);
    tube(canvas, collar, Math.max(0.5, 6 * s - shell));
    canvas.fill(marrow);
  }
}
