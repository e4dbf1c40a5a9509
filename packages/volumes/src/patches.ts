import type { Region, Triple, Volume } from "./volume.js";

/** How a patch is put around a box. */
export interface PatchAroundOptions {
  /** The patch's voxels along `[z, y, x]`. */
  shape: readonly [number, number, number];
  /** Draws the place of the box in the patch, anywhere where the whole box is inside; without it the box is in the middle. */
  random?: () => number;
  /** Voxels that stay free between the box and the patch's border where there is room; 0 unless told. */
  margin?: number;
}

/**
 * A patch around a box `[z0, y0, x0, z1, y1, x1]`, as a region for `cropVolume`; it may reach outside of the volume.
 *
 * The box lies wholly in the patch, at a place that `random` draws. Along axes where the box is larger, the patch lies wholly in the box.
 * Throws a RangeError for a shape that is not of positive integers or a box that is not of six finite numbers, low ones first.
 *
 * @example
 * ```ts
 * import { patchAround } from "@gleaner/volumes";
 *
 * patchAround([10, 10, 10, 14, 14, 14], { shape: [9, 9, 9] }); // => { start: [8, 8, 8], shape: [9, 9, 9] }
 * patchAround([10, 10, 10, 14, 14, 14], { shape: [9, 9, 9], random: () => 0 }).start; // => [6, 6, 6]
 * ```
 */
export function patchAround(box: ArrayLike<number>, { shape, random, margin = 0 }: PatchAroundOptions): Region {
  checkShape("patchAround", shape);
  const sides = [0, 1, 2].map((axis) => [box[axis] ?? Number.NaN, box[axis + 3] ?? Number.NaN] as const);
  if (box.length !== 6 || !sides.every(([low, high]) => Number.isFinite(low) && Number.isFinite(high) && low <= high)) {
    throw new RangeError(`patchAround: the box is [${Array.from(box)}], expected six finite numbers, low ones first`);
  }
  const start = sides.map(([low, high], axis) => {
    const size = shape[axis]!;
    const middle = (low + high - size + 1) / 2;
    if (!random) return Math.round(middle);
    // A patch from s spans s - 0.5 to s + size - 0.5; these are the two starts at which it touches the box's sides.
    const free = Math.max(0, Math.min(margin, (size - (high - low)) / 2));
    const touching = [high + free - size + 0.5, low - free + 0.5];
    const least = Math.ceil(Math.min(...touching));
    const most = Math.floor(Math.max(...touching));
    return most < least ? Math.round(middle) : least + drawBelow(random, most - least + 1);
  });
  return { start: start as Triple, shape: [...shape] };
}

/**
 * A patch at a random place of a volume, as a region for `cropVolume`: every place inside is as likely.
 *
 * With a `mask` on the same lattice its center is on one of the mask's voxels that are not 0, each as likely, moved as far as is needed to
 * stay inside; an empty mask is as none. Along axes where the volume is smaller than the patch, the volume is in the middle of it.
 * Throws a RangeError for shapes that are not of positive integers or a mask of another shape.
 *
 * @example
 * ```ts
 * import { randomPatch } from "@gleaner/volumes";
 *
 * randomPatch({ shape: [100, 200, 200] }, { shape: [64, 64, 64], random: () => 0.5 }).start; // => [18, 68, 68]
 * randomPatch({ shape: [32, 200, 200] }, { shape: [64, 64, 64], random: () => 0 }).start; // => [-16, 0, 0]
 * ```
 */
export function randomPatch(
  volume: { readonly shape: readonly [number, number, number] },
  options: { shape: readonly [number, number, number]; random: () => number; mask?: Volume },
): Region {
  const { shape, random, mask } = options;
  checkShape("randomPatch", shape);
  checkShape("randomPatch", volume.shape);
  if (mask?.shape.some((n, axis) => n !== volume.shape[axis])) {
    throw new RangeError(`randomPatch: the mask's shape is [${mask.shape}], the volume's is [${volume.shape}], expected the same`);
  }
  const center = mask && drawVoxel(mask, random);
  const start = volume.shape.map((size, axis) => {
    const room = size - shape[axis]!;
    if (room <= 0) return Math.floor(room / 2);
    return center ? Math.max(0, Math.min(room, center[axis]! - Math.floor(shape[axis]! / 2))) : drawBelow(random, room + 1);
  });
  return { start: start as Triple, shape: [...shape] };
}

/** One of a mask's voxels: tries at random places find one at once in a mask that is not sparse, counting finds it in any. */
function drawVoxel(mask: Volume, random: () => number): Triple | undefined {
  const { data, shape } = mask;
  const coordinates = (i: number): Triple => [Math.floor(i / (shape[1] * shape[2])), Math.floor(i / shape[2]) % shape[1], i % shape[2]];
  for (let attempt = 0; attempt < 64; attempt++) {
    const i = drawBelow(random, data.length);
    if (data[i] !== 0) return coordinates(i);
  }
  let count = 0;
  for (let i = 0; i < data.length; i++) if (data[i] !== 0) count++;
  let skip = drawBelow(random, count);
  for (let i = 0; i < data.length; i++) if (data[i] !== 0 && skip-- === 0) return coordinates(i);
  return undefined;
}

/** A whole number from 0 to limit - 1, also where `random` gives exactly 1. */
const drawBelow = (random: () => number, limit: number): number => Math.min(limit - 1, Math.floor(random() * limit));

function checkShape(who: string, shape: readonly [number, number, number]): void {
  if (!shape.every((n) => Number.isSafeInteger(n) && n > 0))
    throw new RangeError(`${who}: the shape is [${shape}], expected positive integers`);
}
