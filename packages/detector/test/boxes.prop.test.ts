import fc from "fast-check";
import { expect, test } from "vitest";
import { boxGiou, boxIou, decodeBoxes, encodeBoxes, generateAnchors, matchAnchors, nonMaxSuppression3d } from "../src/index.js";

const coordinate = fc.double({ min: -50, max: 50, noNaN: true });
const edge = fc.double({ min: 0.01, max: 40, noNaN: true });
const box = fc.tuple(coordinate, coordinate, coordinate, edge, edge, edge).map(([z, y, x, d, h, w]) => [z, y, x, z + d, y + h, x + w]);
// Whole coordinates in a small range: many equal boxes, ties and exact thresholds.
const whole = fc
  .tuple(...[6, 6, 6].map((max) => fc.integer({ min: 0, max })), ...[3, 3, 3].map((max) => fc.integer({ min: 0, max })))
  .map(([z, y, x, d, h, w]) => [z!, y!, x!, z! + d!, y! + h!, x! + w!]);

test("IoU is symmetric and in [0, 1], GIoU is not above it", () => {
  fc.assert(
    fc.property(fc.oneof(box, whole), fc.oneof(box, whole), (a, b) => {
      const iou = boxIou(a, b);
      expect(iou).toBe(boxIou(b, a));
      expect(iou).toBeGreaterThanOrEqual(0);
      expect(iou).toBeLessThanOrEqual(1 + 1e-12);
      expect(boxGiou(a, b)).toBeLessThanOrEqual(iou + 1e-12);
      expect(boxGiou(a, b)).toBeGreaterThan(-1 - 1e-12);
    }),
  );
});

test("a box has IoU 1 with itself", () => {
  fc.assert(fc.property(box, (a) => void expect(boxIou(a, a)).toBeCloseTo(1, 12)));
});

test("decode undoes encode", () => {
  fc.assert(
    fc.property(box, box, fc.double({ min: 0.1, max: 10, noNaN: true }), (anchor, target, w) => {
      const sizes = [0, 1, 2].map((axis) => (target[axis + 3]! - target[axis]!) / (anchor[axis + 3]! - anchor[axis]!));
      fc.pre(sizes.every((ratio) => ratio < 62 && ratio > 1 / 62));
      const weights = [w, 1, 1, 1, w, 1] as const;
      const decoded = decodeBoxes(anchor, encodeBoxes(anchor, target, { weights }), { weights });
      for (let i = 0; i < 6; i++) expect(Math.abs(decoded[i]! - target[i]!)).toBeLessThan(2e-3);
    }),
  );
});

/** Greedy NMS as the definition reads: the oracle for the grid. */
function plainNms(boxes: number[][], scores: number[], threshold: number): number[] {
  const order = scores.map((_, i) => i).sort((a, b) => scores[b]! - scores[a]!);
  const kept: number[] = [];
  for (const i of order) if (kept.every((k) => boxIou(boxes[i]!, boxes[k]!) <= threshold)) kept.push(i);
  return kept;
}

test("NMS equals the plain greedy loop, keeps the best box, and no two kept boxes overlap above the threshold", () => {
  const scored = fc.array(fc.tuple(fc.oneof(box, whole), fc.integer({ min: 0, max: 5 })), { maxLength: 40 });
  fc.assert(
    fc.property(scored, fc.constantFrom(0, 0.1, 1 / 3, 0.5, 1), (items, iouThreshold) => {
      const boxes = items.map(([b]) => b);
      const scores = items.map(([, s]) => s);
      const kept = Array.from(nonMaxSuppression3d(boxes.flat(), scores, { iouThreshold }));
      expect(kept).toEqual(plainNms(boxes, scores, iouThreshold));
      if (items.length > 0) expect(scores[kept[0]!]).toBe(Math.max(...scores));
      for (const i of kept) for (const k of kept) if (i !== k) expect(boxIou(boxes[i]!, boxes[k]!)).toBeLessThanOrEqual(iouThreshold);
    }),
  );
});

test("the order of distinct scores decides, not the order of rows", () => {
  fc.assert(
    fc.property(fc.array(box, { minLength: 1, maxLength: 20 }), (boxes) => {
      const scores = boxes.map((_, i) => i);
      const forward = nonMaxSuppression3d(boxes.flat(), scores, { iouThreshold: 0.2 });
      const backward = nonMaxSuppression3d(boxes.slice().reverse().flat(), scores.slice().reverse(), { iouThreshold: 0.2 });
      expect(Array.from(backward, (i) => boxes.length - 1 - i)).toEqual(Array.from(forward));
    }),
  );
});

test("center matching gives some box's index, background or ignored, and one box always has an anchor", () => {
  const set = generateAnchors({
    shape: [16, 16, 16],
    levels: [
      {
        stride: 4,
        sizes: [
          [4, 4, 4],
          [9, 9, 9],
        ],
      },
    ],
  });
  fc.assert(
    fc.property(fc.array(box, { minLength: 1, maxLength: 4 }), (boxes) => {
      const matches = matchAnchors(set.boxes, boxes.flat(), { method: "center" });
      for (const m of matches) expect(m >= -2 && m < boxes.length).toBe(true);
      expect(matches.some((m) => m >= 0)).toBe(true);
    }),
  );
});
