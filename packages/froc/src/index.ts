/**
 * FROC, CPM, exclusions and bootstrap, as the official LUNA16 script and exactly.
 *
 * @module
 */
export { type BandPoint, type BootstrapOptions, bootstrapFroc, type FrocBootstrap, type Interval } from "./bootstrap-froc.js";
export { compareFroc, type Difference, type FrocComparison } from "./compare-froc.js";
export { evaluateFroc, summarizeFroc } from "./evaluate-froc.js";
export { createFrocMatcher, type FrocMatcher, matchFindings } from "./match-findings.js";
export type { FalsePositiveColumns, FrocMatches, NoduleColumns, ScanCounts } from "./matches.js";
export { cpmRates } from "./rates.js";
export type { Resampling } from "./resample.js";
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
