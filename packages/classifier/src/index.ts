/**
 * Networks for images as tfjs-layers models that give logits: the Wide ResNets of FixMatch's and FlexMatch's experiments, to the last
 * parameter, and a small network that trains on a processor.
 *
 * @module
 */

export type { SumAcross } from "./batch-norm.js";
export { BatchNormLayer, type BatchNormLayerArgs } from "./batch-norm-layer.js";
export type { ImageShape } from "./build-layers.js";
export { countParameters } from "./count-parameters.js";
export { IdleNormLayer } from "./idle-norm-layer.js";
export { createSmallCnn, type SmallCnnOptions } from "./small-cnn.js";
export { createWideResNet, type WideResNetOptions, type WideResNetVariant } from "./wide-res-net.js";
export { withFrozenStatistics } from "./with-frozen-statistics.js";
