import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type DetectionBatch, detectionLoss } from "../src/index.js";

/** The loss in float64, term by term as the docstring writes it. */
function reference(
  logits: number[][],
  batch: { y: number[][]; w: number[][]; pos: number[][] },
  d: number[][],
  goal: number[][],
  labeledCount: number,
  unlabeledWeight: number,
) {
  const [a0, a1, gamma, beta] = [0.25, 0.75, 2, 1 / 9];
  const sfl = (z: number, y: number): number => {
    const p = 1 / (1 + Math.exp(-z));
    const ce = Math.max(z, 0) - z * y + Math.log1p(Math.exp(-Math.abs(z)));
    return (a0 + y * (a1 - a0)) * Math.abs(y - p) ** gamma * ce;
  };
  const huber = (e: number): number => (Math.abs(e) < beta ? (e * e) / (2 * beta) : Math.abs(e) - beta / 2);
  const positives = Math.max(
    1,
    batch.pos.flat().reduce((a, b) => a + b, 0),
  );
  let classification = 0;
  let unlabeled = 0;
  let box = 0;
  for (const [i, row] of logits.entries()) {
    for (const [k, z] of row.entries()) {
      const loss = sfl(z, batch.y[i]![k]!) * batch.w[i]![k]!;
      if (i < labeledCount) classification += loss;
      else unlabeled += loss;
      // Every anchor's six deltas are equal here.
      box += 6 * huber(goal[i]![k]! - d[i]![k]!) * batch.pos[i]![k]!;
    }
  }
  return (classification + 0.5 * box + unlabeledWeight * unlabeled) / positives;
}

const six = (values: number[][]): tf.Tensor3D => tf.tile(tf.reshape(tf.tensor2d(values), [values.length, values[0]!.length, 1]), [1, 1, 6]);

test("agrees with the formula in float64, and its gradients with finite differences", () => {
  const logits = [
    [-4, 1, 0.3],
    [2, -1, -3],
    [0.5, -6, 1.5],
  ];
  const deltas = [
    [0.05, -0.3, 0.9],
    [0, 0.2, -0.1],
    [0.3, 0.1, 0],
  ];
  const goal = [
    [0, 0.1, 0.2],
    [0.3, 0, 0],
    [0, 0, 0],
  ];
  const y = [
    [1, 0, 0.4],
    [1, 0, 0],
    [0.7, 0.1, 0.5],
  ];
  const w = [
    [1, 1, 0],
    [1, 1, 1],
    [1, 1, 1],
  ];
  const pos = [
    [1, 0, 0],
    [1, 0, 0],
    [0, 0, 0],
  ];
  const batch: DetectionBatch = {
    patches: tf.zeros([3, 2, 2, 2, 1]),
    targets: tf.tensor2d(y),
    weights: tf.tensor2d(w),
    positives: tf.tensor2d(pos),
    deltas: six(goal),
  };
  const options = { focal: { alpha: [0.25, 0.75] as [number, number], gamma: 2 }, labeledCount: 2, unlabeledWeight: 10 };
  const z = tf.variable(tf.tensor2d(logits));
  const d = tf.variable(tf.tensor2d(deltas));
  const predict = () => ({
    logits: tf.reshape(z, [3, 3, 1]) as tf.Tensor3D,
    deltas: tf.tile(tf.reshape(d, [3, 3, 1]), [1, 1, 6]) as tf.Tensor3D,
  });
  const { value, grads } = tf.variableGrads(() => detectionLoss(predict, batch, options).total, [z, d]);
  const at = (l: number[][], b: number[][]): number => reference(l, { y, w, pos }, b, goal, 2, 10);
  expect(value.dataSync()[0]).toBeCloseTo(at(logits, deltas), 5);
  const h = 1e-5;
  const moved = (values: number[][], i: number, k: number, by: number): number[][] =>
    values.map((row, a) => row.map((v, b) => (a === i && b === k ? v + by : v)));
  const ofLogits = grads[z.name]!.arraySync() as number[][];
  const ofDeltas = grads[d.name]!.arraySync() as number[][];
  for (let i = 0; i < 3; i++) {
    for (let k = 0; k < 3; k++) {
      expect(ofLogits[i]![k]).toBeCloseTo((at(moved(logits, i, k, h), deltas) - at(moved(logits, i, k, -h), deltas)) / (2 * h), 4);
      expect(ofDeltas[i]![k]).toBeCloseTo((at(logits, moved(deltas, i, k, h)) - at(logits, moved(deltas, i, k, -h))) / (2 * h), 4);
    }
  }
});

