import type { Triple } from "./anchors.js";

/** A patch of a scan along one axis: its first voxel, and the part of it that boxes are taken from, both in voxels of the scan. */
export interface TileSpan {
  start: number;
  /** Centers below this are left to the tile before. */
  from: number;
  /** Centers above this are left to the tile after. */
  to: number;
}

/**
 * Tiles of `patch` voxels that cover `extent` voxels along one axis, neighbors sharing at least `overlap`; the last one is shifted inward.
 * Where the extent is smaller than the patch, one tile reaches out of it evenly on both sides.
 * Each tile answers for all but the outer quarter of what it shares with a neighbor: both answer for the middle half, so that a box that
 * the two place a little differently is not lost between them.
 */
function tileAxis(extent: number, patch: number, overlap: number): TileSpan[] {
  if (extent <= patch) return [{ start: -Math.floor((patch - extent) / 2), from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY }];
  const starts: number[] = [];
  for (let start = 0; start + patch < extent; start += patch - overlap) starts.push(start);
  starts.push(extent - patch);
  return starts.map((start, i) => {
    const [before, after] = [starts[i - 1], starts[i + 1]];
    return {
      start,
      from: before === undefined ? Number.NEGATIVE_INFINITY : start - 0.5 + (before + patch - start) / 4,
      to: after === undefined ? Number.POSITIVE_INFINITY : start - 0.5 + patch - (start + patch - after) / 4,
    };
  });
}

/** Tiles of a scan: one span for each axis. */
export function tileVolume(shape: Triple, patchShape: Triple, overlap: Triple): [TileSpan, TileSpan, TileSpan][] {
  const [zs, ys, xs] = [0, 1, 2].map((axis) => tileAxis(shape[axis]!, patchShape[axis]!, overlap[axis]!)) as [
    TileSpan[],
    TileSpan[],
    TileSpan[],
  ];
  return zs.flatMap((z) => ys.flatMap((y) => xs.map((x): [TileSpan, TileSpan, TileSpan] => [z, y, x])));
}

/** Copies the part of a scan that lies under a tile into `target`; the rest of `target` is left as it is. */
export function copyPatch(
  data: Float32Array,
  shape: Triple,
  channels: number,
  start: Triple,
  patchShape: Triple,
  target: Float32Array,
  offset: number,
): void {
  const [low, high] = [
    start.map((s) => Math.max(0, s)) as unknown as Triple,
    start.map((s, a) => Math.min(shape[a]!, s + patchShape[a]!)) as unknown as Triple,
  ];
  for (let z = low[0]; z < high[0]; z++) {
    for (let y = low[1]; y < high[1]; y++) {
      const from = ((z * shape[1] + y) * shape[2] + low[2]) * channels;
      const to = (((z - start[0]) * patchShape[1] + y - start[1]) * patchShape[2] + low[2] - start[2]) * channels;
      target.set(data.subarray(from, from + (high[2] - low[2]) * channels), offset + to);
    }
  }
}

/** Whether a mask has a voxel that is not zero within `margin` voxels of a point (voxel coordinates). */
export function nearMask(mask: Uint8Array, shape: Triple, point: Triple, margin: number): boolean {
  const center = point.map(Math.round) as unknown as Triple;
  const reach = Math.floor(margin);
  for (let z = Math.max(0, center[0] - reach); z <= Math.min(shape[0] - 1, center[0] + reach); z++) {
    for (let y = Math.max(0, center[1] - reach); y <= Math.min(shape[1] - 1, center[1] + reach); y++) {
      for (let x = Math.max(0, center[2] - reach); x <= Math.min(shape[2] - 1, center[2] + reach); x++) {
        const squared = (z - center[0]) ** 2 + (y - center[1]) ** 2 + (x - center[2]) ** 2;
        if (squared <= margin * margin && mask[(z * shape[1] + y) * shape[2] + x]) return true;
      }
    }
  }
  return false;
}

/** Whether a mask has a voxel that is not zero under a tile grown by `margin` voxels. */
export function tileMeetsMask(mask: Uint8Array, shape: Triple, start: Triple, patchShape: Triple, margin: number): boolean {
  const reach = Math.ceil(margin);
  const low = start.map((s) => Math.max(0, s - reach)) as unknown as Triple;
  const high = start.map((s, a) => Math.min(shape[a]!, s + patchShape[a]! + reach)) as unknown as Triple;
  for (let z = low[0]; z < high[0]; z++) {
    for (let y = low[1]; y < high[1]; y++) {
      const row = (z * shape[1] + y) * shape[2];
      for (let x = row + low[2]; x < row + high[2]; x++) if (mask[x]) return true;
    }
  }
  return false;
}
