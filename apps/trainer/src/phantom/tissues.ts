import { type Anatomy, emptyDistances, smoothstep } from "./anatomy.js";
import type { Canvas } from "./canvas.js";
import { createSmoothNoise } from "./smooth-noise.js";
import type { ScanStyle } from "./style.js";

const air = -1000;
const skin = 15;
const fat = -105;
const muscle = 52;

const edge = (distance: number, width: number): number => {
  const c = 0.5 - distance / width;
  return c < 0 ? 0 : Math.min(c, 1);
};

/** Paints what fills space: air, skin, fat and muscle of the wall, fat of the mediastinum, abdomen, aerated lung. Sets `inLung` to the share of lung, 0..1. */
export function paintTissues(canvas: Canvas, anatomy: Anatomy, style: ScanStyle, random: () => number): Float32Array {
  const { grid, values, edgeMm } = canvas;
  const [nz, ny, nx] = grid.shape;
  const inLung = new Float32Array(values.length);
  const coarse = createSmoothNoise(22, random);
  const lobules = createSmoothNoise(4.5, random);
  const planes = createSmoothNoise(13, random);
  const blebs = createSmoothNoise(8, random);
  const out = emptyDistances();
  // Fat lies between the muscles in sheets along the wall, so the noise that places it is stretched along the wall.
  const wallTissue = (depthMm: number, beyondCage: number, x: number, y: number, z: number): number => {
    if (depthMm < 1.6) return skin;
    if (depthMm < style.fatMm * (0.75 + 0.25 * planes(x * 0.4, y * 0.4, z * 0.3)) + 1.6) return fat;
    if (beyondCage < 1.5) return fat + 40;
    const sheet = planes(x * 0.6 + beyondCage, y * 0.6 - beyondCage, z * 0.4 + 3 * beyondCage);
    return muscle + (fat - muscle) * edge(0.95 - sheet, 0.5);
  };
  const abdomen = (x: number, y: number, z: number): number => {
    // The liver fills the right and reaches over the middle; on the left are spleen and stomach with fat between them.
    const left = smoothstep(5, 30, x);
    const gap = planes(x * 0.35, y * 0.35 + 100, z * 0.35);
    const organ = 56 - 12 * left;
    return organ + (fat - organ) * edge(2.3 - 1.2 * left - gap, 0.3);
  };
  const lungTissue = (x: number, y: number, z: number): number => {
    let hu =
      style.lungHu + (style.gravityHu * y) / (180 * anatomy.scale) + style.textureHu * (0.8 * lobules(x, y, z) + 0.55 * coarse(x, y, z));
    // Dependent opacity: the thin dense rim that gravity leaves at the back.
    if (out.lung > -7 && y > 0) hu += ((7 + out.lung) / 7) * style.gravityHu * 0.9 * Math.min(1, y / (60 * anatomy.scale));
    if (style.emphysema > 0.01) {
      const hole = edge(2.1 - style.emphysema * 9 - blebs(x, y, z), 0.4);
      hu += hole * (-955 - hu) * 0.75;
    }
    return hu;
  };
  let i = 0;
  for (let iz = 0; iz < nz; iz++) {
    const z = grid.startMm[0] + iz * grid.spacingMm[0];
    const at = anatomy.slice(z);
    for (let iy = 0; iy < ny; iy++) {
      const y = grid.startMm[1] + iy * grid.spacingMm[1];
      for (let ix = 0; ix < nx; ix++, i++) {
        const x = grid.startMm[2] + ix * grid.spacingMm[2];
        at(x, y, out);
        const lung = edge(out.lung, edgeMm);
        let hu = 0;
        if (lung < 1) {
          if (out.torso > 0) hu = air;
          else if (out.cage > 0) hu = wallTissue(-out.torso, out.cage, x, y, z);
          else if (out.abdomen > 0) hu = abdomen(x, y, z);
          // The pleura and the muscle under it are soft tissue, whatever lies deeper.
          else if (out.lung < 1.2) hu = 20;
          else hu = -88 + 14 * planes(x, y, z);
          if (out.torso <= 0) hu = air + (hu - air) * edge(out.torso + 0.5 * edgeMm, edgeMm);
        }
        if (lung > 0) {
          inLung[i] = lung;
          hu = hu * (1 - lung) + lung * lungTissue(x, y, z);
        }
        values[i] = hu;
      }
    }
  }
  return inLung;
}
