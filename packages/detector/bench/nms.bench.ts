import { test } from "vitest";
import { nonMaxSuppression3d } from "../src/index.js";

/** Small seeded generator (mulberry32), so that every run measures the same boxes. */
function generator(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Boxes of about 9 voxels around cluster centers in a scan of 320 × 512 × 512 voxels. */
function clusteredBoxes(count: number, clusters: number): { boxes: Float32Array; scores: Float32Array } {
  const random = generator(1);
  const scan = [320, 512, 512];
  const centers = Array.from({ length: clusters }, () => scan.map((extent) => random() * extent));
  const boxes = new Float32Array(6 * count);
  for (let i = 0; i < count; i++) {
    const center = centers[Math.floor(random() * clusters)]!;
    for (let axis = 0; axis < 3; axis++) {
      const middle = center[axis]! + 6 * (random() - 0.5);
      const edge = 9 + 6 * (random() - 0.5);
      boxes[6 * i + axis] = middle - edge / 2;
      boxes[6 * i + axis + 3] = middle + edge / 2;
    }
  }
  return { boxes, scores: Float32Array.from({ length: count }, random) };
}

for (const [count, clusters] of [
  [10_000, 2000],
  [100_000, 1000],
  [100_000, 5000],
] as const) {
  const { boxes, scores } = clusteredBoxes(count, clusters);
  test(`NMS of ${count} boxes in ${clusters} clusters, IoU 0.22`, async ({ bench }) => {
    const run = () => void nonMaxSuppression3d(boxes, scores, { iouThreshold: 0.22 });
    await bench("nonMaxSuppression3d", run).run({ time: 500, iterations: 5 });
  });
}
