import { countBoxes } from "./boxes.js";
import { type AtssMatching, matchByAtss } from "./match-atss.js";
import { type CenterMatching, matchByCenter } from "./match-center.js";
import { type IouMatching, matchByIou } from "./match-iou.js";

export type Matching = IouMatching | AtssMatching | CenterMatching;

/**
 * Which box each anchor is responsible for: an index of `boxes`, −1 for background, −2 for ignored.
 *
 * - "iou": positive from `high`, background below `low`, ignored between; with `allowLowQuality` also the best anchors of each box
 *   (Ren et al., NeurIPS 2015).
 * - "atss": per level the nearest anchors are candidates, positive from mean + standard deviation of their IoU on; nothing is ignored
 *   (Zhang et al., CVPR 2020). Equal distances are resolved by the order of the anchors.
 * - "center": anchors of the size nearest to the box's (in the logarithm, both at a tie)
 *   are positive within a distance of its center, and so is the nearest one always; around them is an ignored zone. Distances are in
 *   voxels, so voxels shall be cubes.
 *
 * Without boxes everything is background.
 *
 * @param anchors anchor boxes, flat, 6 numbers each (voxels)
 * @param boxes lesions, flat, 6 numbers each (voxels)
 * @throws RangeError if an option is out of its range, or "center" meets a box without volume
 * @example
 * ```ts
 * import { generateAnchors, matchAnchors } from "@gleaner/detector";
 * const { boxes, grid } = generateAnchors({ shape: [4, 4, 16], levels: [{ stride: 4, sizes: [[4, 4, 4]] }] });
 * const lesion = [-0.5, -0.5, 3.5, 3.5, 3.5, 8.5];
 * matchAnchors(boxes, lesion, { method: "iou" }); // => [-1, 0, -1, -1]
 * matchAnchors(boxes, lesion, { method: "center" }); // => [-1, 0, -2, -1]
 * matchAnchors(boxes, lesion, { method: "atss", grid }); // => [-1, 0, -1, -1]
 * ```
 */
export function matchAnchors(anchors: ArrayLike<number>, boxes: ArrayLike<number>, matching: Matching): Int32Array {
  countBoxes(boxes, "boxes");
  switch (matching.method) {
    case "iou":
      return matchByIou(anchors, boxes, matching);
    case "atss":
      return matchByAtss(anchors, boxes, matching);
    case "center":
      return matchByCenter(anchors, boxes, matching);
    default:
      throw new RangeError(`method ${(matching as { method: unknown }).method}, expected "iou", "atss" or "center"`);
  }
}
