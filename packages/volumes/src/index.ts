/**
 * CT volumes: read and write them, geometry, resampling, windows, lung masks, patches.
 *
 * @module
 */
export { isVolumeError, type VolumeError, type VolumeErrorTag } from "./errors.js";
export { formatMetaImage, formatNifti, formatVolume } from "./format.js";
export type { FormatOptions } from "./formats.js";
export { voxelToWorld, worldToVoxel } from "./geometry.js";
export { type ParseOptions, parseMetaImage, parseNifti, parseVolume, type VolumeFiles } from "./parse.js";
export type { ReadOptions } from "./plan.js";
export { createVolume, type Grid, type Matrix3, type Region, type Triple, type Volume, type VoxelArray } from "./volume.js";
