import { type Region, type Volume, type VoxelArray, voxelToWorld } from "@gleaner/volumes";
import type { PreparedEntry } from "./prepared-cache.js";

type At = [number, number, number];

/**
 * Puts a region together from the chunks that it touches, as `cropVolume` cuts it from a whole volume: what lies outside is `fill`, world
 * positions are kept. `chunkAt` gives the voxels of one chunk.
 */
export async function cutRegion(
  { grid, dtype, chunkShape }: Pick<PreparedEntry, "grid" | "dtype" | "chunkShape">,
  region: Region,
  fill: number,
  chunkAt: (at: At) => Promise<VoxelArray>,
): Promise<Volume> {
  const { start, shape } = region;
  const from = start.map((s) => Math.max(0, s));
  const to = start.map((s, axis) => Math.min(grid.shape[axis]!, s + shape[axis]!));
  const range = (axis: 0 | 1 | 2): number[] => {
    const first = Math.floor(from[axis]! / chunkShape[axis]);
    return Array.from({ length: Math.max(0, Math.ceil(to[axis]! / chunkShape[axis]) - first) }, (_, i) => first + i);
  };
  const touched = range(0).flatMap((z) => range(1).flatMap((y) => range(2).map((x): At => [z, y, x])));
  const chunks = await Promise.all(touched.map(async (at) => ({ at, voxels: await chunkAt(at) })));
  const size = shape[0] * shape[1] * shape[2];
  // The type of the voxels is that of the chunks: a mask is of bytes.
  const [first] = chunks;
  const Kind = (first?.voxels.constructor ?? (dtype === "float32" ? Float32Array : Int16Array)) as new (length: number) => VoxelArray;
  const data = new Kind(size);
  if (fill !== 0) data.fill(fill);
  for (const { at, voxels } of chunks) {
    const corner = at.map((n, axis) => n * chunkShape[axis]!);
    const low = corner.map((c, axis) => Math.max(c, from[axis]!)) as At;
    const high = corner.map((c, axis) => Math.min(c + chunkShape[axis]!, to[axis]!)) as At;
    const length = high[2] - low[2];
    for (let z = low[0]; z < high[0]; z++) {
      for (let y = low[1]; y < high[1]; y++) {
        const source = ((z - corner[0]!) * chunkShape[1] + y - corner[1]!) * chunkShape[2] + low[2] - corner[2]!;
        const target = ((z - start[0]) * shape[1] + y - start[1]) * shape[2] + low[2] - start[2];
        data.set(voxels.subarray(source, source + length), target);
      }
    }
  }
  return {
    data,
    shape: [...shape],
    spacingMm: [...grid.spacingMm],
    originMm: voxelToWorld(grid as Volume, start),
    direction: [...grid.direction],
  };
}
