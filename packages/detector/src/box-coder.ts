import { countBoxes } from "./boxes.js";

/** Weights of the six deltas: center z, y, x, then size z, y, x. */
export type BoxWeights = readonly [number, number, number, number, number, number];

export interface EncodeOptions {
  /** Each delta is multiplied by its weight; positive, 1 unless told. */
  weights?: BoxWeights;
}

export interface DecodeOptions extends EncodeOptions {
  /** Upper limit of a logarithm of a size ratio, so that an untrained network gives finite boxes; ln(1000/16) unless told. */
  maxLogSize?: number;
}

export const unitWeights: BoxWeights = [1, 1, 1, 1, 1, 1];
export const maxLogSizeDefault: number = Math.log(1000 / 16);

function checkCoder(anchors: ArrayLike<number>, others: ArrayLike<number>, name: string, weights: BoxWeights): number {
  const count = countBoxes(anchors, "anchors");
  if (others.length !== anchors.length)
    throw new RangeError(`${name} has ${others.length} numbers, expected ${anchors.length} as anchors has`);
  if (weights.length !== 6 || !weights.every((w) => w > 0))
    throw new RangeError(`weights [${weights.join(", ")}], expected six positive numbers`);
  return count;
}

/** Writes the deltas of the box of `boxes` at offset `j` against the anchor at offset `i`. */
export function encodeAt(
  anchors: ArrayLike<number>,
  i: number,
  boxes: ArrayLike<number>,
  j: number,
  weights: BoxWeights,
  deltas: Float32Array,
): void {
  for (let axis = 0; axis < 3; axis++) {
    const anchorSize = anchors[i + axis + 3]! - anchors[i + axis]!;
    const size = boxes[j + axis + 3]! - boxes[j + axis]!;
    if (!(anchorSize > 0 && size > 0)) {
      throw new RangeError(
        `box ${j / 6} has size ${size} and anchor ${i / 6} has size ${anchorSize} along axis ${axis}, expected positive sizes`,
      );
    }
    const shift = boxes[j + axis]! + size / 2 - (anchors[i + axis]! + anchorSize / 2);
    deltas[i + axis] = (weights[axis]! * shift) / anchorSize;
    deltas[i + axis + 3] = weights[axis + 3]! * Math.log(size / anchorSize);
  }
}

/**
 * Boxes as offsets from anchors, the regression targets of a detector.
 *
 * Per axis: t = w·(c − cₐ)/sₐ for the center c and t = w·ln(s/sₐ) for the size s (Girshick et al., CVPR 2014, in 3D).
 * Result per anchor: center deltas z, y, x, then size deltas z, y, x. Empty input gives an empty array.
 *
 * @param anchors anchor boxes, flat, 6 numbers each (voxels)
 * @param boxes one box for each anchor
 * @throws RangeError if the lengths differ, or a size is not positive
 * @example
 * ```ts
 * import { encodeBoxes } from "@gleaner/detector";
 * encodeBoxes([0, 0, 0, 4, 4, 4], [1, 0, 0, 5, 4, 8]); // => [0.25, 0, 0.5, 0, 0, 0.6931]
 * ```
 */
export function encodeBoxes(
  anchors: ArrayLike<number>,
  boxes: ArrayLike<number>,
  { weights = unitWeights }: EncodeOptions = {},
): Float32Array {
  const count = checkCoder(anchors, boxes, "boxes", weights);
  const deltas = new Float32Array(6 * count);
  for (let i = 0; i < deltas.length; i += 6) encodeAt(anchors, i, boxes, i, weights, deltas);
  return deltas;
}

/**
 * Boxes from offsets to anchors: the inverse of {@link encodeBoxes}.
 *
 * Size deltas divided by their weight are limited to `maxLogSize` from above. NaN stays NaN.
 *
 * @param anchors anchor boxes, flat, 6 numbers each (voxels)
 * @param deltas six deltas for each anchor, as encodeBoxes orders them
 * @throws RangeError if the lengths differ
 * @example
 * ```ts
 * import { decodeBoxes } from "@gleaner/detector";
 * decodeBoxes([0, 0, 0, 4, 4, 4], [0.25, 0, 0.5, 0, 0, Math.log(2)]); // => [1.000, 0.000, 0.000, 5.000, 4.000, 8.000]
 * ```
 */
export function decodeBoxes(
  anchors: ArrayLike<number>,
  deltas: ArrayLike<number>,
  { weights = unitWeights, maxLogSize = maxLogSizeDefault }: DecodeOptions = {},
): Float32Array {
  const count = checkCoder(anchors, deltas, "deltas", weights);
  const boxes = new Float32Array(6 * count);
  for (let i = 0; i < boxes.length; i += 6) {
    for (let axis = 0; axis < 3; axis++) {
      const anchorSize = anchors[i + axis + 3]! - anchors[i + axis]!;
      const center = anchors[i + axis]! + anchorSize * (0.5 + deltas[i + axis]! / weights[axis]!);
      const half = 0.5 * anchorSize * Math.exp(Math.min(maxLogSize, deltas[i + axis + 3]! / weights[axis + 3]!));
      boxes[i + axis] = center - half;
      boxes[i + axis + 3] = center + half;
    }
  }
  return boxes;
}
