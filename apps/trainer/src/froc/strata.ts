import { diameterBand, type FrocMatches, type FrocResult, selectMatches, summarizeFroc } from "@gleaner/froc";
import type { FrocReference } from "@gleaner/froc/node";
import { inputError } from "../errors.js";
import type { StrataRequest } from "./strata-option.js";

/** What a submission is worth on one group of findings; the false positives are those of all scans, in every group. */
export type StratumResult = { name: string } & Omit<FrocResult, "curve" | "unknownScans">;

type NameOf = (finding: FrocReference["findings"][number]) => string;

/** Names the group of each finding and puts the groups in order: bands from small to large, values of a column as people sort them. */
interface Strata {
  nameOf: NameOf;
  order(names: Iterable<string>): string[];
}

/** Checks what was asked for against the annotations, before anything is evaluated. */
export function strataOf(request: StrataRequest, { findings }: FrocReference, annotations: string): Strata {
  if ("edgesMm" in request) {
    const { edgesMm } = request;
    const nameOf = diameterBand(edgesMm);
    // A diameter in each band, and one that is not known, bring the names out in order.
    const names = [0, ...edgesMm, -1].map((diameterMm) => nameOf({ diameterMm }));
    return { nameOf, order: (seen) => [...seen].sort((a, b) => names.indexOf(a) - names.indexOf(b)) };
  }
  const { column } = request;
  const columns = findings[0]?.columns;
  if (columns && !Object.hasOwn(columns, column))
    throw inputError(
      `${annotations} has no column ${JSON.stringify(column)} for --by; expected diameter[:EDGES] or one of ${Object.keys(columns).join(", ")}`,
    );
  return {
    nameOf: (finding) => finding.columns[column]!,
    order: (seen) => [...seen].sort((a, b) => a.localeCompare(b, "en", { numeric: true })),
  };
}

/** One result for each group that has a finding on a judged scan, from matches that are there already. */
export function stratify(matches: FrocMatches, { findings }: FrocReference, { nameOf, order }: Strata): StratumResult[] {
  const names = findings.map(nameOf);
  return order(new Set(Array.from(matches.nodules.finding, (index) => names[index]!))).map((name) => {
    const { curve: _, unknownScans: __, ...counts } = summarizeFroc(selectMatches(matches, { finding: (index) => names[index] === name }));
    return { name, ...counts };
  });
}
