import { volumeError } from "../errors.js";
import { voxelToWorld } from "../geometry.js";
import type { Volume } from "../volume.js";
import type { SegLattice } from "./seg-lattice.js";

/** Masks by the numbers of their segments. */
export type SegMasks = Map<number, Volume<Uint8Array | Float32Array>>;

/** Makes the masks of segments on their own slices, after a look at their size together. */
function allocate(
  slicesOf: ReadonlyMap<number, readonly number[]>,
  { grid }: SegLattice,
  fractional: boolean,
  maxBytes: number,
  path: string,
): SegMasks {
  const [, rows, columns] = grid.shape;
  const ranges = [...slicesOf].map(([segment, slices]) => {
    const first = slices.reduce((low, slice) => Math.min(low, slice));
    return { segment, first, depth: slices.reduce((high, slice) => Math.max(high, slice)) - first + 1 };
  });
  const bytes = ranges.reduce((sum, { depth }) => sum + depth, 0) * rows * columns * (fractional ? 4 : 1);
  if (bytes > maxBytes) throw volumeError("TooLarge", path, `its masks need ${bytes} bytes, the limit is ${maxBytes} bytes`);
  return new Map(
    ranges.map(({ segment, first, depth }) => {
      const data = fractional ? new Float32Array(depth * rows * columns) : new Uint8Array(depth * rows * columns);
      return [segment, { ...grid, data, shape: [depth, rows, columns], originMm: voxelToWorld(grid, [first, 0, 0]) }];
    }),
  );
}

/** Masks of frames that are each of one segment; values are divided by `most` where there is one. */
export async function frameMasks(
  read: (frame: number) => Promise<ArrayLike<number>>,
  lattice: SegLattice,
  segments: readonly number[],
  most: number | undefined,
  maxBytes: number,
  path: string,
): Promise<SegMasks> {
  if (most === 0) throw volumeError("Malformed", path, "MaximumFractionalValue is 0, expected a positive number");
  const slicesOf = new Map<number, number[]>();
  for (const [frame, segment] of segments.entries()) {
    const slices = slicesOf.get(segment) ?? [];
    slicesOf.set(segment, slices);
    slices.push(lattice.slices[frame]!);
  }
  for (const [segment, slices] of slicesOf)
    if (new Set(slices).size < slices.length) throw volumeError("Malformed", path, `two frames of segment ${segment} lie at one place`);
  const masks = allocate(slicesOf, lattice, most !== undefined, maxBytes, path);
  const firsts = new Map([...slicesOf].map(([segment, slices]) => [segment, slices.reduce((low, slice) => Math.min(low, slice))]));
  for (const [frame, segment] of segments.entries()) {
    const values = await read(frame);
    const { data } = masks.get(segment)!;
    const start = (lattice.slices[frame]! - firsts.get(segment)!) * values.length;
    for (let i = 0; i < values.length; i++) data[start + i] = most === undefined ? Number(values[i]! > 0) : values[i]! / most;
  }
  return masks;
}

/** Masks of frames whose values are the numbers of segments. Frames are decoded twice, so that no second copy of all is kept. */
export async function labelMasks(
  read: (frame: number) => Promise<ArrayLike<number>>,
  lattice: SegLattice,
  segments: ReadonlySet<number>,
  maxBytes: number,
  path: string,
): Promise<SegMasks> {
  if (new Set(lattice.slices).size < lattice.slices.length)
    throw volumeError("Malformed", path, "two frames of its label map lie at one place");
  const slicesOf = new Map<number, number[]>();
  for (const [frame, slice] of lattice.slices.entries())
    for (const segment of new Set(Array.from(await read(frame)))) {
      if (!segments.has(segment)) continue;
      const slices = slicesOf.get(segment) ?? [];
      slicesOf.set(segment, slices);
      slices.push(slice);
    }
  const masks = allocate(slicesOf, lattice, false, maxBytes, path);
  const firsts = new Map([...slicesOf].map(([segment, slices]) => [segment, slices.reduce((low, slice) => Math.min(low, slice))]));
  for (const [frame, slice] of lattice.slices.entries()) {
    const values = await read(frame);
    for (let i = 0; i < values.length; i++) {
      const mask = masks.get(values[i]!);
      if (mask) mask.data[(slice - firsts.get(values[i]!)!) * values.length + i] = 1;
    }
  }
  return masks;
}
