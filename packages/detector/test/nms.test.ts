import { describe, expect, test } from "vitest";
import { nonMaxSuppression3d, selectTopScores } from "../src/index.js";
import { fixture } from "./fixture.js";

const { boxes, scores, labels, keep, keep_0_1_max5, batched_keep } = fixture("nms3d");

describe("nonMaxSuppression3d", () => {
  test.each(Object.keys(keep))("agrees with MONAI at IoU %s", (threshold) => {
    expect(Array.from(nonMaxSuppression3d(boxes.flat(), scores, { iouThreshold: Number(threshold) }))).toEqual(keep[threshold]);
  });
  test.each(Object.keys(batched_keep))("agrees with MONAI per class at IoU %s", (threshold) => {
    expect(Array.from(nonMaxSuppression3d(boxes.flat(), scores, { iouThreshold: Number(threshold), labels }))).toEqual(
      batched_keep[threshold],
    );
  });
  test("stops at the limit", () => {
    expect(Array.from(nonMaxSuppression3d(boxes.flat(), scores, { iouThreshold: 0.1, maxKept: 5 }))).toEqual(keep_0_1_max5);
  });
  test("keeps an IoU that equals the threshold, and the first of equal scores", () => {
    const pair = [0, 0, 0, 2, 2, 2, 0, 0, 1, 2, 2, 3];
    expect(Array.from(nonMaxSuppression3d(pair, [1, 1], { iouThreshold: 1 / 3 }))).toEqual([0, 1]);
    expect(Array.from(nonMaxSuppression3d(pair, [1, 1], { iouThreshold: 0.333 }))).toEqual([0]);
  });
  test("boxes far larger and farther than the others take part", () => {
    const big = [-1e6, -1e6, -1e6, 1e6, 1e6, 1e6];
    const odd = [0, 0, 0, 1, 1, 1, ...big, 0, 0, 0, 1, 1, 1, ...big, 1e30, 0, 0, 2e30, 1, 1, 1e30, 0, 0, 2e30, 1, 1];
    expect(Array.from(nonMaxSuppression3d(odd, [6, 5, 4, 3, 2, 1], { iouThreshold: 0.1 }))).toEqual([0, 1, 4]);
  });
  test("leaves out NaN scores and boxes that are not finite", () => {
    const odd = [0, 0, 0, 1, 1, 1, 5, 5, 5, 6, 6, Number.NaN, 8, 8, 8, 9, 9, Number.POSITIVE_INFINITY, 3, 3, 3, 4, 4, 4];
    expect(Array.from(nonMaxSuppression3d(odd, [Number.NaN, 1, 1, 1], { iouThreshold: 0.5 }))).toEqual([3]);
    expect(nonMaxSuppression3d([], [], { iouThreshold: 0.5 })).toHaveLength(0);
  });
  test("what does not fit is named", () => {
    expect(() => nonMaxSuppression3d([0, 0, 0, 1, 1, 1], [], { iouThreshold: 0.5 })).toThrow("scores has 0 numbers, expected 1");
    expect(() => nonMaxSuppression3d([], [], { iouThreshold: 2 })).toThrow("iouThreshold 2, expected a number in [0, 1]");
    expect(() => nonMaxSuppression3d([], [], { iouThreshold: 0.5, labels: [1] })).toThrow("labels has 1 numbers, expected 0");
  });
});

test("threshold, best per level, clipping and NMS together agree with MONAI's box selector", () => {
  const v = fixture("box_selector");
  const levels = (v.boxes_per_level as number[][][]).map((level, i) => {
    const score = (v.logits_per_level[i] as number[][]).map(([logit]) => 1 / (1 + Math.exp(-logit!)));
    const best = Array.from(selectTopScores(score, { scoreThreshold: v.score_thresh, limit: v.topk_candidates_per_level }));
    return best.map((k) => ({ score: score[k]!, box: level[k]!.map((c, axis) => Math.min(v.spatial_size[axis % 3], Math.max(0, c))) }));
  });
  // What MONAI counts as empty after clipping: an edge below one voxel.
  const all = levels.flat().filter(({ box }) => [0, 1, 2].every((axis) => box[axis + 3]! - box[axis]! >= 1));
  const kept = nonMaxSuppression3d(
    all.flatMap(({ box }) => box),
    all.map(({ score }) => score),
    { iouThreshold: v.nms_thresh, maxKept: v.detections_per_img },
  );
  expect(Array.from(kept, (k) => all[k]!.box)).toEqual(v.boxes);
  for (const [i, k] of kept.entries()) expect(all[k]!.score).toBeCloseTo(v.scores[i], 6);
});
