import {
  type Candidate,
  type ConventionResult,
  compareConventions,
  compareRules,
  type FrocResult,
  type RuleComparison,
} from "@gleaner/froc";
import { type FrocReference, readMarks } from "@gleaner/froc/node";

type Counts = Omit<FrocResult, "curve">;

/** A comparison of the rules without the points of the curves. */
type RuleReport = Omit<RuleComparison, "official" | "exact"> & { official: Counts; exact: Counts };

/** What needs every mark again, because one rule alone keeps too little of them. */
export interface Reread {
  rules?: RuleReport;
  conventions?: ConventionResult[];
}

const withoutCurve = ({ curve: _, ...counts }: FrocResult): Counts => counts;

/** Reads the marks once more, all of them into memory, for what is asked for; nothing is read if nothing is. */
export async function reread(reference: FrocReference, path: string, asked: { rules: boolean; conventions: boolean }): Promise<Reread> {
  if (!asked.rules && !asked.conventions) return {};
  const candidates: Candidate[] = [];
  await readMarks(path, (scan, x, y, z, probability, diameterMm) => {
    candidates.push({ scan, x, y, z, probability, ...(Number.isNaN(diameterMm) ? {} : { diameterMm }) });
  });
  const input = { ...reference, candidates };
  const found: Reread = {};
  if (asked.rules) {
    const { official, exact, ...differences } = compareRules(input);
    found.rules = { official: withoutCurve(official), exact: withoutCurve(exact), ...differences };
  }
  if (asked.conventions) found.conventions = compareConventions(input);
  return found;
}
