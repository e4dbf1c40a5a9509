/**
 * Views of images and volumes with their inverses, and MixUp of images and of objects, on TensorFlow.js.
 *
 * @module
 */
export { type AnchorGrid, anchorPermutation, applyAnchorPermutation } from "./anchor-permutation.js";
export { drawMixPlan, drawMixUpLambda, type MixPlan, mixBatch, mixUp } from "./mix-up.js";
export { composeSymmetries, cubeSymmetries, inverseSymmetry, randomSymmetry, type Symmetry } from "./symmetry.js";
export { transformBoxes } from "./transform-boxes.js";
export { transformVolume } from "./transform-volume.js";
export type { Triple } from "./triple.js";
