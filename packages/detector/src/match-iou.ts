import { boxIouMatrix, countBoxes } from "./boxes.js";

/** Assignment by overlap: the rule of Faster R-CNN and RetinaNet. */
export interface IouMatching {
  method: "iou";
  /** An anchor is positive from this IoU on; 0.5 unless told. */
  high?: number | undefined;
  /** An anchor is background below this IoU and ignored between the two; 0.4 unless told. */
  low?: number | undefined;
  /** Whether the best anchors of each box (all of them at a tie) are positive however small their IoU; true unless told. */
  allowLowQuality?: boolean | undefined;
}

export function matchByIou(
  anchors: ArrayLike<number>,
  boxes: ArrayLike<number>,
  { high = 0.5, low = 0.4, allowLowQuality = true }: IouMatching,
): Int32Array {
  if (!(low >= 0 && low <= high && high <= 1)) throw new RangeError(`low ${low} and high ${high}, expected 0 ≤ low ≤ high ≤ 1`);
  const count = countBoxes(anchors, "anchors");
  const boxCount = countBoxes(boxes, "boxes");
  const iou = boxIouMatrix(boxes, anchors);
  const matches = new Int32Array(count).fill(-1);
  const bestOfBox = new Float64Array(boxCount);
  for (let a = 0; a < count; a++) {
    let best = -1;
    let bestIou = -1;
    for (let b = 0; b < boxCount; b++) {
      const value = iou[b * count + a]!;
      if (value > bestIou) [best, bestIou] = [b, value];
      if (value > bestOfBox[b]!) bestOfBox[b] = value;
    }
    if (best >= 0) matches[a] = bestIou >= high ? best : bestIou >= low ? -2 : -1;
  }
  if (!allowLowQuality) return matches;
  for (let a = 0; a < count; a++) {
    let bestIou = 0;
    let best = -1;
    let restored = false;
    for (let b = 0; b < boxCount; b++) {
      const value = iou[b * count + a]!;
      if (value > bestIou) [best, bestIou] = [b, value];
      // A box that touches no anchor at all must not claim all of them.
      restored ||= value > 0 && value === bestOfBox[b]!;
    }
    // As in the reference implementations the anchor then goes to its own best box, which may be another one.
    if (restored) matches[a] = best;
  }
  return matches;
}
