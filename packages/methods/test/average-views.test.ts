import { cubeSymmetries, type Symmetry } from "@gleaner/augment";
import * as tf from "@tensorflow/tfjs";
import { expect, test } from "vitest";
import { averagePredictions, averageViews } from "../src/index.js";
import { cubeGrid, seeded, voxelReader } from "./detection.js";

const random = seeded(5);
const still: Symmetry = { axes: [0, 1, 2], flips: [false, false, false] };
const flipX: Symmetry = { ...still, flips: [false, false, true] };
const patchesOf = (...shape: [number, number, number, number]): tf.Tensor5D =>
  tf.tensor5d(
    Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => 4 * random() - 2),
    [...shape, 1],
  );

/** A teacher that does not commute with the symmetries, and how many patches each call of it got. */
function tiltedTeacher() {
  const calls: number[] = [];
  const predict = (x: tf.Tensor5D) => {
    calls.push(x.shape[0]);
    const tilt = tf.linspace(-1, 1, x.size / x.shape[0]);
    return voxelReader(tf.mul(x, tf.reshape(tilt, [1, ...x.shape.slice(1)])) as tf.Tensor5D);
  };
  return { predict, calls };
}

test("several views in one batch give what each gives alone", () => {
  const patches = patchesOf(2, 3, 3, 3);
  const views = cubeSymmetries().filter((_, i) => i % 7 === 0);
  const { predict, calls } = tiltedTeacher();
  const together = averagePredictions(predict, patches, cubeGrid(3), views);
  expect(calls).toEqual([2 * views.length]);
  const alone = views.map((view) => averagePredictions(predict, patches, cubeGrid(3), [view]));
  for (const name of ["probabilities", "deltas"] as const) {
    const sums = alone.map((one) => one[name].dataSync()).reduce((sum, next) => sum.map((value, i) => Math.fround(value + next[i]!)));
    const mean = together[name].dataSync();
    for (const [i, sum] of sums.entries()) expect(mean[i]).toBeCloseTo(sum / views.length, 6);
  }
});

test("views of patches that are no cubes share a batch where their shapes agree", () => {
  const turned: Symmetry = { axes: [2, 1, 0], flips: [true, false, false] };
  const grid = { levels: [{ shape: [2, 3, 4] as [number, number, number], anchors: [[1, 1, 1] as [number, number, number]] }] };
  const { predict, calls } = tiltedTeacher();
  const views = [still, flipX, turned];
  const patches = patchesOf(1, 2, 3, 4);
  const mean = averageViews(predict, patches, grid, views).dataSync();
  expect(calls).toEqual([2, 1]);
  const alone = views.map((view) => averageViews(predict, patches, grid, [view]).dataSync());
  for (const i of mean.keys()) expect(mean[i]).toBeCloseTo((alone[0]![i]! + alone[1]![i]! + alone[2]![i]!) / 3, 6);
});

test("a teacher sees at most a million voxels at once, and one view in any case", () => {
  const calls: number[] = [];
  const predict = (x: tf.Tensor5D) => {
    calls.push(x.shape[0]);
    return { logits: tf.zeros<tf.Rank.R3>([x.shape[0], 1, 1]), deltas: tf.zeros<tf.Rank.R3>([x.shape[0], 1, 6]) };
  };
  const grid = { levels: [{ shape: [1, 1, 1] as [number, number, number], anchors: [[1, 1, 1] as [number, number, number]] }] };
  const views = [still, still, still, still];
  averageViews(predict, tf.zeros([1, 64, 128, 64, 1]), grid, views);
  expect(calls).toEqual([2, 2]);
  calls.length = 0;
  averageViews(predict, tf.zeros([3, 64, 128, 64, 1]), grid, views.slice(0, 2));
  expect(calls).toEqual([3, 3]);
});

test("nothing but the mean is left", () => {
  const patches = patchesOf(2, 3, 3, 3);
  const before = tf.memory().numTensors;
  const mean = averageViews(voxelReader, patches, cubeGrid(3), [still, flipX]);
  expect(tf.memory().numTensors).toBe(before + 1);
  mean.dispose();
});

test("a teacher that does not answer for every patch and every anchor is refused", () => {
  const one = () => voxelReader(tf.zeros([1, 3, 3, 3, 1]));
  expect(() => averageViews(one, patchesOf(1, 3, 3, 3), cubeGrid(3), [still, flipX])).toThrow(
    "predict gave predictions of 1 patches with 27 anchors; expected 2, the patches of its batch, with the grid's 27",
  );
  expect(() => averageViews(voxelReader, patchesOf(1, 3, 3, 3), cubeGrid(2), [still])).toThrow(
    "with 27 anchors; expected 1, the patches of its batch, with the grid's 8",
  );
  expect(() => averageViews(voxelReader, patchesOf(1, 3, 3, 3), cubeGrid(3), [])).toThrow("views is empty; expected at least one symmetry");
});