/** GIoU of two boxes in float64. */
function giou(a: readonly number[], b: readonly number[]): number {
  const product = (f: (i: number) => number): number => [0, 1, 2].reduce((v, i) => v * Math.max(0, f(i)), 1);
  const shared = product((i) => Math.min(a[i + 3]!, b[i + 3]!) - Math.max(a[i]!, b[i]!));
  const union = product((i) => a[i + 3]! - a[i]!) + product((i) => b[i + 3]! - b[i]!) - shared;
  const hull = product((i) => Math.max(a[i + 3]!, b[i + 3]!) - Math.min(a[i]!, b[i]!));
  return shared / union - (hull - union) / hull;
}

test("with decodeBoxes the box loss is 1 − GIoU over the positives, and its gradient agrees with finite differences", () => {
  // Two anchors of edges 4 and 6 around two centers; a delta is a shift in edges and the logarithm of a ratio of edges.
  const [edges, centers] = [
    [4, 6],
    [3, 9],
  ];
  const decode = (deltas: readonly number[], anchor: number): number[] => {
    const middle = [0, 1, 2].map((i) => centers[anchor]! + edges[anchor]! * deltas[i]!);
    const half = [3, 4, 5].map((i) => (edges[anchor]! / 2) * Math.exp(deltas[i]!));
    return [...middle.map((c, i) => c - half[i]!), ...middle.map((c, i) => c + half[i]!)];
  };
  const decodeBoxes = (deltas: tf.Tensor3D): tf.Tensor3D => {
    const edge = tf.tensor2d(edges, [2, 1]);
    const middle = tf.add(tf.tensor2d(centers, [2, 1]), tf.mul(edge, tf.slice(deltas, [0, 0, 0], [-1, -1, 3])));
    const half = tf.mul(tf.div(edge, 2), tf.exp(tf.slice(deltas, [0, 0, 3], [-1, -1, 3])));
    return tf.concat([tf.sub(middle, half), tf.add(middle, half)], 2) as tf.Tensor3D;
  };
  const wanted = [
    [0.1, -0.2, 0.05, 0.2, -0.1, 0.3],
    [0, 0, 0, 0, 0, 0],
  ];
  const said = [
    [0.02, 0.31, -0.13, 0.12, 0.23, -0.21],
    [3, 0.4, -0.3, 5, -9, 0.2],
  ];
  const batch: DetectionBatch = {
    patches: tf.zeros([1, 2, 2, 2, 1]),
    targets: tf.tensor2d([[1, 0]]),
    weights: tf.ones([1, 2]),
    positives: tf.tensor2d([[1, 0]]),
    deltas: tf.tensor3d([wanted]),
  };
  const deltas = tf.variable(tf.tensor3d([said]));
  const predict = () => ({ logits: tf.zeros<tf.Rank.R3>([1, 2, 1]), deltas: deltas as tf.Tensor3D });
  const { value, grads } = tf.variableGrads(() => detectionLoss(predict, batch, { decodeBoxes }).box, [deltas]);
  const reference = (of: readonly number[]): number => 1 - giou(decode(wanted[0]!, 0), decode(of, 0));
  expect(value.dataSync()[0]).toBeCloseTo(reference(said[0]!), 5);
  const [[first, second]] = grads[deltas.name]!.arraySync() as [[number[], number[]]];
  for (const [i, slope] of first.entries()) {
    const at = (h: number): number => reference(said[0]!.map((v, k) => (k === i ? v + h : v)));
    expect(slope).toBeCloseTo((at(1e-5) - at(-1e-5)) / 2e-5, 4);
  }
  // The other anchor wants nothing, however far it is.
  expect(second).toEqual([0, 0, 0, 0, 0, 0]);
  const wrong = () => detectionLoss(predict, batch, { decodeBoxes: (all) => tf.slice(all, [0, 0, 0], [-1, -1, 3]) });
  expect(wrong).toThrow("decodeBoxes gave [1,2,3]; expected [1,2,6], the shape of the deltas");
});

