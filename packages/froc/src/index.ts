/**
 * FROC, CPM, exclusions and bootstrap, as the official LUNA16 script and exactly.
 *
 * @module
 */
export { type BandPoint, type BootstrapOptions, bootstrapFroc, type FrocBootstrap, type Interval } from "./bootstrap-froc.js";
export { checkMatches, createSubmissionCheck, type ScanExtent, type SubmissionCheck, validateSubmission } from "./check-submission.js";
export { compareFroc, type Difference, type FrocComparison, type FrocContender } from "./compare-froc.js";
export { compareRules, type RuleComparison, type RuleDifference } from "./compare-rules.js";
export { type ConventionResult, compareConventions, evaluateByConvention, type FrocConvention, frocConventions } from "./conventions.js";
export type { CsvSplitter } from "./csv-rows.js";
export { evaluateFroc, summarizeFroc } from "./evaluate-froc.js";
export { type FrocFileError, type FrocFileErrorTag, isFrocFileError } from "./file-error.js";
export {
  afrocArea,
  type PrecisionRecall,
  type PrecisionRecallPoint,
  precisionRecall,
  type RocPoint,
  type ScanRoc,
  scanRoc,
} from "./free-response.js";
export { createFrocMatcher, type FrocMatcher } from "./froc-matcher.js";
export type { FrocIssue, FrocIssueCode } from "./issues.js";
export { matchFindings } from "./match-findings.js";
export type { FalsePositiveColumns, FrocMatches, NoduleColumns, ScanCounts } from "./matches.js";
export { cpmRates } from "./rates.js";
export type { Resampling } from "./resample.js";
export { type Selection, selectMatches } from "./select-matches.js";
export { meanSensitivity, sensitivityAt } from "./sensitivity-at.js";
export { diameterBand, type Stratum, stratifyByFinding, stratifyByScan } from "./stratify-froc.js";
export { createMarkReader, type MarkSink, parseCandidates, parseFindings, parseScans, type TabledFinding } from "./tables.js";
export type {
  Candidate,
  CpmRate,
  Finding,
  FrocInput,
  FrocMatching,
  FrocOptions,
  FrocPoint,
  FrocResult,
  FrocRule,
  PerCpmRate,
} from "./types.js";
