/**
 * 3D boxes, anchors, matching, coding and NMS; the pyramid network; whole-scan inference.
 *
 * @module
 */
export { type AnchorTargets, anchorTargets } from "./anchor-targets.js";
export {
  type AnchorGrid,
  type AnchorLevel,
  type AnchorOptions,
  type AnchorSet,
  cubeSizes,
  generateAnchors,
  type Triple,
} from "./anchors.js";
export { averagePool3d } from "./average-pool-3d.js";
export { type BoxWeights, type DecodeOptions, decodeBoxes, type EncodeOptions, encodeBoxes } from "./box-coder.js";
export { boxGiou, boxIou, boxIouMatrix } from "./boxes.js";
export { decodeBoxTensors } from "./decode-box-tensors.js";
export { type Detections, type DetectOptions, detectVolume, type ScanInput } from "./detect-volume.js";
export { type GroupNormOptions, groupNorm } from "./group-norm.js";
export { GroupNormLayer, type GroupNormLayerArgs } from "./group-norm-layer.js";
export { type Matching, matchAnchors } from "./match-anchors.js";
export type { AtssMatching } from "./match-atss.js";
export type { CenterMatching } from "./match-center.js";
export type { IouMatching } from "./match-iou.js";
export { type MergedBoxes, mergeWeighted, type WeightedMergeOptions } from "./merge-weighted.js";
export { type NmsOptions, nonMaxSuppression3d, type SelectOptions, selectTopScores } from "./nms.js";
export type { Predict } from "./predict-patches.js";
export { type PyramidConfig, resnet50Preset, slimPreset } from "./pyramid-config.js";
export { createPyramidDetector, type PyramidDetector } from "./pyramid-network.js";
export { upsampleNearest3d } from "./upsample-nearest-3d.js";
export { UpsampleNearest3dLayer } from "./upsample-nearest-3d-layer.js";
export type { PatchView } from "./views.js";
