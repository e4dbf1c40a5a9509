import { describe, expect, test } from "vitest";
import { type AnchorGrid, anchorTargets, cubeSizes, generateAnchors, matchAnchors } from "../src/index.js";
import { fixture } from "./fixture.js";

const anchors: number[] = fixture("anchors").anchors.flat();
const { gt_boxes, results } = fixture("matchers");
const sizes: [number, number, number][] = [
  [1, 1, 1],
  [1, 1, 1],
  [1, 1, 1],
];
const grid: AnchorGrid = {
  levels: [
    { shape: [4, 4, 4], anchors: sizes },
    { shape: [2, 2, 2], anchors: sizes },
  ],
};

describe("matchAnchors, iou", () => {
  test.each([
    ["iou_hi0.5_lo0.4_lowqTrue", { high: 0.5, low: 0.4, allowLowQuality: true }],
    ["iou_hi0.5_lo0.4_lowqFalse", { high: 0.5, low: 0.4, allowLowQuality: false }],
    ["iou_hi0.35_lo0.2_lowqTrue", { high: 0.35, low: 0.2, allowLowQuality: true }],
  ])("agrees with MONAI: %s", (name, options) => {
    expect(Array.from(matchAnchors(anchors, gt_boxes.flat(), { method: "iou", ...options }))).toEqual(results[name].matches);
  });
  test("a box that touches no anchor claims none", () => {
    expect(Array.from(matchAnchors([0, 0, 0, 1, 1, 1], [5, 5, 5, 6, 6, 6], { method: "iou" }))).toEqual([-1]);
  });
});

describe("matchAnchors, atss", () => {
  test("agrees with MONAI where no candidate distances tie", () => {
    // One candidate per location: three anchors of the nearest location at each level, which no other location ties with.
    expect(Array.from(matchAnchors(anchors, gt_boxes.flat(), { method: "atss", grid, candidates: 1 }))).toEqual(
      results.atss_n1_centerFalse.matches,
    );
  });
  test.each([
    ["n4_centerFalse", { candidates: 4, centerInside: false }],
    ["n4_centerTrue", { candidates: 4, centerInside: true }],
    ["n9_centerFalse", { candidates: 9, centerInside: false }],
  ])("agrees with MONAI on the tie-free case: %s", (name, options) => {
    const v = fixture("atss_tiefree");
    const set = generateAnchors({
      shape: [32, 32, 32],
      alignment: "corner",
      levels: [
        { stride: 4, sizes: cubeSizes([6]) },
        { stride: 8, sizes: cubeSizes([12]) },
      ],
    });
    const matches = matchAnchors(set.boxes, v.gt_boxes.flat(), { method: "atss", grid: set.grid, ...options });
    const positive = Object.fromEntries(Array.from(matches.entries()).filter(([, m]) => m >= 0));
    expect(positive).toEqual(v.results[name].positive);
  });
  test("a grid of other anchors is refused", () => {
    expect(() => matchAnchors([0, 0, 0, 1, 1, 1], [], { method: "atss", grid })).toThrow("anchors has 1 boxes, expected 216 as grid says");
  });
});

describe("matchAnchors, center", () => {
  const set = generateAnchors({ shape: [16, 16, 16], levels: [{ stride: 4, sizes: cubeSizes([4, 8]) }] });
  const cube = (center: number[], edge: number) => [...center.map((c) => c - edge / 2), ...center.map((c) => c + edge / 2)];
  const at = (z: number, y: number, x: number, size: 0 | 1) => ((z * 4 + y) * 4 + x) * 2 + size;

  test("only the nearest size is positive, all sizes around it are ignored", () => {
    const matches = matchAnchors(set.boxes, cube([5.5, 5.5, 5.5], 4.5), { method: "center" });
    expect(matches[at(1, 1, 1, 0)]).toBe(0);
    expect(matches[at(1, 1, 1, 1)]).toBe(-2);
    expect(matches.filter((m) => m >= 0)).toHaveLength(1);
    expect(matches.filter((m) => m === -2)).toHaveLength(1);
    const own = matchAnchors(set.boxes, cube([5.5, 5.5, 5.5], 4.5), { method: "center", ignoredSizes: "own" });
    expect(own[at(1, 1, 1, 1)]).toBe(-1);
  });
  test("the zones grow with the radius", () => {
    // Radius 6: positive within 4.2 voxels (the location and its six neighbors), ignored within 7.2 (also the diagonal ones).
    const matches = matchAnchors(set.boxes, cube([5.5, 5.5, 5.5], 12), { method: "center" });
    expect(matches.filter((m) => m >= 0)).toHaveLength(7);
    expect(matches[at(1, 2, 2, 1)]).toBe(-2);
    expect(matches[at(2, 2, 2, 0)]).toBe(-2);
    expect(matches[at(1, 1, 3, 1)]).toBe(-1);
  });
  test("a box far from every location has its nearest anchor, and a common nearest one goes to the nearer box", () => {
    const none = { method: "center", positiveRadius: 0, minPositiveVoxels: 0, ignoredRadius: 0, minIgnoredVoxels: 0 } as const;
    expect(matchAnchors(set.boxes, cube([3.4, 3.4, 3.4], 4), none).filter((m) => m >= 0)).toHaveLength(1);
    const two = [...cube([5.5, 5.5, 5.5], 4), ...cube([5.5, 5.5, 6], 4)];
    expect(matchAnchors(set.boxes, two, none)[at(1, 1, 1, 0)]).toBe(0);
    expect(matchAnchors(set.boxes, [...two.slice(6), ...two.slice(0, 6)], none)[at(1, 1, 1, 0)]).toBe(1);
  });
  test("a box without volume is refused", () => {
    expect(() => matchAnchors(set.boxes, [0, 0, 0, 0, 1, 1], { method: "center" })).toThrow("box 0 has edge 0");
  });
});

test("without boxes every anchor is background", () => {
  for (const matching of [{ method: "iou" }, { method: "center" }, { method: "atss", grid }] as const) {
    expect(new Set(matchAnchors(anchors, [], matching))).toEqual(new Set([-1]));
  }
  expect(() => matchAnchors(anchors, [], { method: "hungarian" } as never)).toThrow('method hungarian, expected "iou", "atss" or "center"');
});

test("anchorTargets refuses a match with no box", () => {
  expect(() => anchorTargets([0, 0, 0, 1, 1, 1], [], [0])).toThrow("anchor 0 is matched with box 0, expected less than 0");
});
