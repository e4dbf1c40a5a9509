import { describe, expect, test } from "vitest";
import { boxGiou, boxIou, boxIouMatrix, cubeSizes, generateAnchors } from "../src/index.js";
import { fixture, maxDifference } from "./fixture.js";

describe("boxes", () => {
  const { boxes1, boxes2, iou, giou } = fixture("iou_giou") as Record<"boxes1" | "boxes2" | "iou" | "giou", number[][]>;
  test("IoU agrees with MONAI", () => {
    expect(maxDifference(boxIouMatrix(boxes1.flat(), boxes2.flat()), iou.flat())).toBeLessThan(1e-6);
  });
  test("IoU of lesions with the anchors of a patch agrees with MONAI, where they overlap most too", () => {
    const { gt_boxes, iou: ofAnchors } = fixture("matchers") as Record<string, number[][]>;
    const anchors = (fixture("anchors") as { anchors: number[][] }).anchors.flat();
    expect(maxDifference(boxIouMatrix(gt_boxes!.flat(), anchors), ofAnchors!.flat())).toBeLessThan(1e-6);
    const levels = [
      { stride: 4, sizes: cubeSizes([6]) },
      { stride: 8, sizes: cubeSizes([12]) },
    ];
    const { boxes, count } = generateAnchors({ shape: [32, 32, 32], alignment: "corner", levels });
    const v = fixture("atss_tiefree") as { gt_boxes: number[][]; iou_max_per_gt: number[]; iou_argmax_per_gt: number[] };
    for (const [i, lesion] of v.gt_boxes.entries()) {
      const row = Array.from(boxIouMatrix(lesion, boxes));
      expect(row).toHaveLength(count);
      expect(Math.max(...row)).toBeCloseTo(v.iou_max_per_gt[i]!, 6);
      expect(row.indexOf(Math.max(...row))).toBe(v.iou_argmax_per_gt[i]);
    }
  });
  test("GIoU agrees with MONAI", () => {
    const ours = boxes1.flatMap((a) => boxes2.map((b) => boxGiou(a, b)));
    // MONAI's float32 and its epsilon in the denominator.
    expect(maxDifference(ours, giou.flat())).toBeLessThan(2e-6);
  });
  test("empty, touching and inverted boxes do not overlap, NaN stays NaN", () => {
    expect(boxIou([0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0])).toBe(0);
    expect(boxIou([0, 0, 0, 1, 1, 1], [1, 0, 0, 2, 1, 1])).toBe(0);
    expect(boxIou([2, 2, 2, 1, 1, 1], [0, 0, 0, 3, 3, 3])).toBe(0);
    expect(boxGiou([1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 1, 1])).toBe(0);
    expect(boxIou([0, 0, Number.NaN, 1, 1, 1], [0, 0, 0, 1, 1, 1])).toBeNaN();
  });
  test("a list that is no box is refused", () => {
    expect(() => boxIou([0, 0, 0, 1, 1], [0, 0, 0, 1, 1, 1])).toThrow("a has 5 numbers, expected 6");
    expect(() => boxIouMatrix([], [1, 2, 3])).toThrow("b has 3 numbers, expected a multiple of 6");
    expect(boxIouMatrix([], [0, 0, 0, 1, 1, 1])).toHaveLength(0);
  });
});