test("its parts add up to the total", () => {
  const part = fc.array(fc.float({ min: -8, max: 8, noNaN: true }), { minLength: 8, maxLength: 8 });
  fc.assert(
    fc.property(
      part,
      fc.integer({ min: 0, max: 2 }),
      fc.float({ min: 0, max: 20, noNaN: true }),
      (values, labeledCount, unlabeledWeight) => {
        tf.tidy(() => {
          const logits = tf.tensor3d(values, [2, 4, 1]);
          const batch: DetectionBatch = {
            patches: tf.zeros([2, 2, 2, 2, 1]),
            targets: tf.tensor2d([1, 0, 0.5, 0, 0, 0.25, 1, 0], [2, 4]),
            weights: tf.ones([2, 4]),
            positives: tf.tensor2d([1, 0, 0, 0, 0, 0, 1, 0], [2, 4]),
            deltas: tf.zeros([2, 4, 6]),
          };
          const loss = detectionLoss(() => ({ logits, deltas: tf.tile(logits, [1, 1, 6]) }), batch, {
            labeledCount,
            unlabeledWeight,
            boxWeight: 0.5,
          });
          const [total, classification, box, unlabeled] = [loss.total, loss.classification, loss.box, loss.unlabeled].map(
            (t) => t.dataSync()[0]!,
          ) as [number, number, number, number];
          expect(total).toBeGreaterThanOrEqual(0);
          expect(Math.abs(total - (classification + 0.5 * box + unlabeledWeight * unlabeled))).toBeLessThan(1e-4 * (1 + total));
        });
      },
    ),
    { numRuns: 30 },
  );
});

test("a batch without objects has a finite loss and no box loss", () => {
  const batch: DetectionBatch = {
    patches: tf.zeros([1, 2, 2, 2, 1]),
    targets: tf.zeros([1, 8]),
    weights: tf.ones([1, 8]),
    positives: tf.zeros([1, 8]),
    deltas: tf.zeros([1, 8, 6]),
  };
  const loss = detectionLoss(() => ({ logits: tf.fill([1, 8, 1], -4.6) as tf.Tensor3D, deltas: tf.ones([1, 8, 6]) }), batch);
  expect(loss.box.dataSync()[0]).toBe(0);
  expect(loss.total.dataSync()[0]).toBeGreaterThan(0);
  expect(loss.unlabeled.dataSync()[0]).toBe(0);
});

test("a labeledCount outside the batch is refused", () => {
  const batch: DetectionBatch = {
    patches: tf.zeros([1, 2, 2, 2, 1]),
    targets: tf.zeros([1, 8]),
    weights: tf.ones([1, 8]),
    positives: tf.zeros([1, 8]),
    deltas: tf.zeros([1, 8, 6]),
  };
  const predict = () => ({ logits: tf.zeros<tf.Rank.R3>([1, 8, 1]), deltas: tf.zeros<tf.Rank.R3>([1, 8, 6]) });
  expect(() => detectionLoss(predict, batch, { labeledCount: 2 })).toThrow(
    "labeledCount is 2; expected an integer in 0..1, the number of patches",
  );
});
