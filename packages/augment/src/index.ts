/**
 * Views of images and volumes with their inverses, and MixUp of images and of objects, on TensorFlow.js.
 *
 * @module
 */
export { adjustIntensity, drawIntensityChange, type IntensityChange, type IntensityRanges } from "./adjust-intensity.js";
export { type AnchorGrid, anchorPermutation, applyAnchorPermutation } from "./anchor-permutation.js";
export {
  type CtAugment,
  type CtAugmentOptions,
  type CtAugmentSnapshot,
  type CtRates,
  createCtAugment,
  restoreCtAugment,
} from "./ct-augment.js";
export type { CtOperationName } from "./ct-operations.js";
export { type CutoutOptions, cutout, eraseSquare } from "./cutout.js";
export type { ByteImage, Image, ImageShape } from "./image.js";
export { type ImageBatch, type Normalization, normalizeImages, viewBatch } from "./image-batch.js";
export type { OperationName } from "./image-operations.js";
export { applyObjectMix, drawObjectMix, mixObjects, type ObjectMix, type ObjectPatch } from "./mix-objects.js";
export { drawMixPlan, drawMixUpLambda, type MixPlan, mixBatch, mixUp } from "./mix-up.js";
export { type ApplyPolicyOptions, applyPolicy, type Policy, type PolicyStep } from "./policy.js";
export { proximity } from "./proximity.js";
export { applyOperation, type RandAugmentOptions, randAugment, randAugmentOperations } from "./rand-augment.js";
export { type StrongViewOptions, strongView } from "./strong-view.js";
export { composeSymmetries, cubeSymmetries, inverseSymmetry, randomSymmetry, type Symmetry } from "./symmetry.js";
export { transformBoxes } from "./transform-boxes.js";
export { transformVolume } from "./transform-volume.js";
export type { Triple } from "./triple.js";
export { flipImage, shiftImage, type WeakViewOptions, weakView } from "./weak-view.js";
