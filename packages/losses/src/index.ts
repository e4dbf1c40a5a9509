/**
 * Losses of learning from few labels, on TensorFlow.js: the soft-target focal loss, consistency losses, sharpening, box regression.
 *
 * @module
 */
export { hardCrossEntropy, klDivergence, softCrossEntropy } from "./cross-entropy.js";
export { giouLoss } from "./giou-loss.js";
export { alignDistribution, movingMean, type PseudoLabels, pseudoLabels } from "./pseudo-labels.js";
export { rampUp, type TsaOptions, tsaThreshold } from "./ramps.js";
export { sharpen, sharpenBinary } from "./sharpen.js";
export { type SmoothL1LossOptions, smoothL1Loss } from "./smooth-l1-loss.js";
export { type SoftTargetFocalLossOptions, softTargetFocalLoss } from "./soft-target-focal-loss.js";
