import type { AnchorTargets } from "@gleaner/detector";
import type { DetectionBatch } from "@gleaner/methods";
import { createShuffledPasses, type Random, randomInteger } from "@gleaner/training";
import type { Finding } from "@gleaner/volumes";
import * as tf from "@tensorflow/tfjs";
import type { Config } from "../config.js";
import type { DataSplit } from "./data-split.js";
import { joined, makeAhead } from "./made-ahead.js";
import { type HardExamples, lag } from "./patch-hard-examples.js";
import type { PatchMaker } from "./patch-threads.js";
import type { Patch } from "./patches.js";

/** The patches of a step. */
export interface PatchBatch {
  /** Tensors which the caller disposes. */
  labeled: DetectionBatch;
  /** `[batch, size, size, size, 1]`, which the caller disposes; absent where the step needs none. */
  unlabeled?: tf.Tensor5D;
  /** The scans of the labeled patches, by their places in `split.labeled`. */
  places: Int32Array;
  /** Boxes of the nodules of each labeled patch. */
  labeledBoxes: Float32Array[];
  /** The scans of the unlabeled patches, by their places in `split.unlabeled`. */
  unlabeledPlaces: Int32Array;
  /** Seconds that the training waited for the batch. */
  waited: number;
}

/**
 * Batches by the number of their step. A batch is a function of the seed and its step alone, so it may be made ahead, and resuming needs no state. With
 * hard examples it also depends on what was known `lag` steps before.
 */
export interface PatchBatchSource {
  next(step: number): Promise<PatchBatch>;
}

export interface PatchBatchOptions {
  /** Whether a step needs unlabeled patches. */
  needsUnlabeled: (step: number) => boolean;
  /** Where a share of the labeled patches comes from, with `training.hardExamples`. */
  hardExamples?: Pick<HardExamples, "forStep">;
}

/** Batches that are made ahead of the training: enough that a thread which the system pauses for a while keeps nobody waiting, and no more than this memory. */
const aheadBytes = 2 ** 30;

export function createPatchBatches(
  config: Config,
  split: Pick<DataSplit, "labeled" | "unlabeled" | "findings">,
  maker: Pick<PatchMaker, "make" | "threads">,
  random: Random,
  { needsUnlabeled, hardExamples }: PatchBatchOptions,
): PatchBatchSource {
  const { patch: size, labeledBatch, unlabeledBatch, steps, hardExamples: hardShare } = config.training;
  const findingsOf = new Map<string, Finding[]>(split.labeled.map(({ id }) => [id, split.findings.filter(({ scan }) => scan === id)]));
  const drawLabeled = createShuffledPasses(split.labeled.length, random.fork("labeled"));
  const drawUnlabeled = createShuffledPasses(Math.max(1, split.unlabeled.length), random.fork("unlabeled"));
  const ahead =
    maker.threads === 0 ? 0 : Math.max(1, Math.min(lag, Math.floor(aheadBytes / (4 * size ** 3 * (labeledBatch + unlabeledBatch)))));

  const placesOf = (step: number): Int32Array => {
    const hard = hardExamples?.forStep(step) ?? [];
    const stream = random.fork("hard").fork(step);
    return drawLabeled(step * labeledBatch, labeledBatch).map((place) =>
      hard.length > 0 && stream() < hardShare ? hard[randomInteger(hard.length, stream)]! : place,
    );
  };
  const make = async (step: number) => {
    const stream = random.fork("patches").fork(step);
    const places = placesOf(step);
    const labeled = Array.from(places, (place, i) => {
      const scan = split.labeled[place]!;
      return maker.make({ scan, random: stream.fork("labeled").fork(i).snapshot(), findings: findingsOf.get(scan.id) ?? [] });
    });
    const unlabeledPlaces = needsUnlabeled(step) ? drawUnlabeled(step * unlabeledBatch, unlabeledBatch) : new Int32Array();
    const unlabeled = Array.from(unlabeledPlaces, (place, i) =>
      maker.make({ scan: split.unlabeled[place]!, random: stream.fork("unlabeled").fork(i).snapshot() }),
    );
    const made = await Promise.all([Promise.all(labeled), Promise.all(unlabeled)]);
    return { places, unlabeledPlaces, made };
  };

  const batches = makeAhead(make, { ahead, steps });
  return {
    async next(step) {
      const { value, waitedMs } = await batches.take(step);
      const { places, unlabeledPlaces, made } = value;
      const [labeled, unlabeled] = made;
      return {
        labeled: stackLabeled(labeled, size),
        ...(unlabeled.length > 0 && { unlabeled: stackVoxels(unlabeled, size) }),
        places,
        labeledBoxes: labeled.map(({ boxes }) => boxes!),
        unlabeledPlaces,
        waited: waitedMs / 1000,
      };
    },
  };
}

/** Patches as one tensor `[batch, size, size, size, 1]`. */
const stackVoxels = (patches: readonly Patch[], size: number): tf.Tensor5D =>
  tf.tensor5d(joined(patches.map(({ voxels }) => voxels)), [patches.length, size, size, size, 1]);

/** Labeled patches with what every anchor is to learn. */
export function stackLabeled(patches: readonly Patch[], size: number): DetectionBatch {
  const count = patches.length;
  const anchors = patches[0]!.targets!.targets.length;
  const all = (name: keyof AnchorTargets): Float32Array => joined(patches.map(({ targets }) => targets![name]));
  return {
    patches: stackVoxels(patches, size),
    targets: tf.tensor2d(all("targets"), [count, anchors]),
    weights: tf.tensor2d(all("weights"), [count, anchors]),
    positives: tf.tensor2d(all("positives"), [count, anchors]),
    deltas: tf.tensor3d(all("deltas"), [count, anchors, 6]),
  };
}
