import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { boxIou, mergeWeighted } from "../src/index.js";
import { maxDifference } from "./fixture.js";

const volume = (b: number[]) => (b[3]! - b[0]!) * (b[4]! - b[1]!) * (b[5]! - b[2]!);

interface Scored {
  box: number[];
  score: number;
  source: number;
}

/** The rule as its formula reads, cluster by cluster. */
function plainMerge(items: Scored[], threshold: number, expected: number): { box: number[]; score: number }[] {
  let left = items.slice().sort((a, b) => b.score - a.score);
  const merged: { box: number[]; score: number }[] = [];
  while (left.length > 0) {
    const best = left[0]!;
    const cluster = left.filter((item, i) => i === 0 || boxIou(best.box, item.box) > threshold);
    left = left.filter((item) => !cluster.includes(item));
    const weights = cluster.map(({ box }) => boxIou(best.box, box) * volume(box));
    const total = weights.reduce((a, b) => a + b);
    const weighted = cluster.map(({ score }, i) => score * weights[i]!);
    const sum = weighted.reduce((a, b) => a + b);
    const missing = Math.max(0, expected - new Set(cluster.map(({ source }) => source)).size);
    merged.push({
      box: [0, 1, 2, 3, 4, 5].map((k) => cluster.reduce((v, { box }, i) => v + weighted[i]! * box[k]!, 0) / sum),
      score: sum / (total + missing * (total / cluster.length)),
    });
  }
  return merged.sort((a, b) => b.score - a.score);
}

const edge = fc.integer({ min: 1, max: 6 });
const corner = fc.integer({ min: 0, max: 12 });
const box = fc.tuple(corner, corner, corner, edge, edge, edge).map(([z, y, x, d, h, w]) => [z, y, x, z + d, y + h, x + w]);
// Distinct scores, so that the order of the clusters is one.
const items = fc.uniqueArray(fc.record({ box, score: fc.integer({ min: 1, max: 999 }), source: fc.integer({ min: 0, max: 3 }) }), {
  selector: ({ score }) => score,
  maxLength: 25,
});

describe("mergeWeighted", () => {
  test("is the formula, whatever the order of the rows", () => {
    fc.assert(
      fc.property(items, fc.constantFrom(0, 0.1, 0.5), fc.integer({ min: 1, max: 5 }), (list, iouThreshold, expected) => {
        const scored = list.map((item) => ({ ...item, score: item.score / 1000 }));
        const merge = (of: Scored[]) =>
          mergeWeighted(
            of.flatMap((item) => item.box),
            of.map(({ score }) => score),
            { iouThreshold, sources: of.map(({ source }) => source), expected: () => expected },
          );
        const plain = plainMerge(scored, iouThreshold, expected);
        const ours = merge(scored);
        expect(
          maxDifference(
            ours.scores,
            Float32Array.from(plain, ({ score }) => score),
          ),
        ).toBeLessThan(1e-6);
        // Clusters of equal scores may change places; their boxes are compared where scores tell them apart.
        const apart = plain.filter(({ score }, i) => plain.every((other, j) => i === j || Math.abs(other.score - score) > 1e-6));
        for (const { box: theirs, score } of apart) {
          const k = ours.scores.findIndex((s) => Math.abs(s - score) < 1e-6);
          expect(maxDifference(ours.boxes.subarray(6 * k, 6 * k + 6), theirs)).toBeLessThan(1e-4);
        }
        expect(maxDifference(merge(scored.slice().reverse()).scores, ours.scores)).toBeLessThan(1e-6);
      }),
    );
  });
  test("a merged box lies inside the hull of its cluster, and no score is above the best one", () => {
    fc.assert(
      fc.property(items, (list) => {
        const { scores, boxes } = mergeWeighted(
          list.flatMap((item) => item.box),
          list.map(({ score }) => score / 1000),
          { iouThreshold: 0.1 },
        );
        const highest = Math.max(0, ...list.map(({ score }) => score / 1000));
        for (const score of scores) expect(score).toBeLessThanOrEqual(highest + 1e-6);
        for (const c of boxes) expect(c >= -1e-5 && c <= 18 + 1e-5).toBe(true);
      }),
    );
  });
  test("by hand: two looks of three found it, the larger box weighs more", () => {
    // IoU 1/2: weights 8 and 16 / 2 = 8. Score (8 · 0.9 + 8 · 0.3) / (16 + 8) = 0.4; x1 = (7.2 · 2 + 2.4 · 4) / 9.6 = 2.5.
    const merged = mergeWeighted([0, 0, 0, 2, 2, 2, 0, 0, 0, 2, 2, 4], [0.9, 0.3], {
      iouThreshold: 0.2,
      sources: [0, 1],
      expected: (center) => (center.every((c) => c === 1) ? 3 : 99),
    });
    expect(merged.scores[0]).toBeCloseTo(0.4, 6);
    expect(Array.from(merged.boxes)).toEqual([0, 0, 0, 2, 2, 2.5]);
    expect(Array.from(merged.best)).toEqual([0]);
  });
  test("classes stay apart, the limit keeps the best, and what is not finite is left out", () => {
    const twice = [0, 0, 0, 2, 2, 2, 0, 0, 0, 2, 2, 2];
    expect(Array.from(mergeWeighted(twice, [0.2, 0.8], { iouThreshold: 0.1, labels: [0, 1] }).best)).toEqual([1, 0]);
    expect(Array.from(mergeWeighted(twice, [0.2, 0.8], { iouThreshold: 0.1, labels: [0, 1], maxKept: 1 }).best)).toEqual([1]);
    const odd = [...twice, 0, 0, 0, 2, 2, Number.NaN, 5, 5, 5, 5, 6, 6];
    const merged = mergeWeighted(odd, [Number.NaN, 0.8, 0.9, 0.5], { iouThreshold: 0.1 });
    expect(Array.from(merged.best)).toEqual([1, 3]);
    expect(Array.from(merged.boxes.subarray(6))).toEqual([5, 5, 5, 5, 6, 6]);
    expect(mergeWeighted([], [], { iouThreshold: 0.1 }).scores).toHaveLength(0);
  });
  test("scores of 0 leave the best box as it is", () => {
    expect(Array.from(mergeWeighted([0, 0, 0, 2, 2, 2, 0, 0, 0, 2, 2, 3], [0, 0], { iouThreshold: 0.1 }).boxes)).toEqual([
      0, 0, 0, 2, 2, 2,
    ]);
  });
  test("what does not fit is named", () => {
    const one = [0, 0, 0, 1, 1, 1];
    expect(() => mergeWeighted(one, [], { iouThreshold: 0.5 })).toThrow("scores has 0 numbers, expected 1, one for each box");
    expect(() => mergeWeighted(one, [1], { iouThreshold: 0.5, sources: [] })).toThrow("sources has 0 numbers, expected 1");
    expect(() => mergeWeighted(one, [1], { iouThreshold: -1 })).toThrow("iouThreshold -1, expected a number in [0, 1]");
    expect(() => mergeWeighted(one, [-1], { iouThreshold: 0.5 })).toThrow("score 0 is -1, expected a probability");
    expect(() => mergeWeighted(one, [1], { iouThreshold: 0.5, maxKept: -1 })).toThrow("maxKept -1, expected a number");
  });
});
