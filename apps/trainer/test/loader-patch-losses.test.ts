import { type DetectionBatch, detectionLoss } from "@gleaner/methods";
import { createRandom, lossGradients } from "@gleaner/training";
import * as tf from "@tensorflow/tfjs";
import { beforeAll, expect, test } from "vitest";
import { keepPredictions, lossesOfPatches } from "../src/run/patch-losses.js";

beforeAll(async () => {
  await tf.setBackend("cpu");
});

const random = createRandom(8);
const drawn = (shape: number[], value: () => number): tf.Tensor =>
  tf.tensor(Array.from({ length: shape.reduce((a, b) => a * b) }, value), shape);

test("the losses of patches, each times its positives, add up to that of their batch", () => {
  const [count, anchors] = [4, 6];
  const positives = drawn([count, anchors], () => Number(random() < 0.4));
  const batch = {
    patches: drawn([count, 1, 1, anchors, 1], random),
    targets: tf.clone(positives),
    weights: drawn([count, anchors], () => Number(random() < 0.8)),
    positives,
    deltas: drawn([count, anchors, 6], random),
  } as DetectionBatch;
  const scale = tf.tidy(() => tf.variable(tf.scalar(1.5)));
  const student = keepPredictions((patches) => ({
    logits: tf.mul(scale, tf.reshape(patches, [-1, anchors, 1])),
    deltas: tf.mul(scale, tf.tile(tf.reshape(patches, [-1, anchors, 1]), [1, 1, 6])),
  }));
  const options = { focal: { gamma: 2 }, boxWeight: 0.5, boxBeta: 0.1 };
  const { value, gradients } = lossGradients(() => detectionLoss(student.predict, batch, options).total, { scale });
  const losses = lossesOfPatches(batch, student.kept(), count, options);
  const ofEach = [...tf.tidy(() => tf.sum(positives, 1).dataSync())];
  const sum = [...losses.dataSync()].reduce((all, loss, i) => all + loss * Math.max(1, ofEach[i]!), 0);
  const all = ofEach.reduce((a, b) => a + b);
  expect(all).toBeGreaterThan(2);
  expect(sum / all).toBeCloseTo(value.dataSync()[0]!, 5);
  expect(new Set(losses.dataSync()).size).toBe(count);
  // Of the first patches alone: what is unlabeled comes after them.
  const first = lossesOfPatches(batch, student.kept(), 2, options);
  expect([...first.dataSync()]).toEqual([...losses.dataSync().slice(0, 2)]);
  tf.dispose([first, losses, value, scale, ...Object.values(gradients), ...Object.values(student.kept()), ...Object.values(batch)]);
  expect(tf.memory().numTensors).toBe(0);
});
