import { detectionMethodNames } from "./detection-methods.js";
import type { PhantomDesign } from "./phantom-runs.js";
import type { Table } from "./plan.js";

/** The one place for what the rows have in common. They have the same steps and augmentation, and the averaged weights at the end count. */
export const phantomDesign: PhantomDesign = {
  set: { seed: 2026, size: [64, 64, 64] },
  test: 100,
  validation: 60,
  pool: 200,
  labeled: 10,
  unlabeled: 80,
  steps: 1500,
  // On one thread of the native engine a supervised step took 55 ms and one with unlabeled patches 127 ms (medians of three runs of 2000 steps):
  // with the first 30 % of the steps supervised, 0.3 + 0.7 · 127 / 55. To be measured anew when these settings change.
  equalTimeFactor: 1.9,
  settings: {
    // The phantoms are blocks of lung: there is nothing to crop away.
    preprocessing: { lungMask: false },
    training: { labeledBatch: 4, unlabeledBatch: 4 },
    focalmix: { views: 2 },
  },
};

const { test, validation, pool, labeled, unlabeled } = phantomDesign;

export const phantoms: Table = {
  task: "detection",
  description: `Phantoms of 64³ voxels, made on the spot: ${pool} to learn from, of which each seed draws its own, ${validation} to choose settings by and ${test} that judge, always the same; by default ${labeled} labeled and ${unlabeled} unlabeled.`,
  dataPath: "phantoms",
  dataHint: "they are made where they are missing",
  methods: detectionMethodNames,
  defaultMethods: ["supervised", "supervised-equal-time", "focalmix", "mean-teacher"],
  defaultSeeds: 5,
  isSmall: true,
  takes: ["labeled", "unlabeled", "patch", "difficulty", "part"],
  runs: async (options) => (await import("./phantom-runs.js")).phantomRuns(phantomDesign, options),
  makeData: async (options, context) => (await import("./phantom-runs.js")).makePhantoms(phantomDesign, options, context),
};
