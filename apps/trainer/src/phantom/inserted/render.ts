import type { Region, Volume } from "@gleaner/volumes";
import { createCanvas, type Point, type Triple } from "../canvas.js";
import { blur } from "../scanner.js";
import type { NoduleShape } from "./types.js";

/** Shapes are painted on a lattice at least this fine. */
const finestMm = 0.5;

/** A nodule's layers as a scanner sees them, in the voxels of a block that they reach. */
export interface Rendered {
  region: Region;
  /** Share of each voxel that a layer takes, blurred by the point spread; one array a layer. */
  coverages: Float32Array[];
  /** Volume and center of mass, in mm from the block's first voxel, of the body. */
  volumeMm3: number;
  center: Point;
}

/**
 * Paints the layers of a nodule on a fine lattice, keeps what is in `allowed`, and blurs by the point spread, a Gaussian of `spreadMm` (z, y, x).
 *
 * The fine voxels fill each voxel of the block by an odd number along each axis, so that one of them lies in its middle: there the blurred
 * value is taken, as sigma is that of the scan's voxels with their own width in it.
 */
export function renderNodule(
  block: Pick<Volume, "shape" | "spacingMm">,
  allowed: Uint8Array,
  shape: NoduleShape,
  center: Point,
  spreadMm: Triple,
): Rendered {
  const { spacingMm } = block;
  const reach = [center[2], center[1], center[0]].map((mm, axis) => {
    const far = shape.reachMm + 3 * spreadMm[axis]! + spacingMm[axis]!;
    const low = Math.max(0, Math.floor((mm - far) / spacingMm[axis]!));
    const high = Math.min(block.shape[axis]! - 1, Math.ceil((mm + far) / spacingMm[axis]!));
    return { low, count: high - low + 1 };
  });
  const region: Region = { start: reach.map(({ low }) => low) as Triple, shape: reach.map(({ count }) => count) as Triple };
  const parts = spacingMm.map((mm) => 2 * Math.ceil((mm / finestMm - 1) / 2) + 1) as Triple;
  const fineMm = spacingMm.map((mm, axis) => mm / parts[axis]!) as Triple;
  const fine = region.shape.map((n, axis) => n * parts[axis]!) as Triple;
  const canvas = createCanvas({
    shape: fine,
    spacingMm: fineMm,
    startMm: region.start.map((s, axis) => s * spacingMm[axis]! - ((parts[axis]! - 1) / 2) * fineMm[axis]!) as Triple,
  });
  const inside = fineMask(allowed, block.shape, region, parts, fine);
  const body = new Float32Array(canvas.coverage.length);
  const coverages = shape.layers.map((layer) => {
    layer.body(canvas);
    for (let i = 0; i < body.length; i++) body[i] = Math.max(body[i]!, canvas.coverage[i]! * inside[i]!);
    layer.strands?.(canvas);
    const coverage = canvas.coverage.map((c, i) => c * inside[i]!);
    canvas.fill(0);
    return middles(blur(coverage, fine, spreadMm.map((mm, axis) => mm / fineMm[axis]!) as Triple), fine, parts, region.shape);
  });
  return { region, coverages, ...massOf(body, fine, canvas.grid.startMm, fineMm) };
}

/** The mask of a block on the fine lattice. */
function fineMask(mask: Uint8Array, [, ny, nx]: Triple, { start }: Region, parts: Triple, fine: Triple): Uint8Array {
  const out = new Uint8Array(fine[0] * fine[1] * fine[2]);
  let i = 0;
  for (let z = 0; z < fine[0]; z++) {
    for (let y = 0; y < fine[1]; y++) {
      const row = ((start[0] + Math.floor(z / parts[0])) * ny + start[1] + Math.floor(y / parts[1])) * nx + start[2];
      for (let x = 0; x < fine[2]; x++) out[i++] = mask[row + Math.floor(x / parts[2])]!;
    }
  }
  return out;
}

/** The values in the middles of the coarse voxels. */
function middles(values: Float32Array, [, ny, nx]: Triple, parts: Triple, shape: Triple): Float32Array {
  const [mz, my, mx] = parts.map((n) => (n - 1) / 2) as Triple;
  const out = new Float32Array(shape[0] * shape[1] * shape[2]);
  let i = 0;
  for (let z = 0; z < shape[0]; z++) {
    for (let y = 0; y < shape[1]; y++) {
      const row = ((z * parts[0] + mz) * ny + y * parts[1] + my) * nx + mx;
      for (let x = 0; x < shape[2]; x++) out[i++] = values[row + x * parts[2]]!;
    }
  }
  return out;
}

function massOf(body: Float32Array, [, ny, nx]: Triple, startMm: Triple, spacingMm: Triple): { volumeMm3: number; center: Point } {
  let mass = 0;
  const moments: Triple = [0, 0, 0];
  for (let i = 0; i < body.length; i++) {
    const share = body[i]!;
    if (share === 0) continue;
    mass += share;
    moments[0] += share * Math.floor(i / (ny * nx));
    moments[1] += share * (Math.floor(i / nx) % ny);
    moments[2] += share * (i % nx);
  }
  const [z, y, x] = moments.map((m, axis) => startMm[axis]! + (mass > 0 ? m / mass : 0) * spacingMm[axis]!) as Triple;
  return { volumeMm3: mass * spacingMm[0] * spacingMm[1] * spacingMm[2], center: [x, y, z] };
}
