import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { differences, distance, numbers } from "../../../test/double.js";
import { type DetectionLossCase, type DetectionNumbers, detectionLossDouble } from "./support/detection-loss-double.js";
import { paired, startEngine, withEngine } from "./support/engine.js";

const usual: DetectionLossCase = {
  ...{ alpha0: 0.25, alpha1: 0.75, gamma: 2, softAlpha: true, softBeta: true },
  ...{ boxBeta: 1 / 9, boxWeight: 0.5, unlabeledWeight: 3, labeled: 2 },
};
const cases: DetectionLossCase[] = [
  usual,
  { ...usual, labeled: 0 },
  { ...usual, labeled: 3, unlabeledWeight: 0 },
  { ...usual, gamma: 1.5, softAlpha: false, softBeta: false, boxBeta: 1, boxWeight: 2 },
];

const shares = ({ boxWeight, unlabeledWeight, labeled }: DetectionLossCase): tf.NamedAttrMap => ({ boxWeight, unlabeledWeight, labeled });

/** The parts, and the gradients of their sum weighted by `dParts`. */
function run(logits: Float32Array, deltas: Float32Array, of: DetectionNumbers, c: DetectionLossCase, dParts: number[]): Float32Array[] {
  const flat = (values: ArrayLike<number>): tf.Tensor => tf.tensor2d(Float32Array.from(values), [of.patches, of.anchors]);
  const boxes = (values: ArrayLike<number>): tf.Tensor => tf.tensor3d(Float32Array.from(values), [of.patches, of.anchors, 6]);
  return tf.tidy(() => {
    const known = { targets: flat(of.targets), weights: flat(of.weights), positives: flat(of.positives), wanted: boxes(of.wanted) };
    const inputs = { ...known, logits: flat(logits), deltas: boxes(deltas) };
    const [parts, byLogits, byDeltas] = tf.engine().runKernel("GleanerDetectionLoss", inputs, { ...c }) as unknown as tf.Tensor[];
    const slopes = { dParts: tf.tensor1d(dParts), byLogits: byLogits!, byDeltas: byDeltas! };
    const gradients = tf.engine().runKernel("GleanerDetectionLossGrad", slopes, shares(c)) as unknown as tf.Tensor[];
    return [parts!, ...gradients].map((t) => t.dataSync() as Float32Array);
  });
}

/** Noise in which a third of the anchors of labeled patches have boxes and a tenth of all do not count. */
function noise(patches: number, anchors: number, labeled: number): DetectionNumbers {
  const count = patches * anchors;
  return {
    ...{ patches, anchors },
    targets: numbers(count, 1).map((v, i) => (i % 3 === 0 ? Math.round(Math.abs(v)) : Math.abs(v))),
    weights: numbers(count, 2).map((v) => (v > -0.8 ? 1 : 0)),
    positives: numbers(count, 3).map((v, i) => (v > 0.3 && i < labeled * anchors ? 1 : 0)),
    wanted: numbers(6 * count, 4),
  };
}

describe.runIf(paired)(withEngine("the loss of a detector"), () => {
  beforeAll(startEngine);

  test.each(cases)("parts and gradients agree with double precision: %o", (c) => {
    const of = noise(3, 7, c.labeled);
    const [logits, deltas] = [numbers(21, 5).map((v) => 9 * v), numbers(126, 6)];
    for (const dParts of [
      [1, 0, 0, 0],
      [0.3, -1, 2, 0.7],
    ]) {
      const [parts, dLogits, dDeltas] = run(logits, deltas, of, c, dParts);
      expect(distance(parts!, detectionLossDouble(logits, deltas, of, c))).toBeLessThan(2e-6);
      const weighted = (l: ArrayLike<number>, d: ArrayLike<number>): number =>
        detectionLossDouble(l, d, of, c).reduce((sum, part, i) => sum + part * dParts[i]!, 0);
      const finite = [differences((l) => weighted(l, deltas), logits), differences((d) => weighted(logits, d), deltas)];
      expect(distance(dLogits!, finite[0]!)).toBeLessThan(3e-6);
      expect(distance(dDeltas!, finite[1]!)).toBeLessThan(3e-6);
    }
  });

  test("patches of more than one block are summed whole, with the same bits at every run", () => {
    const [patches, anchors] = [3, 9001];
    const of = noise(patches, anchors, 2);
    const [logits, deltas] = [numbers(patches * anchors, 7).map((v) => 5 * v), numbers(6 * patches * anchors, 8)];
    const first = run(logits, deltas, of, usual, [1, 0, 0, 0]);
    for (const [i, part] of detectionLossDouble(logits, deltas, of, usual).entries())
      expect(Math.abs(first[0]![i]! / part - 1)).toBeLessThan(1e-6);
    expect(run(logits, deltas, of, usual, [1, 0, 0, 0])).toEqual(first);
  });

  test("without objects or anchors nothing is NaN, and deltas of anchors without a box are not read", () => {
    const none = { ...noise(2, 5, 0), wanted: new Float32Array(60).fill(Number.NaN) };
    const [parts, , dDeltas] = run(numbers(10, 1), numbers(60, 2), none, usual, [1, 0, 0, 0]);
    expect(Array.from(parts!, Number.isFinite)).toEqual([true, true, true, true]);
    expect(Array.from(dDeltas!).every((d) => d === 0)).toBe(true);
    expect(run(new Float32Array(0), new Float32Array(0), noise(2, 0, 0), usual, [1, 1, 1, 1]).map((t) => Array.from(t))).toEqual([
      [0, 0, 0, 0],
      [],
      [],
    ]);
  });

  test("a prediction that is NaN shows in its part", () => {
    const of = { ...noise(1, 4, 1), weights: [1, 1, 1, 1], positives: [1, 0, 0, 0] };
    const [of1] = run(new Float32Array([0, Number.NaN, 0, 0]), new Float32Array(24), of, usual, [1, 0, 0, 0]);
    expect(Array.from(of1!, Number.isNaN)).toEqual([true, true, false, false]);
    const [of2] = run(new Float32Array(4), new Float32Array(24).fill(Number.NaN), of, usual, [1, 0, 0, 0]);
    expect(Array.from(of2!, Number.isNaN)).toEqual([true, false, true, false]);
  });

  test("shapes that do not fit are refused", () => {
    const flat = tf.ones([2, 3]);
    const inputs = { targets: flat, logits: flat, weights: flat, positives: flat, wanted: tf.ones([2, 3, 6]), deltas: tf.ones([2, 3, 6]) };
    const lossOf = (wrong: object) => () => tf.engine().runKernel("GleanerDetectionLoss", { ...inputs, ...wrong }, { ...usual });
    expect(lossOf({ weights: tf.ones([3, 2]) })).toThrow("targets, weights and positives do not have the shape of the logits");
    expect(lossOf({ deltas: tf.ones([2, 3, 4]) })).toThrow("deltas do not have six numbers for each logit");
  });
});
