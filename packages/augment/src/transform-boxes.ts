import { requireSymmetry, type Symmetry } from "./symmetry.js";
import { requireShape, type Triple } from "./triple.js";

/**
 * Boxes seen through a symmetry of the volume that they lie in.
 *
 * The center of the first voxel is 0, so a volume of S voxels spans −½..S−½ and a flip takes a coordinate c to S − 1 − c.
 *
 * @param boxes `[z0, y0, x0, z1, y1, x1]` in voxels, 6 numbers a box
 * @param size [z, y, x] of the volume before the symmetry, in voxels
 * @returns new boxes, lower corners first; empty for none
 * @throws RangeError if the length is no multiple of 6, a size no integer ≥ 1, or `axes` no order of 0, 1, 2
 *
 * @example
 * ```ts
 * import { transformBoxes } from "@gleaner/augment";
 * const boxes = Float32Array.of(0, 1, 2, 4, 5, 6);
 * transformBoxes(boxes, [8, 8, 10], { axes: [0, 2, 1], flips: [false, true, false] }); // => [0, 3, 1, 4, 7, 5]
 * ```
 */
export function transformBoxes(boxes: ArrayLike<number>, size: Triple, symmetry: Symmetry): Float32Array {
  requireSymmetry(symmetry);
  requireShape("size", size);
  if (boxes.length % 6 !== 0) throw new RangeError(`boxes has ${boxes.length} numbers; expected a multiple of 6`);
  const out = new Float32Array(boxes.length);
  for (let at = 0; at < boxes.length; at += 6) {
    for (let i = 0; i < 3; i++) {
      const axis = symmetry.axes[i]!;
      const low = boxes[at + axis]!;
      const high = boxes[at + 3 + axis]!;
      const last = size[axis]! - 1;
      out[at + i] = symmetry.flips[i] ? last - high : low;
      out[at + 3 + i] = symmetry.flips[i] ? last - low : high;
    }
  }
  return out;
}
