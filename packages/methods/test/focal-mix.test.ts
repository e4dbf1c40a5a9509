import { cubeSymmetries } from "@gleaner/augment";
import * as tf from "@tensorflow/tfjs";
import { expect, test } from "vitest";
import { averageViews, focalMixBatch } from "../src/index.js";
import { cubeGrid, labeledBatch, seeded, voxelReader } from "./detection.js";

const still = { axes: [0, 1, 2] as [0, 1, 2], flips: [false, false, false] as [boolean, boolean, boolean] };
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const voxels = Array.from({ length: 27 }, (_, i) => Math.sin(1 + i) * 4);
const patch = (values: number[]): tf.Tensor5D => tf.tensor5d(values, [1, 3, 3, 3, 1]);

test("a teacher that commutes with the symmetries gives the same mean over any views", () => {
  const expected = voxels.map(sigmoid);
  const views = cubeSymmetries();
  const mean = averageViews(voxelReader, patch(voxels), cubeGrid(3), views).dataSync();
  for (const [i, p] of expected.entries()) expect(mean[i]).toBeCloseTo(p, 5);
});

test("targets of a known teacher are exactly known: mean over the views, then sharpened", () => {
  // A teacher that sees the first voxel of each row only: a flip along x shows it the last one.
  const teacher = (x: tf.Tensor5D) => {
    const count = x.shape[0];
    const first = tf.slice(x, [0, 0, 0, 0, 0], [count, 3, 3, 1, 1]);
    const logits = tf.reshape(tf.tile(first, [1, 1, 1, 3, 1]), [count, 27, 1]) as tf.Tensor3D;
    return { logits, deltas: tf.zeros<tf.Rank.R3>([count, 27, 6]) };
  };
  const flipX = { ...still, flips: [false, false, true] as [boolean, boolean, boolean] };
  const labeled = labeledBatch([voxels], [voxels.map(() => 0)], 3);
  const { batch } = focalMixBatch(teacher, labeled, patch(voxels), cubeGrid(3), {
    random: seeded(1),
    views: [still, flipX],
    temperature: 0.5,
    mixUpAlpha: 0,
  });
  const targets = batch.targets.arraySync()[1]!;
  for (let row = 0; row < 9; row++) {
    const mean = (sigmoid(voxels[3 * row]!) + sigmoid(voxels[3 * row + 2]!)) / 2;
    const q = mean ** 2 / (mean ** 2 + (1 - mean) ** 2);
    for (let x = 0; x < 3; x++) expect(targets[3 * row + x]).toBeCloseTo(q, 5);
  }
});

test("without MixUp the labeled patches stay as they are and come first", () => {
  const target = voxels.map((_, i) => (i === 13 ? 1 : 0));
  const labeled = labeledBatch([voxels], [target], 3);
  const { batch, labeledCount } = focalMixBatch(voxelReader, labeled, patch(voxels.map((v) => -v)), cubeGrid(3), {
    random: seeded(2),
    views: [still],
    mixUpAlpha: 0,
  });
  expect(labeledCount).toBe(1);
  expect(batch.patches.shape).toEqual([2, 3, 3, 3, 1]);
  expect(batch.targets.arraySync()[0]).toEqual(target);
  expect(batch.positives.arraySync()).toEqual([target, voxels.map(() => 0)]);
});

test("with MixUp patches and targets are mixed by the same weights, and sums are kept where everyone has a partner", () => {
  // Targets equal to the voxels: whatever is done to the one must be done to the other.
  const values = [0.1, 0.9, 0.4, 0.6].map((v) => voxels.map((_, i) => (v * (i + 1)) / 28));
  const labeled = labeledBatch(values.slice(0, 2), values.slice(0, 2), 3);
  const logit = (p: number): number => Math.log(p / (1 - p));
  const teacher = (x: tf.Tensor5D) => {
    const logits = tf.reshape(tf.tensor(Array.from(x.dataSync(), logit)), [x.shape[0], 27, 1]) as tf.Tensor3D;
    return { logits, deltas: tf.zeros<tf.Rank.R3>([x.shape[0], 27, 6]) };
  };
  const unlabeled = tf.tensor5d(values.slice(2).flat(), [2, 3, 3, 3, 1]);
  const { batch } = focalMixBatch(teacher, labeled, unlabeled, cubeGrid(3), {
    random: seeded(3),
    views: [still],
    temperature: 1,
    mixUpAlpha: 5,
  });
  const mixed = batch.patches.dataSync();
  const targets = batch.targets.dataSync();
  for (let i = 0; i < mixed.length; i++) expect(targets[i]).toBeCloseTo(mixed[i]!, 5);
  expect(Array.from(mixed)).not.toEqual(values.flat());
});

