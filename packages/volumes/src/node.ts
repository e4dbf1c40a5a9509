/**
 * Volumes on disk, for Node: reading, writing, and LUNA16's folder layout.
 *
 * @module
 */
export type { FormatOptions } from "./formats.js";
export { readVolume } from "./node-read.js";
export { writeVolume } from "./node-write.js";
export type { ReadOptions } from "./plan.js";
