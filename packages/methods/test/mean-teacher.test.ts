import { cubeSymmetries } from "@gleaner/augment";
import * as tf from "@tensorflow/tfjs";
import { expect, test } from "vitest";
import { averagePredictions, detectionLoss, type HardTargets, meanTeacherBatch, type TeacherObjects } from "../src/index.js";
import { cubeGrid, labeledBatch, voxelReader } from "./detection.js";

const voxels = Array.from({ length: 27 }, (_, i) => Math.sin(1 + i) * 4);
const patch = (values: number[]): tf.Tensor5D => tf.tensor5d(values, [1, 3, 3, 3, 1]);
const nothing = (): HardTargets => ({
  targets: new Float32Array(27),
  weights: new Float32Array(27).fill(1),
  positives: new Float32Array(27),
  deltas: new Float32Array(162),
});
const confident = (probabilities: Float32Array): TeacherObjects => {
  const anchors = [...probabilities.keys()].filter((k) => probabilities[k]! >= 0.9);
  return {
    anchors,
    boxes: anchors.flatMap((k) => {
      const at = [Math.floor(k / 9), Math.floor(k / 3) % 3, k % 3];
      return [...at.map((c) => c - 0.5), ...at.map((c) => c + 0.5)];
    }),
  };
};
const hard = ({ anchors }: TeacherObjects): HardTargets => {
  const made = nothing();
  for (const anchor of Array.from(anchors)) made.targets[anchor] = made.positives[anchor] = 1;
  return made;
};

test("deltas of a teacher that follows the patch are the same over all 48 symmetries", () => {
  // The teacher points from each voxel to the bright one, as a detector does that sees it: the arrow turns with the patch.
  const ofOne = (values: number[]): number[] => {
    const bright = values.indexOf(Math.max(...values));
    const at = (k: number): number[] => [Math.floor(k / 9), Math.floor(k / 3) % 3, k % 3];
    return values.flatMap((_, k) => {
      const shift = at(bright).map((c, axis) => c - at(k)[axis]!);
      // Sizes that depend on the axis of the shift, so that a permutation must carry them along.
      return [...shift, ...shift.map((c) => 0.1 * c * c)];
    });
  };
  const teacher = (x: tf.Tensor5D) => {
    const count = x.shape[0];
    const each = tf.reshape(x, [count, 27]).arraySync() as number[][];
    return { logits: tf.reshape(x, [count, 27, 1]) as tf.Tensor3D, deltas: tf.tensor3d(each.flatMap(ofOne), [count, 27, 6]) };
  };
  const x = patch(voxels);
  const { probabilities, deltas } = averagePredictions(teacher, x, cubeGrid(3), cubeSymmetries());
  const plain = teacher(x);
  const expected = plain.deltas.dataSync();
  for (const [i, value] of deltas.dataSync().entries()) expect(value).toBeCloseTo(expected[i]!, 5);
  const logits = plain.logits.dataSync();
  for (const [i, p] of probabilities.dataSync().entries()) expect(p).toBeCloseTo(1 / (1 + Math.exp(-logits[i]!)), 5);
});

test("targets of a known teacher are exactly known: 1 at the anchors it is sure of, 0 elsewhere, no box unless it is asked for", () => {
  const labeled = labeledBatch([voxels], [voxels.map(() => 0)], 3);
  const sure = voxels.map((v) => (1 / (1 + Math.exp(-v)) >= 0.9 ? 1 : 0));
  const options = { findObjects: confident, targetsOf: hard };
  const { batch, statistics, labeledCount } = meanTeacherBatch(voxelReader, labeled, patch(voxels), cubeGrid(3), options);
  expect(labeledCount).toBe(1);
  expect(batch.targets.arraySync()[1]).toEqual(sure);
  expect(batch.positives.arraySync()[1]).toEqual(voxels.map(() => 0));
  const count = sure.reduce((a: number, b) => a + b, 0);
  expect(count).toBeGreaterThan(0);
  expect(statistics.pseudoPositives).toBeCloseTo(count, 6);
  expect(statistics.objects).toBe(count);
  expect(statistics.meanTarget).toBeCloseTo(count / 27, 6);
  const withBoxes = meanTeacherBatch(voxelReader, labeled, patch(voxels), cubeGrid(3), { ...options, learnBoxes: true });
  expect(withBoxes.batch.positives.arraySync()[1]).toEqual(sure);
});

test("a student that agrees with its teacher's certainty has nothing to learn of a patch without objects but what is left of its doubts", () => {
  const labeled = labeledBatch([voxels], [voxels.map(() => 0)], 3);
  const { batch } = meanTeacherBatch(voxelReader, labeled, patch(voxels.map(() => -60)), cubeGrid(3), {
    findObjects: confident,
    targetsOf: nothing,
  });
  const { unlabeled } = detectionLoss(voxelReader, batch, { labeledCount: 1 });
  expect(unlabeled.arraySync()).toBe(0);
});

test("no tensor is left behind but the batch, also where the rule fails", () => {
  const labeled = labeledBatch([voxels], [voxels.map(() => 0)], 3);
  const unlabeled = patch(voxels);
  const before = tf.memory().numTensors;
  const { batch } = meanTeacherBatch(voxelReader, labeled, unlabeled, cubeGrid(3), { findObjects: confident, targetsOf: hard });
  expect(tf.memory().numTensors).toBe(before + 5);
  tf.dispose(Object.values(batch));
  const failing = (targetsOf: () => HardTargets) => () =>
    meanTeacherBatch(voxelReader, labeled, unlabeled, cubeGrid(3), { findObjects: confident, targetsOf });
  expect(failing(() => ({ ...nothing(), weights: new Float32Array(26) }))).toThrow("targetsOf gave 26 weights; expected 27 for 27 anchors");
  expect(() =>
    meanTeacherBatch(voxelReader, labeled, unlabeled, cubeGrid(3), {
      findObjects: () => {
        throw new Error("no rule");
      },
      targetsOf: hard,
    }),
  ).toThrow("no rule");
  expect(tf.memory().numTensors).toBe(before);
});
