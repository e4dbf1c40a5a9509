import * as tf from "@tensorflow/tfjs";
import type { DetectionBatch, DetectionPredictions } from "../src/index.js";

/** A detector without parameters: each anchor's logit is its voxel, its deltas are the voxel six times. */
export const voxelReader = (patches: tf.Tensor5D): DetectionPredictions => {
  const n = patches.size / patches.shape[0];
  const logits = tf.reshape(patches, [patches.shape[0], n, 1]) as tf.Tensor3D;
  return { logits, deltas: tf.tile(logits, [1, 1, 6]) };
};

/** The grid of a cube of voxels with one anchor at each. */
export const cubeGrid = (edge: number) => ({
  levels: [{ shape: [edge, edge, edge] as [number, number, number], anchors: [[1, 1, 1] as [number, number, number]] }],
});

export function labeledBatch(voxels: number[][], targets: number[][], edge: number): DetectionBatch {
  const n = edge ** 3;
  return {
    patches: tf.tensor5d(voxels.flat(), [voxels.length, edge, edge, edge, 1]),
    targets: tf.tensor2d(targets),
    weights: tf.ones([voxels.length, n]),
    positives: tf.tensor2d(targets),
    deltas: tf.zeros([voxels.length, n, 6]),
  };
}

/** A small generator of numbers in [0, 1) for tests (mulberry32). */
export function seeded(seed: number): () => number {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), a | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
