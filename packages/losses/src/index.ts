/**
 * Losses for learning from few labels, on TensorFlow.js: the soft-target focal loss, sharpening, box regression.
 *
 * @module
 */
export { sharpen, sharpenBinary } from "./sharpen.js";
export { type SmoothL1LossOptions, smoothL1Loss } from "./smooth-l1-loss.js";
export { type SoftTargetFocalLossOptions, softTargetFocalLoss } from "./soft-target-focal-loss.js";
