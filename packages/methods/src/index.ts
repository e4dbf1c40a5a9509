/**
 * One training step of each semi-supervised method: from a predict function and batches to a loss and its statistics.
 *
 * A detector trains in two calls a step: `focalMixBatch` (outside the tape) makes the batch, `detectionLoss` (inside `tf.variableGrads`) its loss.
 * Supervised training is `detectionLoss` alone.
 *
 * @module
 */
export { averageViews } from "./average-views.js";
export type { DetectionBatch, DetectionPredict, DetectionPredictions } from "./detection.js";
export { type DetectionLoss, type DetectionLossOptions, detectionLoss } from "./detection-loss.js";
export { type FocalMixBatch, type FocalMixOptions, focalMixBatch } from "./focal-mix.js";
