import { readFileSync } from "node:fs";
import { join } from "node:path";
import { readEventLog } from "@gleaner/training/node";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Scan } from "../src/run/data-split.js";
import { createScanStore } from "../src/run/prepared-scans.js";
import { runFiles } from "../src/run/run-folder.js";
import { startEngine } from "../src/run/start-engine.js";
import { type StepEvent, train } from "../src/run/train.js";
import { loadTrainedDetector } from "../src/run/trained-detector.js";
import { makeTrainingSet } from "./training-set.js";

const silent = { write: () => true };
const io = { stdout: silent, stderr: silent, env: {}, signal: new AbortController().signal };
let set: Awaited<ReturnType<typeof makeTrainingSet>>;
let environment: Record<string, unknown>;
beforeAll(async () => {
  set = await makeTrainingSet();
  environment = await startEngine("wasm", io);
});
afterAll(() => set.remove());

test("a small ResNet-50 learns by ATSS and GIoU from two levels, and detects with weighted merging over views", async () => {
  const network = {
    backbone: "resnet50",
    channels: [16, 16],
    blocks: [2, 2],
    pyramidChannels: 8,
    groups: 4,
    headDepth: 1,
    levels: [
      { stride: 4, anchorsMm: [6, [8, 8, 12], [8, 12, 8], [12, 8, 8]] },
      { stride: 8, anchorsMm: [14, [16, 16, 24], [16, 24, 16], [24, 16, 16]] },
    ],
  };
  const config = set.config({
    method: "focalmix",
    preprocessing: { spacingMm: 3 },
    network,
    matching: { method: "atss", candidates: 2 },
    loss: { box: "giou" },
    training: { steps: 5, learningRate: 5e-3, hardExamples: 0.5 },
    detection: { scoreThreshold: 0, maxPerScan: 5, merge: "weighted", views: 9, topK: 20 },
  });
  const run = set.at("backbone");
  const result = await train(config, { run, preparedFolder: set.at("cache"), environment, source: "tiny.yaml" });
  expect(result.steps).toBe(5);
  const events = readEventLog(join(run, runFiles.events)) as unknown as StepEvent[];
  for (const { box, loss, classification, unlabeled, unlabeledWeight } of events) {
    // 1 − GIoU of a box is at most 2; a batch may hold no positive anchor.
    expect(box >= 0 && box <= 2).toBe(true);
    expect(loss).toBeCloseTo(classification + 0.5 * box + unlabeledWeight * unlabeled, 4);
  }
  expect(Math.max(...events.map(({ box }) => box))).toBeGreaterThan(0.1);

  const detector = loadTrainedDetector(run);
  const split = JSON.parse(readFileSync(join(run, runFiles.split), "utf8")) as { test: Scan[] };
  const scan = await createScanStore(config.preprocessing, set.at("cache")).get(split.test[0]!);
  const before = tf.memory().numTensors;
  const marks = await detector.detect(scan);
  expect(tf.memory().numTensors).toBe(before);
  expect(marks.length).toBeGreaterThan(0);
  expect(marks.length).toBeLessThanOrEqual(5);
  for (const { probability, sizeMm } of marks) {
    expect(probability > 0 && probability < 1).toBe(true);
    for (const edge of sizeMm) expect(edge).toBeGreaterThan(0);
  }
  detector.dispose();
});
