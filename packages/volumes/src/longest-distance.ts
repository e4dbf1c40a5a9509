import { voxelToWorld } from "./geometry.js";
import type { Grid, Triple } from "./volume.js";

/**
 * The largest distance between the centers of two voxels of a set, in mm; 0 for one voxel.
 *
 * The set is given as pairs of the first and the last position of its runs along x. Only corners of the convex hull can be farthest apart,
 * and these are extreme along every axis, which leaves few of the voxels; of those left, a pair counts only if its distances from the
 * middle sum up to more than the best so far.
 */
export function longestDistance(runs: readonly (readonly [number, number])[], grid: Grid): number {
  const points = extremePoints(runs, grid).map((voxel) => voxelToWorld(grid, voxel));
  const middle = [0, 1, 2].map((axis) => points.reduce((sum, point) => sum + point[axis]!, 0) / points.length) as Triple;
  const ranked = points.map((point) => ({ point, reach: distance(point, middle) })).sort((a, b) => b.reach - a.reach);
  let best = 0;
  for (let i = 0; i < ranked.length && 2 * ranked[i]!.reach > best; i++) {
    const { point, reach } = ranked[i]!;
    for (let j = i + 1; j < ranked.length && reach + ranked[j]!.reach > best; j++) best = Math.max(best, distance(point, ranked[j]!.point));
  }
  return best;
}

const distance = (a: Triple, b: Triple): number => Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);

/** The voxels that are first or last of their lines along x, along y and along z. */
function extremePoints(runs: readonly (readonly [number, number])[], { shape: [, height, width] }: Grid): Triple[] {
  const ends = runs.flatMap(([first, last]) => (first === last ? [first] : [first, last]));
  let kept = ends.map((i): Triple => [Math.floor(i / (width * height)), Math.floor(i / width) % height, i % width]);
  for (const axis of [2, 1, 0] as const) {
    const [a, b] = [0, 1, 2].filter((other) => other !== axis) as [number, number];
    const lines = new Map<number, [number, number]>();
    const lineOf = (voxel: Triple): number => voxel[a]! * 2 ** 26 + voxel[b]!;
    for (const voxel of kept) {
      const line = lines.get(lineOf(voxel));
      if (!line) lines.set(lineOf(voxel), [voxel[axis], voxel[axis]]);
      else {
        line[0] = Math.min(line[0], voxel[axis]);
        line[1] = Math.max(line[1], voxel[axis]);
      }
    }
    kept = kept.filter((voxel) => lines.get(lineOf(voxel))!.includes(voxel[axis]));
  }
  return kept;
}
