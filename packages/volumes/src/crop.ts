import { voxelToWorld } from "./geometry.js";
import { type Region, type Volume, type VoxelArray, voxelCount } from "./volume.js";

/**
 * Cuts a region out of a volume; what lies outside of the volume is `fill`, 0 unless told. World positions are kept.
 *
 * Throws a RangeError where the start is not of integers or the shape not of positive integers.
 *
 * @example
 * ```ts
 * import { createVolume, cropVolume } from "@gleaner/volumes";
 *
 * const volume = createVolume({ data: Int16Array.of(1, 2, 3, 4), shape: [1, 2, 2] });
 * const crop = cropVolume(volume, { start: [0, 1, 0], shape: [1, 1, 3], fill: -1000 });
 * crop.data; // => [3, 4, -1000]
 * crop.originMm; // => [0, 1, 0]
 * ```
 */
export function cropVolume<Data extends VoxelArray>(volume: Volume<Data>, options: Region & { fill?: number }): Volume<Data> {
  const { start, shape, fill = 0 } = options;
  if (!start.every(Number.isSafeInteger)) throw new RangeError(`cropVolume: start is [${start}], expected integers`);
  if (!shape.every((n) => Number.isSafeInteger(n) && n > 0))
    throw new RangeError(`cropVolume: shape is [${shape}], expected positive integers`);
  const data = new (volume.data.constructor as new (length: number) => Data)(voxelCount(shape));
  if (fill !== 0) data.fill(fill);
  const [depth, height, width] = volume.shape;
  const [z0, y0, x0] = start;
  const from = Math.max(0, x0);
  const to = Math.min(width, x0 + shape[2]);
  for (let z = Math.max(0, z0); z < Math.min(depth, z0 + shape[0]) && to > from; z++) {
    for (let y = Math.max(0, y0); y < Math.min(height, y0 + shape[1]); y++) {
      const row = (z * height + y) * width;
      data.set(volume.data.subarray(row + from, row + to), ((z - z0) * shape[1] + (y - y0)) * shape[2] + from - x0);
    }
  }
  return {
    data,
    shape: [...shape],
    spacingMm: [...volume.spacingMm],
    originMm: voxelToWorld(volume, start),
    direction: [...volume.direction],
  };
}

/**
 * The smallest region that holds every voxel of a mask that is not 0, or undefined where there is none.
 *
 * @example
 * ```ts
 * import { boundingBox, createVolume } from "@gleaner/volumes";
 *
 * const mask = createVolume({ data: Uint8Array.of(0, 0, 1, 1, 0, 0), shape: [1, 2, 3] });
 * boundingBox(mask); // => { start: [0, 0, 0], shape: [1, 2, 3] }
 * boundingBox(createVolume({ data: new Uint8Array(6), shape: [1, 2, 3] })); // => undefined
 * ```
 */
export function boundingBox(mask: Volume): Region | undefined {
  const [depth, height, width] = mask.shape;
  const low = [depth, height, width];
  const high = [-1, -1, -1];
  const { data } = mask;
  for (let z = 0, row = 0; z < depth; z++) {
    for (let y = 0; y < height; y++, row += width) {
      let first = 0;
      while (first < width && data[row + first] === 0) first++;
      if (first === width) continue;
      let last = width - 1;
      while (data[row + last] === 0) last--;
      for (const [axis, least, most] of [
        [0, z, z],
        [1, y, y],
        [2, first, last],
      ] as const) {
        low[axis] = Math.min(low[axis]!, least);
        high[axis] = Math.max(high[axis]!, most);
      }
    }
  }
  if (high[0]! < 0) return undefined;
  const [z, y, x] = low as [number, number, number];
  return { start: [z, y, x], shape: [high[0]! - z + 1, high[1]! - y + 1, high[2]! - x + 1] };
}
