import { describe, expect, test } from "vitest";
import { generateAnchors } from "../src/index.js";
import { fixture } from "./fixture.js";

describe("generateAnchors", () => {
  test("agrees with MONAI in corner alignment", () => {
    const { anchors } = fixture("anchors");
    // MONAI rounds half sizes half-to-even: the depth 5 of its second shape becomes 4.
    const level = (scale: number, sizes: [number, number, number][]) => ({ stride: [4 * scale, 4 * scale, 2 * scale] as const, sizes });
    const ours = generateAnchors({
      shape: [16, 16, 8],
      alignment: "corner",
      levels: [
        level(1, [
          [6, 8, 4],
          [8, 6, 4],
          [10, 10, 6],
        ]),
        level(2, [
          [12, 16, 8],
          [16, 12, 10],
          [20, 20, 12],
        ]),
      ],
    });
    expect(ours.count).toBe(216);
    expect(Array.from(ours.boxes)).toEqual(anchors.flat());
    expect(ours.grid.levels.map((l) => l.shape)).toEqual([
      [4, 4, 4],
      [2, 2, 2],
    ]);
  });
  test("agrees with MONAI's generic generator", () => {
    const { generic } = fixture("anchors");
    const sizes = (cells: number[][]) => cells.map((c): [number, number, number] => [c[3]! - c[0]!, c[4]! - c[1]!, c[5]! - c[2]!]);
    const ours = generateAnchors({
      shape: [8, 8, 8],
      alignment: "corner",
      levels: [
        { stride: 4, sizes: sizes(generic.cell_anchors[0]) },
        { stride: 8, sizes: sizes(generic.cell_anchors[1]) },
      ],
    });
    expect(Array.from(ours.boxes)).toEqual(generic.anchors.flat());
  });
  test("symmetric anchors are mapped onto anchors by a flip of the patch", () => {
    const shape = [8, 16, 24] as const;
    const { boxes } = generateAnchors({
      shape,
      levels: [
        {
          stride: 4,
          sizes: [
            [5, 6, 7],
            [3, 3, 3],
          ],
        },
        { stride: 8, sizes: [[9, 9, 9]] },
      ],
    });
    const rows = (of: Float32Array) => Array.from({ length: of.length / 6 }, (_, k) => of.slice(6 * k, 6 * k + 6).join(" ")).sort();
    for (const axis of [0, 1, 2]) {
      const flipped = boxes.slice();
      for (let k = 0; k < flipped.length; k += 6) {
        flipped[k + axis] = shape[axis]! - 1 - boxes[k + axis + 3]!;
        flipped[k + axis + 3] = shape[axis]! - 1 - boxes[k + axis]!;
      }
      expect(rows(flipped)).toEqual(rows(boxes));
    }
  });
  test("no levels, no anchors", () => {
    expect(generateAnchors({ shape: [4, 4, 4], levels: [] })).toEqual({ grid: { levels: [] }, boxes: new Float32Array(0), count: 0 });
  });
  test("what does not fit is named", () => {
    expect(() => generateAnchors({ shape: [8, 8, 6], levels: [{ stride: 4, sizes: [[1, 1, 1]] }] })).toThrow(
      "shape [8, 8, 6] is no positive multiple of the stride 4",
    );
    expect(() => generateAnchors({ shape: [8, 8, 8], levels: [{ stride: 0, sizes: [[1, 1, 1]] }] })).toThrow("stride of level 0 is 0");
    expect(() => generateAnchors({ shape: [8, 8, 8], levels: [{ stride: 4, sizes: [[1, -1, 1]] }] })).toThrow("size [1, -1, 1] of level 0");
    expect(() => generateAnchors({ shape: [8, 8, 8], levels: [{ stride: 4, sizes: [] }] })).toThrow("level 0 has no sizes");
  });
});
