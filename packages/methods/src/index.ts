/**
 * One training step of each semi-supervised method: from a predict function and batches to a loss and its statistics.
 *
 * A detector trains in two calls a step: `focalMixBatch` (outside the tape) makes the batch, `detectionLoss` (inside `tf.variableGrads`) its loss.
 * Supervised training is `detectionLoss` alone.
 *
 * A classifier trains with one of the methods `supervised`, `pseudoLabel`, `uda`, `fixMatch` and the same with flexible thresholds,
 * `flexPseudoLabel`, `flexUda`, `flexMatch`: `loss` inside the tape, `observe` after it.
 *
 * @module
 */
export { averagePredictions, averageViews, type MeanPredictions } from "./average-views.js";
export type {
  ClassificationBatch,
  ClassificationLoss,
  ClassificationMethod,
  ClassificationMethodSnapshot,
  ClassificationStatistics,
  ClassifierPredict,
  PseudoLabeling,
} from "./classification.js";
export type { DetectionBatch, DetectionPredict, DetectionPredictions } from "./detection.js";
export { type DetectionLoss, type DetectionLossOptions, detectionLoss } from "./detection-loss.js";
export { type FixMatchOptions, fixMatch, flexMatch } from "./fix-match.js";
export { type FocalMixBatch, type FocalMixOptions, focalMixBatch } from "./focal-mix.js";
export { type HardTargets, type MeanTeacherOptions, meanTeacherBatch } from "./mean-teacher.js";
export { type FlexMethod, flexPseudoLabel, type PseudoLabelOptions, pseudoLabel } from "./pseudo-label.js";
export type { FlexOptions, SelectionOptions } from "./selection.js";
export { supervised } from "./supervised.js";
export { type FindObjects, findObjectsOf, type TeacherObjects } from "./teacher-objects.js";
export { flexUda, type UdaOptions, uda } from "./uda.js";