test("an anchor that either patch of a mixture ignores is ignored, and boxes stay those of the dominating patch", () => {
  const labeled = labeledBatch([voxels, voxels], [voxels.map((_, i) => (i === 0 ? 1 : 0)), voxels.map(() => 0)], 3);
  const ignoring = { ...labeled, weights: tf.tensor2d([voxels.map((_, i) => (i === 5 ? 0 : 1)), voxels.map(() => 1)]) };
  for (let seed = 0; seed < 10; seed++) {
    const { batch } = focalMixBatch(voxelReader, ignoring, patch(voxels), cubeGrid(3), {
      random: seeded(seed),
      views: [still],
      mixUpAlpha: 1,
    });
    const weights = batch.weights.arraySync();
    expect(weights[0]![5]).toBe(0);
    // Its partner is ignored there too; everywhere else everything counts.
    expect(weights.flat().filter((w) => w === 0).length).toBeLessThanOrEqual(2);
    expect(batch.positives.arraySync().map((row) => row.reduce((a, b) => a + b))).toEqual([1, 0, 0]);
  }
});

test("confident pseudo-positives are counted per unlabeled patch, before MixUp", () => {
  const labeled = labeledBatch([voxels], [voxels.map(() => 0)], 3);
  const confident = voxels.map((_, i) => (i < 4 ? 9 : -9));
  const unlabeled = tf.tensor5d([...confident, ...voxels.map(() => -9)], [2, 3, 3, 3, 1]);
  const { statistics } = focalMixBatch(voxelReader, labeled, unlabeled, cubeGrid(3), { random: seeded(4), views: [still] });
  expect(statistics.pseudoPositives).toBe(2);
  expect(statistics.meanTarget).toBeCloseTo(4 / 54, 4);
});

/** Anchors that the teacher is sure of, each as a box of one voxel. */
const findObjects = (probabilities: Float32Array) => {
  const anchors = [...probabilities.keys()].filter((k) => probabilities[k]! >= 0.9);
  const at = (k: number): number[] => [Math.floor(k / 9), Math.floor(k / 3) % 3, k % 3];
  return { anchors, boxes: anchors.flatMap((k) => [...at(k).map((c) => c - 0.5), ...at(k).map((c) => c + 0.5)]) };
};

test("MixUp of objects changes voxels inside of objects alone, and no target", () => {
  const labeled = labeledBatch([voxels.map((v) => v / 9)], [voxels.map((_, i) => (i === 0 ? 1 : 0))], 3);
  // The teacher is sure of one voxel, the last one.
  const unlabeled = patch(voxels.map((v, i) => (i === 26 ? 8 : v / 4)));
  const options = { views: [still], mixUpAlpha: 1, labeledBoxes: [[-0.5, -0.5, -0.5, 0.5, 0.5, 0.5]], findObjects };
  for (let seed = 0; seed < 10; seed++) {
    const plain = focalMixBatch(voxelReader, labeled, unlabeled, cubeGrid(3), { ...options, random: seeded(seed) });
    const mixed = focalMixBatch(voxelReader, labeled, unlabeled, cubeGrid(3), { ...options, random: seeded(seed), mixUp: "image+object" });
    expect(mixed.statistics.objects).toBe(1);
    expect(mixed.batch.targets.arraySync()).toEqual(plain.batch.targets.arraySync());
    expect(mixed.batch.positives.arraySync()).toEqual(plain.batch.positives.arraySync());
    const [before, after] = [plain, mixed].map(({ batch }) => batch.patches.dataSync()) as [Float32Array, Float32Array];
    const changed = [...after.keys()].filter((i) => after[i] !== before[i]);
    expect([0, 53]).toEqual(expect.arrayContaining(changed));
    // Each lies between itself and the other, the only donor there is.
    for (const i of changed) {
      const [low, high] = [Math.min(before[0]!, before[53]!), Math.max(before[0]!, before[53]!)];
      expect(after[i]! >= low && after[i]! <= high).toBe(true);
    }
  }
});

