// What engines.mjs compares: each case has its inputs, and one worker for each engine.
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { pythonWithMonai } from "../packages/detector/bench/monai.mjs";

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const product = (shape) => shape.reduce((a, b) => a * b, 1);

/** Numbers in [-1, 1), the same at every run (the Lehmer generator). */
function drawer() {
  let state = 1;
  return () => (state = (state * 48271) % 2147483647) / 1073741823.5 - 1;
}

/** Patches of noise in which a few anchors are to be found, as files beside the plan. */
function detectorPlan({ size, labeled, unlabeled = 0, views = 0, train = true }) {
  return (folder) => {
    const draw = drawer();
    const write = (name, shape, make) => writeFileSync(`${folder}/${name}.f32`, Float32Array.from({ length: product(shape) }, make));
    const anchors = (size / 4) ** 3 * 3;
    write("patches", [labeled, size ** 3], draw);
    if (unlabeled > 0) write("unlabeled", [unlabeled, size ** 3], draw);
    write("targets", [labeled, anchors], () => (draw() > 0.99 ? 1 : 0));
    write("deltas", [labeled, anchors, 6], draw);
    return { size, labeled, unlabeled, views, train, write: true };
  };
}

/** Patches of noise with boxes in them, to be matched in every step. */
function lesionPlan({ size, labeled, boxes }) {
  return (folder) => {
    const plan = detectorPlan({ size, labeled })(folder);
    const draw = drawer();
    const oneBox = () => {
      const [center, extent] = [0, 1].map((kind) =>
        Array.from({ length: 3 }, () => (kind ? 6 + 3 * draw() : (size / 2) * (1 + 0.7 * draw()))),
      );
      return [...center.map((c, axis) => c - extent[axis] / 2), ...center.map((c, axis) => c + extent[axis] / 2)];
    };
    writeFileSync(`${folder}/boxes.f32`, Float32Array.from(Array.from({ length: labeled * boxes }, oneBox).flat()));
    return { ...plan, boxes, sizes: [4, 6, 8], candidates: 4 };
  };
}

/** A FlexMatch step of WRN-28-2, with the workers of packages/classifier/bench. */
function wideResNetPlan(folder) {
  const [labeled, unlabeled, classes] = [8, 56, 10];
  const images = [labeled + 2 * unlabeled, 32, 32, 3];
  writeFileSync(`${folder}/images.f32`, Float32Array.from({ length: product(images) }, drawer()));
  return {
    ...{ classes, depth: 28, widen: 2, images, labeled, unlabeled, write: true },
    labels: Array.from({ length: labeled }, (_, i) => i % classes),
    // Such that some pass and some do not, from the first step on.
    thresholds: Array.from({ length: classes }, (_, c) => 0.1 + 0.02 * c),
  };
}

const detector = { gleaner: here("detector-step.mjs"), pytorch: here("detector-step.py"), engines: ["native", "wasm"] };
const images = here("../packages/classifier/bench/");

/**
 * What stands beside Gleaner is PyTorch, unless a case names another in `theirs`. `closeness` is how far the losses of the first steps may be apart:
 * rounding is amplified from step to step.
 */
export const cases = [
  {
    name: "detector-64",
    what: "training step of the slim detector, batch 2 of 64³",
    ...detector,
    plan: detectorPlan({ size: 64, labeled: 2 }),
  },
  {
    name: "detector-96",
    what: "training step of the slim detector, batch 2 of 96³",
    ...detector,
    plan: detectorPlan({ size: 96, labeled: 2 }),
  },
  ...[64, 96].map((size) => ({
    name: `monai-${size}`,
    what: `training step of MONAI's RetinaNetDetector with the slim network from 4 boxes a patch, batch 2 of ${size}³`,
    ...detector,
    pytorch: here("monai-step.py"),
    python: pythonWithMonai,
    theirs: "monai",
    plan: lesionPlan({ size, labeled: 2, boxes: 4 }),
  })),
  {
    name: "focalmix-32",
    what: "FocalMix step of the trainer's defaults: 8 labeled and 8 unlabeled patches of 32³, 4 views",
    ...detector,
    plan: detectorPlan({ size: 32, labeled: 8, unlabeled: 8, views: 4 }),
  },
  {
    name: "inference-64",
    what: "inference of the slim detector, batch 2 of 64³",
    ...detector,
    plan: detectorPlan({ size: 64, labeled: 2, train: false }),
  },
  {
    name: "inference-96",
    what: "inference of the slim detector, batch 2 of 96³",
    ...detector,
    plan: detectorPlan({ size: 96, labeled: 2, train: false }),
  },
  {
    name: "wrn-28-2",
    what: "FlexMatch step of WRN-28-2, 8 labeled and 2 × 56 unlabeled images",
    gleaner: `${images}native-step.mjs`,
    pytorch: `${images}step.py`,
    engines: ["native"],
    plan: wideResNetPlan,
  },
];
