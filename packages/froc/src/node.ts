/**
 * Submissions and reference standards from CSV files, gzipped or not, read as streams.
 *
 * @module
 */
export {
  evaluateFrocFile,
  evaluateFrocFiles,
  type FrocFileResult,
  type FrocFiles,
  type FrocReference,
  readReference,
} from "./evaluate-files.js";
export { readFindings, readMarks, readScans } from "./read-files.js";
