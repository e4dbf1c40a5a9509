import type { Region } from "@gleaner/volumes";
import { worldToVoxel } from "@gleaner/volumes";
import type { Triple } from "../canvas.js";
import type { RealFinding, RealScan } from "./types.js";

/** Of this many places the one farthest from the earlier blocks is taken. */
const candidates = 60;
/** A block has at least this share of lung. */
const leastLung = 0.25;
const tries = 4000;
/** Lung is counted on every fourth voxel along each axis. */
const stride = 4;

/**
 * Draws places of blocks in a scan, each far from those before it (Mitchell's best candidate), all with enough lung; no block cuts through a real nodule.
 *
 * More of them go on with the same ones. Where the scan is thinner than a block, the block is as thin. Gives fewer, or none, where the scan has no such
 * places.
 */
export function drawBlocks(scan: RealScan, size: Triple, count: number, random: () => number): Region[] {
  const { shape } = scan.volume;
  const fitting = size.map((n, axis) => Math.min(n, shape[axis]!)) as Triple;
  const blocks: Region[] = [];
  for (let b = 0; b < count; b++) {
    let best: { start: Triple; distance: number } | undefined;
    let found = 0;
    for (let t = 0; t < tries && found < candidates; t++) {
      const start = fitting.map((n, axis) => Math.floor(random() * (shape[axis]! - n + 1))) as Triple;
      const region = { start, shape: fitting };
      if (lungShare(scan, region) < leastLung || scan.findings.some((finding) => isCut(scan, finding, region))) continue;
      found++;
      const distance = Math.min(...blocks.map((other) => Math.hypot(...other.start.map((s, axis) => s - start[axis]!))));
      if (!best || distance > best.distance) best = { start, distance };
    }
    if (!best) break;
    blocks.push({ start: best.start, shape: [...fitting] });
  }
  return blocks;
}

function lungShare({ lungs: { data, shape } }: RealScan, region: Region): number {
  let [inside, n] = [0, 0];
  for (let z = 0; z < region.shape[0]; z += stride) {
    for (let y = 0; y < region.shape[1]; y += stride) {
      const row = ((z + region.start[0]) * shape[1] + y + region.start[1]) * shape[2] + region.start[2];
      for (let x = 0; x < region.shape[2]; x += stride, n++) inside += data[row + x]!;
    }
  }
  return inside / n;
}

/** Where a finding's sphere, and 2 mm around it, lies against a region: whether it is partly in it. */
function isCut({ volume }: RealScan, finding: RealFinding, region: Region): boolean {
  const radius = Math.max(0, finding.diameterMm / 2) + 2;
  const at = worldToVoxel(volume, [finding.x, finding.y, finding.z]);
  const axes = at.map((v, axis) => {
    const r = radius / volume.spacingMm[axis]!;
    const [low, high] = [region.start[axis]! - 0.5, region.start[axis]! + region.shape[axis]! - 0.5];
    return { touches: v + r > low && v - r < high, within: v - r > low && v + r < high };
  });
  return axes.every(({ touches }) => touches) && !axes.every(({ within }) => within);
}

/** The findings whose center is in a region. */
export function findingsIn({ volume }: RealScan, findings: readonly RealFinding[], { start, shape }: Region): RealFinding[] {
  return findings.filter(({ x, y, z }) =>
    worldToVoxel(volume, [x, y, z]).every((v, axis) => v >= start[axis]! - 0.5 && v < start[axis]! + shape[axis]! - 0.5),
  );
}
