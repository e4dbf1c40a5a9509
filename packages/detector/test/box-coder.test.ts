import { describe, expect, test } from "vitest";
import { type BoxWeights, decodeBoxes, encodeBoxes } from "../src/index.js";
import { fixture, maxDifference } from "./fixture.js";

describe("box coder", () => {
  const { anchors, gt, boxes_xform_clip: maxLogSize, weights_1, weights_10 } = fixture("box_coder");
  test.each([weights_1, weights_10])("agrees with MONAI, weights $weights", (v) => {
    const weights = v.weights as BoxWeights;
    expect(maxDifference(encodeBoxes(anchors.flat(), gt.flat(), { weights }), v.encoded.flat())).toBeLessThan(1e-5);
    expect(maxDifference(decodeBoxes(anchors.flat(), v.encoded.flat(), { weights }), v.decoded.flat())).toBeLessThan(1e-5);
    expect(
      maxDifference(decodeBoxes(anchors.flat(), v.code_with_overflow.flat(), { weights, maxLogSize }), v.decoded_overflow.flat()),
    ).toBeLessThan(1e-4);
  });
  test("the limit of log sizes is MONAI's by default", () => {
    expect(maxLogSize).toBeCloseTo(Math.log(1000 / 16), 12);
    const wide = decodeBoxes([0, 0, 0, 1, 1, 1], [0, 0, 0, 1e9, 0, 0]);
    expect(wide[3]! - wide[0]!).toBeCloseTo(62.5, 4);
  });
  test("what cannot be coded is named", () => {
    expect(() => encodeBoxes([0, 0, 0, 1, 1, 1], [0, 0, 0, 1, 0, 1])).toThrow("box 0 has size 0");
    expect(() => encodeBoxes([0, 0, 0, 1, 1, 1], [])).toThrow("boxes has 0 numbers, expected 6");
    expect(() => decodeBoxes([0, 0, 0, 1, 1, 1], [0, 0, 0, 0, 0, 0], { weights: [1, 1, 1, 1, 1, 0] })).toThrow(
      "weights [1, 1, 1, 1, 1, 0]",
    );
    expect(encodeBoxes([], [])).toHaveLength(0);
  });
});
