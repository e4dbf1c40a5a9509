import type { OperatorCheck } from "@gleaner/engine";
import type { PageEngine } from "./engine-settings.js";

/** "right 4.1e-7", "wrong 0.45", "missing": the status, and the largest error where there is one. */
export type Judgment = string;

/** Runs in Node that the page shows before it has run anything itself (scripts/record-engine-run.ts). */
export interface RecordedRuns {
  node: string;
  tensorflow: string;
  operators: string[];
  /** Of each operator, in that order. */
  runs: Partial<Record<PageEngine, Judgment[]>>;
}

export const judgmentOf = ({ status, largestError }: OperatorCheck): Judgment =>
  largestError === undefined ? status : `${status} ${Number(largestError.toPrecision(2))}`;

/** What the table says of one operator. */
export interface EngineRow {
  operator: string;
  status: string;
  largestError: string;
  /** What it is on WebAssembly as it comes, as recorded. */
  stock: string;
}

/** The operators with what was found here, or was recorded, or is not known yet. */
export function engineRows(recorded: RecordedRuns, engine: PageEngine, here: ReadonlyMap<string, Judgment> | undefined): EngineRow[] {
  return recorded.operators.map((operator, i) => {
    const judgment = here ? (here.get(operator) ?? "…") : (recorded.runs[engine]?.[i] ?? "not checked");
    const [status, largestError = "–"] = judgment === "not checked" ? [judgment] : (judgment.split(" ") as [string, string?]);
    return { operator, status, largestError, stock: recorded.runs.stock![i]!.split(" ")[0]! };
  });
}

export interface EngineCounts {
  right: number;
  wrong: number;
  missing: number;
  /** The largest error of what is right. */
  largestError: number;
}

export function countRows(rows: readonly EngineRow[]): EngineCounts {
  const count = (status: string): number => rows.filter((row) => row.status === status).length;
  const errors = rows.filter(({ status }) => status === "right").map(({ largestError }) => Number(largestError));
  return { right: count("right"), wrong: count("wrong"), missing: count("missing"), largestError: Math.max(0, ...errors) };
}
