import { test } from "vitest";
import { nonMaxSuppression3d } from "../src/index.js";
import { clusteredBoxes } from "./clustered-boxes.mjs";

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
