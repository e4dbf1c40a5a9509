import type { Volume } from "@gleaner/volumes";
import type { Point, Triple } from "../canvas.js";
import { distanceBetween } from "../curves.js";
import { blur } from "../scanner.js";
import type { Attachment } from "../types.js";
import type { Taken } from "./types.js";

/** What is around a place, as shares of the voxels within a radius and within 3 mm more. */
interface Surroundings {
  /** Within the radius: outside of the lungs, vessels, air of airways. */
  outside: number;
  vessel: number;
  air: number;
  /** In the shell around it. */
  shellOutside: number;
  shellVessel: number;
  shellAir: number;
  /** Mean HU of what lies outside of the lungs within radius and shell. */
  wallHu: number;
}

const tries = 600;
/** Between nodules, and from the block's border. */
const apartMm = 6;
const borderMm = 3;

/** Neither in an airway nor at its wall, which the mask of the lungs holds too. */
const noAirway = ({ air, shellAir }: Surroundings): boolean => air <= 0.3 && shellAir <= 0.12;

/**
 * What each kind of place is like: no nodule lies over a vessel or an airway, and only one at the pleura touches the wall,
 * beside which blurred voxels of it are as dense as vessels.
 */
const rules: Record<Attachment, (s: Surroundings) => boolean> = {
  isolated: (s) => s.outside === 0 && s.shellOutside === 0 && s.vessel <= 0.06 && s.shellVessel <= 0.1,
  vessel: (s) =>
    s.outside === 0 && s.shellOutside <= 0.05 && s.vessel >= 0.03 && s.vessel <= 0.22 && s.shellVessel >= 0.04 && s.shellVessel <= 0.3,
  pleura: (s) => s.outside >= 0.06 && s.outside <= 0.4 && s.vessel <= 0.3 && s.wallHu > -180 && s.wallHu < 250,
};

/** Finds places for nodules in the lungs of a block, in mm from its first voxel. */
export interface Places {
  find(attachment: Attachment, radius: number): Point | undefined;
  keep(taken: Taken): void;
}

export function createPlaces(
  block: Volume<Int16Array>,
  lungs: Uint8Array,
  lungHu: number,
  taken: readonly Taken[],
  random: () => number,
): Places {
  const { shape, spacingMm } = block;
  const [, ny, nx] = shape;
  const calm = blur(Float32Array.from(block.data), shape, [0.7, 0.7, 0.7]);
  const vesselHu = lungHu + 250;
  const airHu = (lungHu - 1000) / 2;
  const kept = [...taken];
  const inLung: number[] = [];
  for (let i = 0; i < lungs.length; i++) if (lungs[i]) inLung.push(i);
  const extent = shape.map((n, axis) => (n - 1) * spacingMm[axis]!) as Triple;

  const fits = (point: Point, radius: number): boolean =>
    [point[2], point[1], point[0]].every((mm, axis) => mm > radius + borderMm && extent[axis]! - mm > radius + borderMm) &&
    kept.every((other) => distanceBetween(other.center, point) > other.radius + radius + apartMm);

  const lungAt = (x: number, y: number, z: number): boolean =>
    lungs[(Math.round(z / spacingMm[0]) * ny + Math.round(y / spacingMm[1])) * nx + Math.round(x / spacingMm[2])] === 1;
  /** A few probes of the surface tell most wrong places before all voxels are looked at. */
  const mayBe = (attachment: Attachment, [x, y, z]: Point, r: number): boolean => {
    const d = 0.7 * r;
    const inside = [
      lungAt(x - r, y, z),
      lungAt(x + r, y, z),
      lungAt(x, y - r, z),
      lungAt(x, y + r, z),
      lungAt(x, y, z - r),
      lungAt(x, y, z + r),
    ];
    if (attachment !== "pleura") return inside.every(Boolean);
    return (
      !inside.every(Boolean) || !lungAt(x - d, y - d, z) || !lungAt(x + d, y - d, z) || !lungAt(x - d, y + d, z) || !lungAt(x + d, y + d, z)
    );
  };

  const look = (point: Point, radius: number): Surroundings => {
    const far = radius + 3;
    const [z0, z1, y0, y1, x0, x1] = [point[2], point[1], point[0]].flatMap((mm, axis) => [
      Math.max(0, Math.ceil((mm - far) / spacingMm[axis]!)),
      Math.min(shape[axis]! - 1, Math.floor((mm + far) / spacingMm[axis]!)),
    ]) as [number, number, number, number, number, number];
    const inner = { n: 0, outside: 0, vessel: 0, air: 0 };
    const shell = { n: 0, outside: 0, vessel: 0, air: 0 };
    let wall = 0;
    for (let z = z0; z <= z1; z++) {
      for (let y = y0; y <= y1; y++) {
        for (let x = x0; x <= x1; x++) {
          const mm = Math.hypot(x * spacingMm[2] - point[0], y * spacingMm[1] - point[1], z * spacingMm[0] - point[2]);
          if (mm > far) continue;
          const i = (z * ny + y) * nx + x;
          const part = mm <= radius ? inner : shell;
          part.n++;
          if (!lungs[i]) {
            part.outside++;
            wall += calm[i]!;
          } else if (calm[i]! > vesselHu) part.vessel++;
          else if (calm[i]! < airHu) part.air++;
        }
      }
    }
    const n = Math.max(1, inner.n);
    const m = Math.max(1, shell.n);
    return {
      outside: inner.outside / n,
      vessel: inner.vessel / n,
      air: inner.air / n,
      shellOutside: shell.outside / m,
      shellVessel: shell.vessel / m,
      shellAir: shell.air / m,
      wallHu: wall / Math.max(1, inner.outside + shell.outside),
    };
  };

  return {
    find(attachment, radius) {
      if (inLung.length === 0) return undefined;
      for (let t = 0; t < tries; t++) {
        const i = inLung[Math.floor(random() * inLung.length)]!;
        const at: Triple = [Math.floor(i / (ny * nx)), Math.floor(i / nx) % ny, i % nx];
        const [z, y, x] = at.map((v, axis) => (v + random() - 0.5) * spacingMm[axis]!) as Triple;
        const point: Point = [x, y, z];
        if (!fits(point, radius) || !mayBe(attachment, point, radius)) continue;
        const around = look(point, radius);
        if (noAirway(around) && rules[attachment](around)) return point;
      }
      return undefined;
    },
    keep: (place) => void kept.push(place),
  };
}
