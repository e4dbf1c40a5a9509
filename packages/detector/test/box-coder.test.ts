import * as tf from "@tensorflow/tfjs";
import { describe, expect, test } from "vitest";
import { type BoxWeights, decodeBoxes, decodeBoxTensors, encodeBoxes } from "../src/index.js";
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

describe("decodeBoxTensors", () => {
  const { anchors, boxes_xform_clip: maxLogSize, weights_10 } = fixture("box_coder");
  const flat: number[] = anchors.flat();
  const count = flat.length / 6;

  test("agrees with MONAI, also at the limit of log sizes", () => {
    tf.tidy(() => {
      const options = { weights: weights_10.weights as BoxWeights, maxLogSize };
      const ofBatch = (code: number[][]) => decodeBoxTensors(flat, tf.tensor3d([code, code]), options).dataSync();
      expect(maxDifference(ofBatch(weights_10.encoded), [weights_10.decoded, weights_10.decoded].flat(2))).toBeLessThan(1e-5);
      const overflow = [weights_10.decoded_overflow, weights_10.decoded_overflow].flat(2);
      expect(maxDifference(ofBatch(weights_10.code_with_overflow), overflow)).toBeLessThan(1e-4);
    });
  });
  test("its gradient agrees with finite differences of decodeBoxes, and is 0 beyond the limit", () => {
    const weights: BoxWeights = [10, 10, 10, 5, 5, 5];
    const deltas = Array.from({ length: 6 * count }, (_, i) => Math.sin(3 * i));
    deltas[4] = 5 * 9;
    const factors = Float32Array.from({ length: 6 * count }, (_, i) => Math.cos(2 * i));
    const loss = (of: number[]): number => decodeBoxes(flat, of, { weights }).reduce((sum, v, i) => sum + v * factors[i]!, 0);
    const gradient = tf.tidy(() =>
      tf
        .grad((d: tf.Tensor) => tf.sum(tf.mul(decodeBoxTensors(flat, d as tf.Tensor3D, { weights }), tf.tensor3d(factors, [1, count, 6]))))(
          tf.tensor3d(deltas, [1, count, 6]),
        )
        .dataSync(),
    );
    expect(gradient[4]).toBe(0);
    // Float32 boxes: a step large enough to be seen, and central.
    const expected = deltas.map((v, i) => {
      const at = (h: number): number => loss(deltas.map((d, k) => (k === i ? v + h : d)));
      return (at(0.02) - at(-0.02)) / 0.04;
    });
    expect(maxDifference(gradient, expected)).toBeLessThan(2e-3);
  });
  test("deltas of other anchors are refused", () => {
    tf.tidy(() => {
      const two = tf.zeros<tf.Rank.R3>([1, 2, 6]);
      expect(() => decodeBoxTensors([0, 0, 0, 1, 1, 1], two)).toThrow("deltas of shape [1, 2, 6], expected [batch, 1, 6] for 1 anchors");
    });
  });
});
