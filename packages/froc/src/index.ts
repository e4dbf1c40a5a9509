/**
 * FROC, CPM, exclusions and bootstrap, as the official LUNA16 script and exactly.
 *
 * @module
 */
export { type BandPoint, type BootstrapOptions, bootstrapFroc, type FrocBootstrap, type Interval } from "./bootstrap-froc.js";
export { compareFroc, type Difference, type FrocComparison } from "./compare-froc.js";
export { compareRules, type RuleComparison, type RuleDifference } from "./compare-rules.js";
export { type ConventionResult, compareConventions, evaluateByConvention, type FrocConvention, frocConventions } from "./conventions.js";
export { evaluateFroc, summarizeFroc } from "./evaluate-froc.js";
export {
  afrocArea,
  type PrecisionRecall,
  type PrecisionRecallPoint,
  precisionRecall,
  type RocPoint,
  type ScanRoc,
  scanRoc,
} from "./free-response.js";
export { createFrocMatcher, type FrocMatcher, matchFindings } from "./match-findings.js";
export type { FalsePositiveColumns, FrocMatches, NoduleColumns, ScanCounts } from "./matches.js";
export { cpmRates } from "./rates.js";
export type { Resampling } from "./resample.js";
export { type Selection, selectMatches } from "./select-matches.js";
export { meanSensitivity } from "./sensitivity-at.js";
export { diameterBand, type Stratum, stratifyByFinding, stratifyByScan } from "./stratify-froc.js";
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
