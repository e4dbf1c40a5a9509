/**
 * Curriculum pseudo-labeling: per-class thresholds that follow how well each class is learnt. Plain arrays in and out; no dependency.
 *
 * @module
 */
export { type Curriculum, type CurriculumOptions, type CurriculumSnapshot, createCurriculum, restoreCurriculum } from "./curriculum.js";
export { createHistory, type History, type HistoryRow } from "./history.js";
export type { Mapping, MappingName } from "./mapping.js";
export { mergeSnapshots } from "./merge-snapshots.js";
