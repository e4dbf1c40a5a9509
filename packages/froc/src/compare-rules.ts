import { summarizeFroc } from "./evaluate-froc.js";
import { matchFindings } from "./match-findings.js";
import { cpmRates } from "./rates.js";
import type { CpmRate, FrocInput, FrocOptions, FrocResult } from "./types.js";

/** Why the two rules give different sensitivities at a rate. */
export interface RuleDifference {
  /** The rate, or `"cpm"`. */
  at: CpmRate | "cpm";
  official: number;
  exact: number;
  /** The part that the order of the script's operations and its interpolation make. */
  byArithmetic: number;
  /** The part that the cap on marks makes. */
  byCap: number;
}

/** Where the official and the exact rule differ on a submission. */
export interface RuleComparison {
  official: FrocResult;
  exact: FrocResult;
  /** The rates at which the rules differ (and the CPM), with `byArithmetic + byCap = exact − official`. Empty if they agree. */
  differences: RuleDifference[];
  /** Scans in which the official cap dropped marks, and how many. */
  cappedScans: number;
  droppedByCap: number;
}

/**
 * Evaluates a submission by both rules and says where they differ and why. Where no finding is found the official rule has no value (NaN)
 * and the exact one 0; that counts as a difference.
 *
 * @example
 * ```ts
 * import { compareRules } from "@gleaner/froc";
 *
 * const input = {
 *   scans: ["a"],
 *   findings: [{ scan: "a", x: 0, y: 0, z: 0, diameterMm: 6 }],
 *   candidates: [
 *     { scan: "a", x: 0, y: 0, z: 0, probability: 0.9 },
 *     { scan: "a", x: 30, y: 0, z: 0, probability: 0.9 },
 *   ],
 * };
 * const { differences } = compareRules(input);
 * differences[0]; // => { at: "0.125", official: 0.125, exact: 0, byArithmetic: -0.125, byCap: 0 }
 * ```
 */
export function compareRules(input: FrocInput, options: Omit<FrocOptions, "rule"> = {}): RuleComparison {
  const reread = { ...input, candidates: [...input.candidates] };
  const matches = matchFindings(reread, { ...options, rule: "official" });
  const official = summarizeFroc(matches);
  const exact = summarizeFroc(matchFindings(reread, { ...options, maxCandidatesPerScan: Number.POSITIVE_INFINITY, rule: "exact" }));
  // The marks that the official cap left, counted exactly: what is between it and either rule has one cause.
  const between = summarizeFroc({ ...matches, rule: "exact" });
  const differences: RuleDifference[] = [];
  const compare = (at: CpmRate | "cpm", read: (result: FrocResult) => number): void => {
    const [a, b, c] = [read(official), read(between), read(exact)];
    // A last bit of the division is no difference worth a line.
    if (!Object.is(a, c) && !(Math.abs(a - c) < 1e-12)) differences.push({ at, official: a, exact: c, byArithmetic: b - a, byCap: c - b });
  };
  for (const rate of cpmRates) compare(String(rate) as CpmRate, (result) => result.sensitivity[String(rate) as CpmRate]);
  compare("cpm", (result) => result.cpm);
  const { droppedByCap } = matches.counts;
  return {
    official,
    exact,
    differences,
    cappedScans: droppedByCap.filter((dropped) => dropped > 0).length,
    droppedByCap: droppedByCap.reduce((sum, dropped) => sum + dropped, 0),
  };
}
