// A box is [z0, y0, x0, z1, y1, x1] in voxels; many boxes are one flat array of 6 numbers each.

/** The number of boxes in a flat array; the length must be a multiple of 6. */
export function countBoxes(boxes: ArrayLike<number>, name: string): number {
  if (boxes.length % 6 !== 0)
    throw new RangeError(`${name} has ${boxes.length} numbers, expected a multiple of 6 (one box is z0, y0, x0, z1, y1, x1)`);
  return boxes.length / 6;
}

/** Volume of the box at offset `i`; 0 for an inverted box, NaN where a coordinate is NaN. */
export function volumeAt(boxes: ArrayLike<number>, i: number): number {
  const depth = Math.max(0, boxes[i + 3]! - boxes[i]!);
  const height = Math.max(0, boxes[i + 4]! - boxes[i + 1]!);
  const width = Math.max(0, boxes[i + 5]! - boxes[i + 2]!);
  return depth * height * width;
}

/** Volume that the box of `a` at offset `i` shares with the box of `b` at offset `j`. */
function intersectionAt(a: ArrayLike<number>, i: number, b: ArrayLike<number>, j: number): number {
  const depth = Math.max(0, Math.min(a[i + 3]!, b[j + 3]!) - Math.max(a[i]!, b[j]!));
  const height = Math.max(0, Math.min(a[i + 4]!, b[j + 4]!) - Math.max(a[i + 1]!, b[j + 1]!));
  const width = Math.max(0, Math.min(a[i + 5]!, b[j + 5]!) - Math.max(a[i + 2]!, b[j + 2]!));
  return depth * height * width;
}

/** IoU of the box of `a` at offset `i` and the box of `b` at offset `j`. */
export function iouAt(a: ArrayLike<number>, i: number, b: ArrayLike<number>, j: number): number {
  const shared = intersectionAt(a, i, b, j);
  if (shared === 0) return 0;
  return shared / (volumeAt(a, i) + volumeAt(b, j) - shared);
}

function oneBox(box: ArrayLike<number>, name: string): void {
  if (box.length !== 6) throw new RangeError(`${name} has ${box.length} numbers, expected 6 (z0, y0, x0, z1, y1, x1)`);
}

/**
 * Intersection over union of two boxes, in [0, 1].
 *
 * IoU = |a ∩ b| / |a ∪ b|. Touching, empty and inverted boxes give 0; a NaN coordinate gives NaN.
 *
 * @param a a box [z0, y0, x0, z1, y1, x1]; any unit, the same for both
 * @param b the other box
 * @throws RangeError if a box does not have 6 numbers
 * @example
 * ```ts
 * import { boxIou } from "@gleaner/detector";
 * boxIou([0, 0, 0, 2, 2, 2], [0, 0, 1, 2, 2, 3]); // => 0.3333
 * boxIou([0, 0, 0, 2, 2, 2], [2, 0, 0, 4, 2, 2]); // => 0
 * ```
 */
export function boxIou(a: ArrayLike<number>, b: ArrayLike<number>): number {
  oneBox(a, "a");
  oneBox(b, "b");
  return iouAt(a, 0, b, 0);
}

/**
 * Generalized IoU of two boxes, in (−1, 1].
 *
 * GIoU = IoU − (|hull| − |a ∪ b|) / |hull|, where the hull is the smallest box around both
 * (Rezatofighi et al., CVPR 2019). Two boxes whose hull is empty give 0; a NaN coordinate gives NaN.
 *
 * @param a a box [z0, y0, x0, z1, y1, x1]
 * @param b the other box
 * @throws RangeError if a box does not have 6 numbers
 * @example
 * ```ts
 * import { boxGiou } from "@gleaner/detector";
 * boxGiou([0, 0, 0, 1, 1, 1], [0, 0, 3, 1, 1, 4]); // => -0.5
 * ```
 */
export function boxGiou(a: ArrayLike<number>, b: ArrayLike<number>): number {
  oneBox(a, "a");
  oneBox(b, "b");
  let hull = 1;
  for (let axis = 0; axis < 3; axis++) hull *= Math.max(0, Math.max(a[axis + 3]!, b[axis + 3]!) - Math.min(a[axis]!, b[axis]!));
  if (hull === 0) return 0;
  const shared = intersectionAt(a, 0, b, 0);
  const union = volumeAt(a, 0) + volumeAt(b, 0) - shared;
  return (shared === 0 ? 0 : shared / union) - (hull - union) / hull;
}

/**
 * IoU of every box of `a` with every box of `b`: entry `i · count(b) + j` is that of `a[i]` and `b[j]`.
 *
 * Values as {@link boxIou}; an empty side gives an empty array.
 *
 * @param a boxes, flat, 6 numbers each
 * @param b boxes, flat, 6 numbers each
 * @throws RangeError if a length is no multiple of 6
 * @example
 * ```ts
 * import { boxIouMatrix } from "@gleaner/detector";
 * boxIouMatrix([0, 0, 0, 2, 2, 2], [0, 0, 1, 2, 2, 3, 0, 0, 0, 2, 2, 2]); // => [0.3333, 1]
 * ```
 */
export function boxIouMatrix(a: ArrayLike<number>, b: ArrayLike<number>): Float64Array {
  const rows = countBoxes(a, "a");
  const columns = countBoxes(b, "b");
  const result = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) result[i * columns + j] = iouAt(a, 6 * i, b, 6 * j);
  return result;
}
