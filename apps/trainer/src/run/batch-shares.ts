import type { DetectionBatch } from "@gleaner/methods";
import { evenShares } from "@gleaner/training";
import * as tf from "@tensorflow/tfjs";
import { partOf, type TensorData } from "./tensor-data.js";

/** How the loss of a batch is made. */
export interface BatchWeights {
  /** How many patches at the head are labeled. */
  labeledCount: number;
  unlabeledWeight: number;
}

/** A part of a batch, labeled patches first. */
export interface BatchShare extends BatchWeights {
  batch: Record<keyof DetectionBatch, TensorData>;
  /** What its loss counts for in that of the whole batch. */
  weight: number;
}

/**
 * Splits a batch into at most `parts` shares of as many patches, whose losses, each times its weight, add up to the loss of the batch.
 *
 * The detection loss is a sum over anchors divided by max(1, positives): that of a share is divided by its own positives, so it is
 * weighted by what it was divided by over what the whole is divided by.
 */
export function shareBatch(batch: DetectionBatch, { labeledCount, unlabeledWeight }: BatchWeights, parts: number): BatchShare[] {
  const read = Object.entries(batch).map(([name, tensor]) => ({ name, shape: tensor.shape, values: tensor.dataSync<"float32">() }));
  const positivesIn = ({ values }: TensorData): number =>
    Math.max(
      1,
      values.reduce((sum, positive) => sum + positive, 0),
    );
  const positives = read.find(({ name }) => name === "positives")!;
  const ofAll = positivesIn(positives);
  return evenShares(batch.patches.shape[0], parts).map((share) => ({
    batch: Object.fromEntries(read.map(({ name, shape, values }) => [name, partOf(shape, values, share)])) as BatchShare["batch"],
    labeledCount: Math.min(share.to, Math.max(share.from, labeledCount)) - share.from,
    unlabeledWeight,
    weight: positivesIn(partOf(positives.shape, positives.values, share)) / ofAll,
  }));
}

/** The tensors of a share, which the caller disposes. */
export const tensorsOfShare = ({ batch }: BatchShare): DetectionBatch =>
  Object.fromEntries(
    Object.entries(batch).map(([name, { shape, values }]) => [name, tf.tensor(values, shape)]),
  ) as unknown as DetectionBatch;
