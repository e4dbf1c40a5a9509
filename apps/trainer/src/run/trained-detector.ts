import { existsSync } from "node:fs";
import { join } from "node:path";
import { cubeSymmetries } from "@gleaner/augment";
import { detectVolume } from "@gleaner/detector";
import { assignVariables, createTensors } from "@gleaner/training";
import { loadCheckpoint } from "@gleaner/training/node";
import { voxelToWorld } from "@gleaner/volumes";
import * as tf from "@tensorflow/tfjs";
import type { Config } from "../config.js";
import { inputError } from "../errors.js";
import { createNetwork, type Network } from "./network.js";
import { toNetworkRange } from "./patches.js";
import type { PreparedScan } from "./prepared-scans.js";
import { readRunConfig, runFiles } from "./run-folder.js";
import { underPrefix } from "./training-state.js";

/** A mark in world coordinates, and the edge lengths of its box in mm. */
export interface Mark {
  x: number;
  y: number;
  z: number;
  probability: number;
  sizeMm: [number, number, number];
}

/** A nodule on the pleura has its center near the mask rather than in it. */
const maskMarginMm = 5;

export interface TrainedDetector {
  config: Config;
  /** Optimizer steps behind the weights. */
  step: number;
  /** The network with these weights. */
  network: Network;
  detect(
    scan: PreparedScan,
    options?: { signal?: AbortSignal; onProgress?: (progress: { done: number; total: number }) => void },
  ): Promise<Mark[]>;
  dispose(): void;
}

/** Which weights of a run: their moving average (EMA), which is its result, or those that the last step left. */
export type TrainedWeights = "ema" | "live";

/** The detector of a run, with the moving average of its weights unless told otherwise. */
export function loadTrainedDetector(run: string, { weights = "ema" }: { weights?: TrainedWeights } = {}): TrainedDetector {
  const config = readRunConfig(run);
  const path = join(run, runFiles.checkpoint);
  if (!existsSync(path)) throw inputError(`${path} does not exist; expected the checkpoint that \`gleaner train\` leaves`);
  const { tensors, meta } = loadCheckpoint(path);
  const { step } = (meta ?? {}) as { step?: number };
  if (step === undefined || !Number.isInteger(step))
    throw inputError(`${path} holds no trained detector; expected a checkpoint of \`gleaner train\``);
  const network = createNetwork(config, config.seed);
  const trained = createTensors(underPrefix(weights === "ema" ? "ema/average/" : "model/", tensors));
  try {
    assignVariables(network.variables, trained);
  } catch (error) {
    network.detector.dispose();
    throw inputError(`${path} does not fit the network of ${join(run, runFiles.config)}: ${(error as Error).message}`, error);
  } finally {
    tf.dispose(Object.values(trained));
  }
  const { patch, overlap, scoreThreshold, topK, merge, nmsIou, views, maxPerScan } = config.detection;
  return {
    config,
    step,
    network,
    async detect(scan, options = {}) {
      const { volume, lungs } = scan;
      const { boxes, scores } = await detectVolume(
        network.detector.predict,
        { data: toNetworkRange(volume.data, config.preprocessing.windowHu), shape: volume.shape },
        {
          patchShape: [patch, patch, patch],
          anchors: network.anchorsOf([patch, patch, patch]),
          overlap: Math.round(overlap * patch),
          scoreThreshold,
          topK,
          merge,
          iouThreshold: nmsIou,
          ...(views > 1 && { views: cubeSymmetries().slice(0, views) }),
          maxDetections: maxPerScan,
          fill: -1,
          ...(lungs && { mask: lungs.data as Uint8Array, maskMargin: Math.ceil(maskMarginMm / Math.min(...volume.spacingMm)) }),
          ...options,
        },
      );
      return Array.from(scores, (probability, i) => {
        const box = boxes.subarray(6 * i, 6 * i + 6);
        const center = [0, 1, 2].map((axis) => (box[axis]! + box[axis + 3]!) / 2) as [number, number, number];
        const [x, y, z] = voxelToWorld(volume, center);
        const sizeMm = [0, 1, 2].map((axis) => (box[axis + 3]! - box[axis]!) * volume.spacingMm[axis]!) as [number, number, number];
        return { x, y, z, probability, sizeMm };
      });
    },
    dispose: () => network.detector.dispose(),
  };
}
