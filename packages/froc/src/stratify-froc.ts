import { summarizeFroc } from "./evaluate-froc.js";
import { matchFindings } from "./match-findings.js";
import { selectMatches } from "./select-matches.js";
import type { Finding, FrocInput, FrocOptions, FrocResult } from "./types.js";

/** The result of one stratum. */
export interface Stratum {
  name: string;
  result: FrocResult;
}

/** The names in the order in which they first appear. */
function namesOf<T>(
  items: readonly T[],
  nameOf: (item: T, index: number) => string | undefined,
): { names: (string | undefined)[]; distinct: string[] } {
  const names = items.map(nameOf);
  return { names, distinct: [...new Set(names)].filter((name) => name !== undefined) };
}

/**
 * One result for each group of findings: by diameter with `diameterBand`, by any property that the findings carry. The sensitivities are those of
 * the group's findings; the false positives are all of them, in every group, and marks on findings of other groups are ignored.
 *
 * `nameOf` gives the group of a finding, `undefined` leaves it out. No finding: no group.
 *
 * @example
 * ```ts
 * import { diameterBand, stratifyByFinding } from "@gleaner/froc";
 *
 * const strata = stratifyByFinding(
 *   {
 *     scans: ["a"],
 *     findings: [
 *       { scan: "a", x: 0, y: 0, z: 0, diameterMm: 4 },
 *       { scan: "a", x: 50, y: 0, z: 0, diameterMm: 12 },
 *     ],
 *     candidates: [{ scan: "a", x: 50, y: 0, z: 0, probability: 0.9 }],
 *   },
 *   diameterBand([6, 8]),
 *   { rule: "exact" },
 * );
 * strata.map(({ name, result }) => [name, result.cpm]); // => [["< 6 mm", 0], ["≥ 8 mm", 1]]
 * ```
 */
export function stratifyByFinding<F extends Finding>(
  input: Omit<FrocInput, "findings"> & { findings: readonly F[] },
  nameOf: (finding: F, index: number) => string | undefined,
  options: FrocOptions = {},
): Stratum[] {
  const matches = matchFindings(input, options);
  const listed = new Set(matches.scanIds);
  const { names, distinct } = namesOf(input.findings, (finding, index) => (listed.has(finding.scan) ? nameOf(finding, index) : undefined));
  return distinct.map((name) => ({ name, result: summarizeFroc(selectMatches(matches, { finding: (index) => names[index] === name })) }));
}

/**
 * One result for each group of scans, folds for example: findings, marks and the denominator of "per scan" are those of the group.
 *
 * @example
 * ```ts
 * import { stratifyByScan } from "@gleaner/froc";
 *
 * const input = { scans: ["a0", "a1", "b0"], findings: [{ scan: "a1", x: 0, y: 0, z: 0, diameterMm: 6 }], candidates: [] };
 * stratifyByScan(input, (scan) => `fold ${scan[0]}`).map(({ name, result }) => [name, result.scans]); // => [["fold a", 2], ["fold b", 1]]
 * ```
 */
export function stratifyByScan(input: FrocInput, nameOf: (scan: string) => string | undefined, options: FrocOptions = {}): Stratum[] {
  const matches = matchFindings(input, options);
  const { distinct } = namesOf(matches.scanIds, nameOf);
  return distinct.map((name) => ({ name, result: summarizeFroc(selectMatches(matches, { scan: (id) => nameOf(id) === name })) }));
}

/**
 * Names the band of diameters (mm) that a finding is in: below the first edge, from an edge up to the next, from the last one on.
 *
 * @throws RangeError for edges that do not rise.
 *
 * @example
 * ```ts
 * import { diameterBand } from "@gleaner/froc";
 *
 * const band = diameterBand([6, 8]);
 * [5.9, 6, 8, -1].map((diameterMm) => band({ diameterMm })); // => ["< 6 mm", "6 to 8 mm", "≥ 8 mm", "unknown"]
 * ```
 */
export function diameterBand(edgesMm: readonly number[]): (finding: Pick<Finding, "diameterMm">) => string {
  if (edgesMm.length === 0 || edgesMm.some((edge, i) => !(edge > (edgesMm[i - 1] ?? 0))))
    throw new RangeError(`edgesMm is [${edgesMm.join(", ")}]; expected rising diameters above 0`);
  return ({ diameterMm }) => {
    if (!(diameterMm >= 0)) return "unknown";
    const above = edgesMm.findIndex((edge) => diameterMm < edge);
    if (above === 0) return `< ${edgesMm[0]} mm`;
    return above < 0 ? `≥ ${edgesMm.at(-1)} mm` : `${edgesMm[above - 1]} to ${edgesMm[above]} mm`;
  };
}