test("with MixUp of the unlabeled patches alone the labeled ones stay as they are", () => {
  const labeled = labeledBatch([voxels], [voxels.map((_, i) => (i === 13 ? 1 : 0))], 3);
  const unlabeled = tf.tensor5d([...voxels.map((v) => -v), ...voxels.map((v) => v / 2)], [2, 3, 3, 3, 1]);
  const { batch } = focalMixBatch(voxelReader, labeled, unlabeled, cubeGrid(3), {
    random: seeded(7),
    views: [still],
    mixUpAlpha: 2,
    mixUpOf: "unlabeled",
  });
  const [first, second, third] = batch.patches.arraySync().map((values) => values.flat(3).map((v) => Math.fround(v as number)));
  expect(first).toEqual(voxels.map(Math.fround));
  expect(batch.targets.arraySync()[0]).toEqual(labeled.targets.arraySync()[0]);
  expect(second).not.toEqual(voxels.map((v) => Math.fround(-v)));
  // −v and v/2 mixed: a multiple of v, so no labeled patch is in it, nor anything else.
  const factors = [second!, third!].map((values) => values.map((value, i) => value / voxels[i]!));
  for (const of of factors) for (const factor of of) expect(factor).toBeCloseTo(of[0]!, 4);
});

test("boxes of the teacher's objects are learned where it is asked for, from its mean deltas", () => {
  const labeled = labeledBatch([voxels], [voxels.map(() => 0)], 3);
  const unlabeled = patch(voxels.map((v, i) => (i === 4 ? 6 : -Math.abs(v) - 1)));
  const options = { random: seeded(8), views: [still], mixUp: "none", findObjects } as const;
  const without = focalMixBatch(voxelReader, labeled, unlabeled, cubeGrid(3), options);
  expect(without.batch.positives.sum().arraySync()).toBe(0);
  const { batch } = focalMixBatch(voxelReader, labeled, unlabeled, cubeGrid(3), { ...options, learnBoxes: true });
  expect(batch.positives.arraySync()[1]).toEqual(voxels.map((_, i) => (i === 4 ? 1 : 0)));
  expect(batch.deltas.arraySync()[1]![4]).toEqual([6, 6, 6, 6, 6, 6]);
});

test("objects in patches of several channels are refused", () => {
  const labeled = { ...labeledBatch([voxels], [voxels.map(() => 0)], 3), patches: tf.zeros<tf.Rank.R5>([1, 3, 3, 3, 2]) };
  expect(() =>
    focalMixBatch(voxelReader, labeled, tf.zeros([1, 3, 3, 3, 2]), cubeGrid(3), {
      random: seeded(9),
      views: [still],
      mixUp: "image+object",
    }),
  ).toThrow("unlabeled patches have 2 channels; expected 1, since objects are mixed");
});

test("no tensor is left behind but the batch", () => {
  const labeled = labeledBatch([voxels], [voxels.map(() => 0)], 3);
  const unlabeled = patch(voxels);
  const before = tf.memory().numTensors;
  const { batch } = focalMixBatch(voxelReader, labeled, unlabeled, cubeGrid(3), { random: seeded(5), views: cubeSymmetries().slice(0, 4) });
  expect(tf.memory().numTensors).toBe(before + 5);
  tf.dispose(batch);
  expect(tf.memory().numTensors).toBe(before);
});

test("sizes that do not go together and an empty list of views are refused", () => {
  const labeled = labeledBatch([voxels], [voxels.map(() => 0)], 3);
  expect(() => focalMixBatch(voxelReader, labeled, tf.zeros([1, 2, 2, 2, 1]), cubeGrid(3), { random: seeded(6), views: [still] })).toThrow(
    "unlabeled patches are 2×2×2×1; expected the size of the labeled ones, 3×3×3×1",
  );
  expect(() => averageViews(voxelReader, patch(voxels), cubeGrid(3), [])).toThrow("views is empty; expected at least one symmetry");
});
