import { type EncodeOptions, encodeAt } from "./box-coder.js";
import { countBoxes } from "./boxes.js";

/** What a detector is to answer at each anchor of one patch. */
export interface AnchorTargets {
  /** 1 for a positive anchor, 0 otherwise. */
  targets: Float32Array;
  /** 0 for an ignored anchor, 1 otherwise. */
  weights: Float32Array;
  /** 1 for an anchor whose deltas count. */
  positives: Float32Array;
  /** Six deltas an anchor; zeros where it is not positive. */
  deltas: Float32Array;
}

/**
 * Targets of one patch from the matches of its anchors.
 *
 * @param anchors anchor boxes, flat, 6 numbers each (voxels)
 * @param boxes the boxes that the matches speak of
 * @param matches as matchAnchors gives them: an index of `boxes`, −1 background, −2 ignored
 * @throws RangeError if a match names no box, or lengths disagree
 * @example
 * ```ts
 * import { anchorTargets } from "@gleaner/detector";
 * const anchors = [0, 0, 0, 4, 4, 4, 0, 0, 4, 4, 4, 8, 0, 0, 8, 4, 4, 12];
 * const { targets, weights, deltas } = anchorTargets(anchors, [0, 0, 1, 4, 4, 5], [0, -2, -1]);
 * targets; // => [1, 0, 0]
 * weights; // => [1, 0, 1]
 * deltas.subarray(0, 6); // => [0, 0, 0.25, 0, 0, 0]
 * ```
 */
export function anchorTargets(
  anchors: ArrayLike<number>,
  boxes: ArrayLike<number>,
  matches: ArrayLike<number>,
  { weights: coder = [1, 1, 1, 1, 1, 1] }: EncodeOptions = {},
): AnchorTargets {
  const count = countBoxes(anchors, "anchors");
  const boxCount = countBoxes(boxes, "boxes");
  if (matches.length !== count) throw new RangeError(`matches has ${matches.length} numbers, expected ${count}, one for each anchor`);
  const targets = new Float32Array(count);
  const weights = new Float32Array(count).fill(1);
  const deltas = new Float32Array(6 * count);
  for (let a = 0; a < count; a++) {
    const match = matches[a]!;
    if (match === -2) weights[a] = 0;
    else if (match >= 0) {
      if (match >= boxCount) throw new RangeError(`anchor ${a} is matched with box ${match}, expected less than ${boxCount}`);
      targets[a] = 1;
      encodeAt(anchors, 6 * a, boxes, 6 * match, coder, deltas);
    }
  }
  return { targets, weights, positives: targets.slice(), deltas };
}
