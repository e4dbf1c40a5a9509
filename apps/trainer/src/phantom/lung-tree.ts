import type { Anatomy } from "./anatomy.js";
import { type Branch, growTree } from "./branching.js";
import type { Canvas, Point } from "./canvas.js";
import { spline, tube } from "./curves.js";
import { uniform } from "./draw.js";
import type { ScanStyle } from "./style.js";

/** Paints the vessels and airways of both lungs and gives the vessels, which nodules may touch. */
export function paintLungTrees(canvas: Canvas, anatomy: Anatomy, style: ScanStyle, random: () => number): Branch[] {
  const s = anatomy.scale;
  const terminals = placeTerminals(canvas, anatomy, style.vesselSpacingMm3, random);
  const vessels: Branch[] = [];
  const airways: { branches: Branch[]; side: number }[] = [];
  for (const side of [-1, 1]) {
    const here = terminals.filter(([x]) => Math.sign(x) === side);
    const arterial = here.filter(() => random() < 0.58);
    const chosen = new Set(arterial);
    const common = { terminalRadiusMm: style.vesselRadiusMm, stepMm: 5, random };
    const arteries = growTree({
      ...common,
      root: [side * 36 * s, 6 * s, 5 * s],
      direction: [side * 0.9, 0.3, -0.2],
      terminals: arterial,
      maxRadiusMm: 6.5 * s + 1,
    });
    const veins = growTree({
      ...common,
      root: [side * 30 * s, -2 * s, -20 * s],
      direction: [side, 0, 0.1],
      terminals: here.filter((point) => !chosen.has(point)),
      maxRadiusMm: 5.5 * s + 1,
    });
    vessels.push(...arteries, ...veins);
    airways.push({ branches: arteries.filter(({ feeds }) => feeds > Math.max(10, arterial.length / 90)), side });
  }
  // Airways first: where one crosses a vessel, the vessel stays whole.
  paintAirways(canvas, anatomy, airways);
  for (const { curve, from, to } of vessels) tube(canvas, curve, (t) => from + (to - from) * t);
  canvas.fill((before) => Math.max(before, style.bloodHu));
  return vessels;
}

/** One place a cell of a jittered lattice, as far as it is in the lung: even, but not regular. */
function placeTerminals({ grid }: Canvas, anatomy: Anatomy, spacingMm3: number, random: () => number): Point[] {
  const cell = Math.cbrt(spacingMm3);
  const margin = 14;
  const low = grid.startMm.map((start) => start - margin);
  const high = grid.startMm.map((start, axis) => start + grid.shape[axis]! * grid.spacingMm[axis]! + margin);
  const points: Point[] = [];
  for (let z = low[0]!; z < high[0]!; z += cell) {
    for (let y = low[1]!; y < high[1]!; y += cell) {
      for (let x = low[2]!; x < high[2]!; x += cell) {
        const point: Point = [x + cell * random(), y + cell * random(), z + cell * random()];
        if (anatomy.lungDistance(...point) < -3.5) points.push(point);
      }
    }
  }
  return points;
}

const wallOf = (lumen: number): number => 0.45 + 0.16 * lumen;

function paintAirways(canvas: Canvas, anatomy: Anatomy, trees: { branches: Branch[]; side: number }[]): void {
  const s = anatomy.scale;
  const at = (points: [number, number, number][]): Point[] =>
    spline(
      points.map(([x, y, z]) => [x * s, y * s, z * s]),
      6,
    );
  const tubes: { curve: Point[]; from: number; to: number }[] = [
    { curve: at([[0, 6, 170], [1, 8, 100], [2, 12, 22]]), from: 8.5 * s, to: 8.5 * s }, // biome-ignore format: one path
    { curve: at([[2, 12, 24], [-16, 12, 14], [-38, 12, 4]]), from: 7 * s, to: 5.5 * s }, // biome-ignore format: one path
    { curve: at([[2, 12, 24], [20, 14, 12], [40, 14, 4]]), from: 6.5 * s, to: 5 * s }, // biome-ignore format: one path
  ];
  // A bronchus runs beside its artery: shifted by both radii, always to the same side, so that it stays in one piece.
  for (const { branches, side } of trees) {
    for (const { curve, from, to } of branches) {
      const lumen = (r: number): number => Math.min(5 * s, 0.78 * r);
      const shifted = curve.map(([x, y, z], i): Point => {
        const r = from + ((to - from) * i) / (curve.length - 1);
        const by = r + lumen(r) + wallOf(lumen(r)) * 0.6;
        return [x - side * 0.35 * by, y + 0.75 * by, z + 0.56 * by];
      });
      tubes.push({ curve: shifted, from: lumen(from), to: lumen(to) });
    }
  }
  for (const { curve, from, to } of tubes) tube(canvas, curve, (t) => from + (to - from) * t + wallOf(from + (to - from) * t));
  canvas.fill((before) => Math.max(before, 5));
  for (const { curve, from, to } of tubes) tube(canvas, curve, (t) => from + (to - from) * t);
  canvas.fill(-985);
}

/** The thin sheets between the lobes: an oblique one on both sides, a horizontal one on the right. */
export function paintFissures(canvas: Canvas, anatomy: Anatomy, inLung: Float32Array, random: () => number): void {
  const s = anatomy.scale;
  const { grid, values } = canvas;
  const [nz, ny, nx] = grid.shape;
  // Half a millimeter of tissue in a voxel of edgeMm; the sheet is about a voxel wide.
  const strength = Math.min(1, uniform(0.25, 0.55, random) / canvas.edgeMm);
  const rise = [uniform(0.85, 1.1, random), uniform(0.9, 1.2, random)] as const;
  const offset = [uniform(-14, 4, random) * s, uniform(-8, 8, random) * s] as const;
  const middle = uniform(-8, 12, random) * s;
  let i = 0;
  for (let iz = 0; iz < nz; iz++) {
    const z = grid.startMm[0] + iz * grid.spacingMm[0];
    for (let iy = 0; iy < ny; iy++) {
      const y = grid.startMm[1] + iy * grid.spacingMm[1];
      for (let ix = 0; ix < nx; ix++, i++) {
        if (inLung[i]! <= 0) continue;
        const x = grid.startMm[2] + ix * grid.spacingMm[2];
        const k = x < 0 ? 0 : 1;
        // Gently curved, so that a slice does not show a ruler's line.
        const bow = (x * x) / (380 * s);
        const oblique = (z - rise[k] * y - offset[k] + bow) / Math.hypot(1, rise[k]);
        let gap = Math.abs(oblique);
        if (k === 0 && oblique > 0) gap = Math.min(gap, Math.abs(z - middle + (y * y) / (260 * s) - 0.12 * x));
        const c = 1 - gap / (canvas.edgeMm * 0.9);
        if (c > 0) values[i] = values[i]! + c * strength * inLung[i]! * (-10 - values[i]!);
      }
    }
  }
}
