import { join } from "node:path";
import { averageViews, type DetectionBatch, focalMixBatch, meanTeacherBatch } from "@gleaner/methods";
import type { Random } from "@gleaner/training";
import { loadCheckpoint } from "@gleaner/training/node";
import * as tf from "@tensorflow/tfjs";
import type { Config } from "../config.js";
import { viewsOf } from "./batch-mixture.js";
import { createObjectRule, type ObjectRule, restoreObjectCurriculum } from "./object-rule.js";
import { targetsOf } from "./patches.js";
import { runFiles } from "./run-folder.js";
import { loadTrainedDetector, type TrainedDetector } from "./trained-detector.js";

/** The teacher of a run whose training has ended, with what made targets of its predictions. */
export interface TrainedTeacher {
  detector: TrainedDetector;
  /** Which predictions count as objects, with the thresholds that the last step had. */
  objects: ObjectRule;
  /** What it says of the anchors of one unlabeled patch (voxels in −1..1): the mean of its views, and the targets made of it as in training. */
  targetsFor(voxels: Float32Array, random: Random): { mean: Float32Array; target: Float32Array };
}

export function loadTrainedTeacher(run: string, config: Config, unlabeledScans: number): TrainedTeacher {
  const usesLive = config.method === "focalmix" && config.focalmix.teacher === "live";
  const detector = loadTrainedDetector(run, { weights: usesLive ? "live" : "ema" });
  const { patch: size } = config.training;
  const { predict } = detector.network.detector;
  const anchors = detector.network.anchorsOf([size, size, size]);
  const { objectCurriculum: snapshot } = (loadCheckpoint(join(run, runFiles.checkpoint)).meta ?? {}) as { objectCurriculum?: unknown };
  const curriculum = snapshot === undefined ? undefined : restoreObjectCurriculum(config, unlabeledScans, snapshot);
  const objects = createObjectRule(config, anchors, size, curriculum);
  return {
    detector,
    objects,
    targetsFor(voxels, random) {
      const views = viewsOf(config, random.fork("views"));
      return tf.tidy(() => {
        const patch = tf.tensor5d(voxels, [1, size, size, size, 1]);
        const none = withoutPatches(size, anchors.count);
        const mean = averageViews(predict, patch, anchors.grid, views);
        const { batch } =
          config.method === "focalmix"
            ? focalMixBatch(predict, none, patch, anchors.grid, {
                random,
                views,
                temperature: config.focalmix.temperature,
                mixUp: "none",
              })
            : meanTeacherBatch(predict, none, patch, anchors.grid, {
                findObjects: (probabilities, deltas) => objects.find(probabilities, deltas, 0),
                targetsOf: ({ boxes }) => targetsOf(Float32Array.from(boxes), { size, anchors, matching: config.matching }),
              });
        return { mean: mean.dataSync<"float32">(), target: batch.targets.dataSync<"float32">() };
      });
    },
  };
}

/** No labeled patch beside the unlabeled one. */
const withoutPatches = (size: number, anchors: number): DetectionBatch => ({
  patches: tf.zeros([0, size, size, size, 1]),
  targets: tf.zeros([0, anchors]),
  weights: tf.zeros([0, anchors]),
  positives: tf.zeros([0, anchors]),
  deltas: tf.zeros([0, anchors, 6]),
});
