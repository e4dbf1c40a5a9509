import { describe, expect, test } from "vitest";
import { boxGiou, boxIou, boxIouMatrix } from "../src/index.js";
import { fixture, maxDifference } from "./fixture.js";

describe("boxes", () => {
  const { boxes1, boxes2, iou, giou } = fixture("iou_giou") as Record<"boxes1" | "boxes2" | "iou" | "giou", number[][]>;
  test("IoU agrees with MONAI", () => {
    expect(maxDifference(boxIouMatrix(boxes1.flat(), boxes2.flat()), iou.flat())).toBeLessThan(1e-6);
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
