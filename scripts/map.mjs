// The design's map as data: each package, its one job, and what it may import. Arrows point down only.
// check-shape.mjs holds every package to it; new-package.mjs makes packages from it.

/** @type {Record<string, { job: string, ours: string[], peers: string[], optional?: string[], platform?: "node" | "neutral" }>} */
export const map = {
  curriculum: { job: "Per-class thresholds that follow how well each class is learnt (curriculum pseudo-labeling).", ours: [], peers: [] },
  froc: { job: "FROC, CPM, exclusions and bootstrap, as the official LUNA16 script and exactly.", ours: [], peers: [] },
  volumes: { job: "CT volumes: read and write them, geometry, resampling, windows, lung masks, patches.", ours: [], peers: [] },
  images: { job: "Labeled image sets and class-balanced label splits.", ours: [], peers: [] },
  losses: { job: "Soft-target focal loss, consistency losses, sharpening, box regression.", ours: [], peers: ["@tensorflow/tfjs-core"] },
  augment: {
    job: "Views of images and volumes with their inverses, and MixUp of images and of objects.",
    ours: [],
    peers: ["@tensorflow/tfjs-core"],
  },
  detector: {
    job: "3D boxes, anchors, matching, coding and NMS; the pyramid network; whole-scan inference.",
    ours: ["losses"],
    peers: ["@tensorflow/tfjs-core", "@tensorflow/tfjs-layers"],
  },
  classifier: { job: "Wide ResNets and a small CNN for images.", ours: [], peers: ["@tensorflow/tfjs-core", "@tensorflow/tfjs-layers"] },
  methods: {
    job: "One training step of each semi-supervised method: from a predict function and batches to a loss and its statistics.",
    ours: ["losses", "augment", "curriculum"],
    peers: ["@tensorflow/tfjs-core"],
  },
  training: {
    job: "Optimizers, weight averaging, schedules, the loop, checkpoints and event logs.",
    ours: [],
    peers: ["@tensorflow/tfjs-core"],
  },
  native: {
    job: "Pairs @tensorflow/tfjs-node-gpu with a current TensorFlow from PyPI.",
    ours: [],
    peers: ["@tensorflow/tfjs-core"],
    platform: "node",
  },
  wasm3d: {
    job: "Fast, right 3D kernels for the WASM backend of TensorFlow.js.",
    ours: [],
    peers: ["@tensorflow/tfjs-core", "@tensorflow/tfjs-backend-wasm"],
  },
  engine: {
    job: "Chooses and prepares the fastest engine that is right here, and says why.",
    ours: [],
    optional: ["native", "wasm3d"],
    peers: ["@tensorflow/tfjs-core"],
  },
};
