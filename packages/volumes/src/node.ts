/**
 * Volumes on disk, for Node: reading, writing, and LUNA16's folder layout.
 *
 * @module
 */
export type { Finding } from "./boxes.js";
export { isVolumeError, type VolumeError, type VolumeErrorTag } from "./errors.js";
export type { FormatOptions } from "./file-layout.js";
export type { Candidate } from "./luna16.js";
export { type Luna16, readCandidates, readFindings, readLuna16, readSeriesUids } from "./node-luna16.js";
export { readVolume } from "./node-read.js";
export { writeVolume } from "./node-write.js";
export type { ReadOptions } from "./plan.js";
export type { Volume } from "./volume.js";
