/** Three numbers in the order of the array's axes: [z, y, x]. */
export type Triple = readonly [number, number, number];

/** One level of anchors to make: its stride in voxels and the sizes [dz, dy, dx] in voxels at each location. */
export interface AnchorLevel {
  /** Voxels between neighboring locations, one number or one an axis; a positive integer. */
  stride: number | Triple;
  /** Sizes [dz, dy, dx] in voxels of the anchors at each location. */
  sizes: readonly Triple[];
}

/** How anchors lie in memory: level by level, C-order over z, y, x, the sizes of a location innermost. */
export interface AnchorGrid {
  levels: { shape: [number, number, number]; anchors: [number, number, number][] }[];
}

/** Anchors of one patch: their order, and their boxes (flat, 6 numbers each, voxels). */
export interface AnchorSet {
  grid: AnchorGrid;
  boxes: Float32Array;
  count: number;
}

export interface AnchorOptions {
  /** Shape [z, y, x] of the patch in voxels: a multiple of every stride. */
  shape: Triple;
  levels: readonly AnchorLevel[];
  /** Where the center of location i is: "symmetric" at i·stride + (stride − 1)/2, "corner" at i·stride + ⌊stride/2⌋. */
  alignment?: "symmetric" | "corner";
}

/** A stride as one number an axis. */
export const strideTriple = (stride: number | Triple): Triple => (typeof stride === "number" ? [stride, stride, stride] : stride);

/** Checks levels and gives the number of locations of each one along each axis. */
function locationsOf(shape: Triple, level: AnchorLevel, index: number): [number, number, number] {
  const stride = strideTriple(level.stride);
  const locations = [0, 1, 2].map((axis) => {
    const [s, extent] = [stride[axis]!, shape[axis]!];
    if (!Number.isInteger(s) || s < 1) throw new RangeError(`stride of level ${index} is ${s}, expected a positive integer`);
    if (!Number.isInteger(extent) || extent < 1 || extent % s !== 0) {
      throw new RangeError(`shape [${shape.join(", ")}] is no positive multiple of the stride ${s} of level ${index}`);
    }
    return extent / s;
  });
  if (level.sizes.length === 0) throw new RangeError(`level ${index} has no sizes, expected at least one`);
  for (const size of level.sizes) {
    if (size.length !== 3 || !size.every((d) => d > 0 && Number.isFinite(d))) {
      throw new RangeError(`size [${size.join(", ")}] of level ${index}, expected three positive numbers (voxels)`);
    }
  }
  return locations as [number, number, number];
}

/**
 * Anchor boxes of a patch, level by level.
 *
 * With "symmetric" alignment (the default) a flip of the patch, c → S − 1 − c, maps anchors onto anchors: what averaging predictions over
 * flipped views needs. "corner" alignment is the one of MONAI's RetinaNet, without its rounding of half sizes to whole voxels.
 *
 * @returns the grid (order of the anchors), the boxes as one flat array and their number
 * @throws RangeError if the shape is no multiple of a stride, or a size is not positive
 * @example
 * ```ts
 * import { generateAnchors } from "@gleaner/detector";
 * const anchors = generateAnchors({ shape: [4, 4, 8], levels: [{ stride: 4, sizes: [[5, 5, 5]] }] });
 * anchors.count; // => 2
 * anchors.boxes.subarray(6); // => [-1, -1, 3, 4, 4, 8]
 * anchors.grid.levels[0].shape; // => [1, 1, 2]
 * ```
 */
export function generateAnchors({ shape, levels, alignment = "symmetric" }: AnchorOptions): AnchorSet {
  if (alignment !== "symmetric" && alignment !== "corner") throw new RangeError(`alignment ${alignment}, expected "symmetric" or "corner"`);
  const grid: AnchorGrid = {
    levels: levels.map((level, index) => ({
      shape: locationsOf(shape, level, index),
      anchors: level.sizes.map(([dz, dy, dx]): [number, number, number] => [dz, dy, dx]),
    })),
  };
  const count = grid.levels.reduce((sum, { shape: [d, h, w], anchors }) => sum + d * h * w * anchors.length, 0);
  const boxes = new Float32Array(6 * count);
  let at = 0;
  for (const [index, level] of grid.levels.entries()) {
    const stride = strideTriple(levels[index]!.stride);
    const [oz, oy, ox] = stride.map((s) => (alignment === "symmetric" ? (s - 1) / 2 : Math.floor(s / 2))) as [number, number, number];
    for (let z = 0; z < level.shape[0]; z++) {
      for (let y = 0; y < level.shape[1]; y++) {
        for (let x = 0; x < level.shape[2]; x++) {
          const [cz, cy, cx] = [z * stride[0] + oz, y * stride[1] + oy, x * stride[2] + ox];
          for (const [dz, dy, dx] of level.anchors) {
            boxes[at++] = cz - dz / 2;
            boxes[at++] = cy - dy / 2;
            boxes[at++] = cx - dx / 2;
            boxes[at++] = cz + dz / 2;
            boxes[at++] = cy + dy / 2;
            boxes[at++] = cx + dx / 2;
          }
        }
      }
    }
  }
  return { grid, boxes, count };
}

/**
 * Cube anchors of the given edge lengths (voxels), as the `sizes` of a level.
 *
 * @example
 * ```ts
 * import { cubeSizes } from "@gleaner/detector";
 * cubeSizes([5, 8]); // => [[5, 5, 5], [8, 8, 8]]
 * ```
 */
export const cubeSizes = (edges: readonly number[]): [number, number, number][] => edges.map((edge) => [edge, edge, edge]);
