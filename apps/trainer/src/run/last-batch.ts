import { averagePredictions, findObjectsOf } from "@gleaner/methods";
import { createRandom, type Random } from "@gleaner/training";
import * as tf from "@tensorflow/tfjs";
import { viewsOf } from "./batch-mixture.js";
import { createPatchBatches } from "./batches.js";
import type { DataSplit } from "./data-split.js";
import { nodulesInside } from "./nodules-inside.js";
import { makePatch } from "./patches.js";
import type { ScanStore } from "./prepared-scans.js";
import type { TrainedTeacher } from "./teacher-targets.js";

/** What is known of a patch of a batch. */
export interface BatchPatch {
  scan: string;
  /** Whether its objects are annotated, or seen by the teacher. */
  labeled: boolean;
}

/** The patches of a batch that MixUp takes, as they are before it, with the stream that it draws from. */
export interface LastBatch {
  patches: BatchPatch[];
  /** `[patches, size, size, size, 1]` in −1..1, which the caller disposes. */
  voxels: tf.Tensor5D;
  /** Boxes `[z0, y0, x0, z1, y1, x1]` of the objects of each patch, flat. */
  boxes: Float32Array[];
  random: Random;
}

/** The last batch of a run of FocalMix as training drew it (without hard examples); the objects of unlabeled patches are those that the trained teacher sees. */
export async function drawLastBatch(teacher: TrainedTeacher, split: DataSplit, store: ScanStore): Promise<LastBatch> {
  const { config, network, step: done } = teacher.detector;
  const { patch: size, foreground, symmetries } = config.training;
  const anchors = network.anchorsOf([size, size, size]);
  const recipe = { size, windowHu: config.preprocessing.windowHu, foreground, symmetries, anchors, matching: config.matching };
  const { findings } = await nodulesInside(split, store);
  const random = createRandom(config.seed);
  const step = Math.max(0, done - 1);
  const source = createPatchBatches(config, { ...split, findings }, { threads: 0, make: (job) => makePatch(job, recipe, store) }, random, {
    needsUnlabeled: () => true,
  });
  const { labeled, unlabeled, places, labeledBoxes, unlabeledPlaces } = await source.next(step);
  const ofStep = random.fork("mixture").fork(step);
  try {
    const views = viewsOf(config, ofStep.fork("views"));
    const unlabeledBoxes = boxesSeen(teacher, unlabeled!, views);
    const others = Array.from(unlabeledPlaces, (place): BatchPatch => ({ scan: split.unlabeled[place]!.id, labeled: false }));
    const common = { random: ofStep.fork("mixUp") };
    if (config.focalmix.mixUpOf === "unlabeled") return { ...common, patches: others, voxels: tf.clone(unlabeled!), boxes: unlabeledBoxes };
    const first = Array.from(places, (place): BatchPatch => ({ scan: split.labeled[place]!.id, labeled: true }));
    return {
      ...common,
      patches: [...first, ...others],
      voxels: tf.concat([labeled.patches, unlabeled!], 0),
      boxes: [...labeledBoxes, ...unlabeledBoxes],
    };
  } finally {
    tf.dispose([unlabeled!, ...Object.values(labeled)]);
  }
}

/** The boxes of what the teacher takes for objects in each patch. */
function boxesSeen({ detector, objects }: TrainedTeacher, patches: tf.Tensor5D, views: ReturnType<typeof viewsOf>): Float32Array[] {
  const { patch: size } = detector.config.training;
  const grid = detector.network.gridOf([size, size, size]);
  const mean = averagePredictions(detector.network.detector.predict, patches, grid, views);
  try {
    return findObjectsOf(mean, (probabilities, deltas) => objects.find(probabilities, deltas, 0)).map(({ boxes }) =>
      Float32Array.from(boxes),
    );
  } finally {
    tf.dispose([mean.probabilities, mean.deltas]);
  }
}
