import { cropVolume, type Region, type Volume, voxelToWorld, worldToVoxel } from "@gleaner/volumes";
import type { Point, Triple } from "../canvas.js";
import { chance, integer, weighted } from "../draw.js";
import { attachments, drawDiameter, margins, noduleKinds } from "../nodules.js";
import { addNodule } from "./add.js";
import { findingsIn } from "./blocks.js";
import { lungNoise } from "./noise.js";
import { createPlaces } from "./places.js";
import { renderNodule } from "./render.js";
import { drawAfter, drawNodule, isSmoothOnly } from "./shapes.js";
import type { Template } from "./template.js";
import type { InsertedBlock, InsertedNodule, RealScan, Taken } from "./types.js";

/** What nodules are drawn after. */
export interface InsertOptions {
  /** A real nodule that some of the solid ones are drawn after, and the symmetries that it may be turned by. */
  template?: Template;
  turns?: readonly number[];
}

const largestMm = 16;
const templateShare = 0.3;

/** Cuts a block out of a scan and inserts 1 to 4 nodules of 4 to 16 mm where its lung has room. */
export function insertNodules(scan: RealScan, region: Region, options: InsertOptions, random: () => number): InsertedBlock {
  const volume = cropVolume(scan.volume, region);
  const lungs = cropVolume(scan.lungs, region);
  const real = findingsIn(scan, scan.findings, region);
  const excluded = findingsIn(scan, scan.excluded, region);
  const allowed = withBorder(lungs);
  const taken: Taken[] = [...real, ...excluded].map(({ x, y, z, diameterMm }) => {
    const [vz, vy, vx] = worldToVoxel(volume, [x, y, z]);
    return { center: [vx * volume.spacingMm[2], vy * volume.spacingMm[1], vz * volume.spacingMm[0]], radius: Math.max(3, diameterMm / 2) };
  });
  const places = createPlaces(volume, lungs.data, scan.lungHu, taken, random);
  // What the scan cannot resolve is no nodule to anyone: nothing is smaller than the point spread's full width at half maximum.
  const smallestMm = Math.max(4, 2.355 * Math.max(...scan.spreadMm));
  const nodules: InsertedNodule[] = [];
  for (let i = integer(1, 4, random); i > 0; i--) {
    const kind = weighted(noduleKinds, random);
    const diameterMm = drawDiameter(kind === "solid" ? smallestMm : Math.max(6, smallestMm), largestMm, random);
    const margin = isSmoothOnly(kind, diameterMm) ? "smooth" : weighted(margins, random);
    const { template, turns } = options;
    const after = template && turns?.length && kind === "solid" && diameterMm >= 6 && chance(templateShare, random) ? template : undefined;
    const radius = diameterMm / 2;
    const wanted = weighted(attachments, random);
    for (const attachment of [wanted, "isolated", "vessel", "pleura"] as const) {
      const center = places.find(attachment, radius);
      if (!center) continue;
      places.keep({ center, radius });
      const shape = after
        ? drawAfter(after, { radius, center, symmetry: turns![Math.floor(random() * turns!.length)]! }, random)
        : drawNodule({ kind, margin, radius, center, lungHu: scan.lungHu }, random);
      const rendered = renderNodule(volume, allowed, shape, center, scan.spreadMm);
      addNodule(volume, shape, rendered, localNoise(volume, lungs, center) ?? scan.noiseHu);
      nodules.push({
        ...worldOf(volume, rendered.center),
        diameterMm: Math.cbrt((6 * rendered.volumeMm3) / Math.PI),
        kind,
        attachment,
        margin: after ? "template" : margin,
        hu: shape.hu,
      });
      break;
    }
  }
  return { volume, region, nodules, real, excluded };
}

/** The noise of the lung within 15 mm of a place. */
function localNoise(volume: Volume<Int16Array>, lungs: Volume<Uint8Array>, center: Point): number | undefined {
  const places = [center[2], center[1], center[0]].map((mm, axis) => mm / volume.spacingMm[axis]!);
  const reach = volume.spacingMm.map((mm) => Math.ceil(15 / mm));
  const start = places.map((v, axis) => Math.round(v) - reach[axis]!) as Triple;
  return lungNoise(volume, lungs, { start, shape: reach.map((n) => 2 * n + 1) as Triple }, 2);
}

/** The lungs and the voxels that touch them, which are partly lung. */
function withBorder({ data, shape: [nz, ny, nx] }: Volume<Uint8Array>): Uint8Array {
  const out = data.slice();
  let i = 0;
  for (let z = 0; z < nz; z++) {
    for (let y = 0; y < ny; y++) {
      for (let x = 0; x < nx; x++, i++) {
        if (data[i]) continue;
        if (
          (x > 0 && data[i - 1]) ||
          (x < nx - 1 && data[i + 1]) ||
          (y > 0 && data[i - nx]) ||
          (y < ny - 1 && data[i + nx]) ||
          (z > 0 && data[i - nx * ny]) ||
          (z < nz - 1 && data[i + nx * ny])
        )
          out[i] = 1;
      }
    }
  }
  return out;
}

function worldOf(volume: Volume, [x, y, z]: Point): { x: number; y: number; z: number } {
  const [wx, wy, wz] = voxelToWorld(volume, [z / volume.spacingMm[0], y / volume.spacingMm[1], x / volume.spacingMm[2]]);
  return { x: wx, y: wy, z: wz };
}
