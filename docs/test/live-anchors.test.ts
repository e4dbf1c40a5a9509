import { boxIou, cubeSizes, generateAnchors, matchAnchors } from "@gleaner/detector";
import fc from "fast-check";
import { expect, test } from "vitest";
import { adaptiveThreshold, anchorAnswer } from "../.vitepress/theme/live/anchor-answer.js";
import { type AnchorState, anchorSchema, anchorStories } from "../.vitepress/theme/live/anchor-settings.js";
import { presetsOf } from "../.vitepress/theme/live/linked-state.js";

const answerOf = (changes: Partial<AnchorState>) => anchorAnswer({ ...presetsOf(anchorSchema), ...changes });
const story = (name: string) => answerOf(anchorStories.find((one) => one.name === name)!.changes);

test("the threshold shown of ATSS is the one that the package's matching takes", () => {
  const place = fc.double({ min: 0, max: 31, noNaN: true });
  const levels = [
    { stride: 4, sizes: cubeSizes([3.2, 5.1]) },
    { stride: 8, sizes: cubeSizes([7.3, 12.7]) },
  ];
  const set = generateAnchors({ shape: [32, 32, 32], levels });
  fc.assert(
    fc.property(
      place,
      place,
      place,
      fc.double({ min: 1, max: 12, noNaN: true }),
      fc.integer({ min: 1, max: 9 }),
      (z, y, x, r, candidates) => {
        const nodule = [z - r, y - r, x - r, z + r, y + r, x + r];
        const { threshold, candidates: count, passing } = adaptiveThreshold(set, nodule, candidates);
        expect(count).toBe(2 * candidates * 2);
        const matches = matchAnchors(set.boxes, nodule, { method: "atss", grid: set.grid, candidates });
        const positive = Array.from(matches.keys()).filter((a) => matches[a] === 0);
        expect(positive.length).toBe(passing);
        for (const a of positive) expect(boxIou(set.boxes.subarray(6 * a, 6 * a + 6), nodule)).toBeGreaterThanOrEqual(threshold);
      },
    ),
    { numRuns: 40 },
  );
});

test("the threshold of ATSS by hand: two anchors, one of them the nodule", () => {
  const set = generateAnchors({ shape: [4, 4, 8], levels: [{ stride: 4, sizes: cubeSizes([4]) }] });
  // IoU 1 and 0: mean 1/2, deviation of a sample of two √½.
  const { threshold } = adaptiveThreshold(set, [-0.5, -0.5, -0.5, 3.5, 3.5, 3.5], 4);
  expect(threshold).toBeCloseTo(0.5 + Math.SQRT1_2, 6);
});

test("the stories hold", () => {
  const between = story("between");
  // 4 mm and 5 mm cubes in voxels of 1.5 mm, 2 voxels apart along x.
  const [small, large] = [4 / 1.5, 5 / 1.5];
  const shared = small * small * ((small + large) / 2 - 2);
  expect(between.bestIou).toBeCloseTo(shared / (small ** 3 + large ** 3 - shared), 5);
  expect(between.positives).toBeGreaterThan(0);
  expect(story("lost").positives).toBe(0);
  expect([story("atss").positives, story("atss").adaptive?.threshold.toFixed(3)]).toEqual([2, "0.102"]);
  expect(story("center").positives).toBe(2);
  expect(story("center").ignored).toBeGreaterThan(0);
  const pyramid = story("pyramid");
  const kinds = new Set(
    pyramid.anchors.filter(({ fate }) => fate === "positive").map(({ stride, edgeMm }) => `${stride} ${edgeMm.toFixed(1)}`),
  );
  expect([...kinds].sort()).toEqual(["8 12.6", "8 16.0"]);
  expect(pyramid.adaptive?.threshold.toFixed(3)).toBe("0.150");
  const border = story("border");
  expect(border.nodule[0]).toBeLessThan(-0.5);
  expect(border.anchors[0]!.box[0]).toBeLessThan(-0.5);
  expect(border.positives).toBeGreaterThan(0);
});

test("what the page proposes to try comes out as it says", () => {
  const eight = { diameter: 8, z: 13.5, y: 13.5, x: 13.5 };
  expect(answerOf(eight).bestIou).toBeCloseTo(1, 5);
  expect(answerOf({ ...eight, x: 15.5 }).bestIou.toFixed(3)).toBe("0.455");
  expect(answerOf({ ...eight, z: 15.5, y: 15.5, x: 15.5 }).bestIou.toFixed(3)).toBe("0.184");
  expect(answerOf({ ...eight, x: 15.5, stride1: "8" }).bestIou.toFixed(3)).toBe("0.103");
});

test("the nodule stays in a smaller patch, and a patch without levels has no anchors", () => {
  expect(answerOf({ size: "16", z: 60, diameter: 6, spacing: 1.5 }).nodule).toEqual([13, 11.5, 13, 17, 15.5, 17]);
  const none = answerOf({ stride1: "0" });
  expect([none.count, none.positives, none.bestIou, none.anchors.length]).toEqual([0, 0, 0, 0]);
  expect(answerOf({ stride1: "0", method: "atss" }).positives).toBe(0);
  expect(answerOf({ high: 0.2, low: 0.4 }).positives).toBeGreaterThan(0);
});

test("levels come with their stride and the edge of their anchors in mm", () => {
  const { anchors, centers } = answerOf({ stride2: "8", sizes2: [12], diameter: 12 });
  const edges = new Set(anchors.map(({ stride, edgeMm }) => `${stride} ${edgeMm.toFixed(2)}`));
  expect([...edges].sort()).toEqual(["4 13.00", "4 5.00", "4 8.00", "8 12.00"]);
  expect(centers[0]!.at.slice(0, 3)).toEqual([1.5, 5.5, 9.5]);
  expect(centers[1]!.at).toEqual([3.5, 11.5, 19.5, 27.5]);
});
