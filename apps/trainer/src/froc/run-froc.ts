import { existsSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { bootstrapFroc, compareFroc, cpmRates, type FrocComparison, type FrocIssue, type FrocResult, type FrocRule } from "@gleaner/froc";
import { evaluateFrocFile, type FrocReference, readReference } from "@gleaner/froc/node";
import { inputError } from "../errors.js";
import { writeWhole } from "../run/run-folder.js";
import { csvField } from "./csv-field.js";
import { formatErrors } from "./error-list.js";
import { frocPlot } from "./froc-plot.js";
import { reread } from "./reread.js";
import { strataOf, stratify } from "./strata.js";
import type { StrataRequest } from "./strata-option.js";
import type { Submission } from "./submission.js";

/** What `gleaner froc` is asked for. */
export interface FrocRequest {
  annotations: string;
  scans: string;
  excluded?: string;
  candidates: readonly string[];
  rule: FrocRule;
  /** Bootstrap samples; none without it. */
  samples?: number;
  seed: number;
  /** Refuses whatever has a warning. */
  strict: boolean;
  svg?: string;
  csv?: string;
  errors?: string;
  /** Groups of findings with a result of their own. */
  by?: StrataRequest;
  /** Compares the official and the exact rule. */
  compareRules: boolean;
  /** Evaluates by the conventions of others. */
  conventions: boolean;
  /** Told what was noticed about a submission before it is evaluated any further. */
  onIssue: (submission: string, issue: FrocIssue) => void;
}

/** What `gleaner froc` found. */
export interface FrocReport {
  rule: FrocRule;
  /** What the strata are by. */
  by?: string;
  submissions: Submission[];
  /** The first submission against each other one; with a bootstrap only. */
  comparisons: { a: string; b: string; comparison: FrocComparison }[];
}

/** File names without their ends; the whole paths where those clash. */
function namesOf(paths: readonly string[]): string[] {
  const short = paths.map((path) => basename(path).replace(/(\.csv)?(\.gz)?$/i, ""));
  return new Set(short).size === short.length ? short : [...paths];
}

function checkPaths(request: FrocRequest): void {
  if (request.candidates.length === 0) throw inputError("--candidates is missing");
  const twice = request.candidates.find((path, i) => request.candidates.findIndex((other) => resolve(other) === resolve(path)) !== i);
  if (twice !== undefined) throw inputError(`the candidates ${twice} are given twice`);
  for (const name of ["svg", "csv", "errors"] as const) {
    const path = request[name];
    if (path !== undefined && !existsSync(dirname(path)))
      throw inputError(`--${name} is ${path}; the folder ${dirname(path)} does not exist`);
  }
}

async function evaluateAll(request: FrocRequest, reference: FrocReference): Promise<Submission[]> {
  const submissions: Submission[] = [];
  const strata = request.by && strataOf(request.by, reference, request.annotations);
  for (const [i, name] of namesOf(request.candidates).entries()) {
    const { result, matches, issues } = await evaluateFrocFile(reference, request.candidates[i]!, { rule: request.rule });
    for (const issue of issues) request.onIssue(name, issue);
    const warnings = issues.filter((issue) => issue.level === "warning").length;
    if (request.strict && warnings > 0)
      throw inputError(`${name} is refused: ${warnings} warning${warnings === 1 ? "" : "s"}, and --strict allows none`);
    submissions.push({
      name,
      result,
      matches,
      ...(strata && { strata: stratify(matches, reference, strata) }),
      ...(await reread(reference, request.candidates[i]!, { rules: request.compareRules, conventions: request.conventions })),
    });
  }
  return submissions;
}

/** Evaluates submissions from their files; writes the plot, the table and the list of errors that are asked for. */
export async function runFroc(request: FrocRequest): Promise<FrocReport> {
  checkPaths(request);
  const reference = await readReference(request);
  const submissions = await evaluateAll(request, reference);
  const comparisons: FrocReport["comparisons"] = [];
  const { samples } = request;
  if (samples !== undefined) {
    const { createRandom } = await import("@gleaner/training");
    // One seed for all, so that every submission is judged on the same resampled scans.
    for (const submission of submissions)
      submission.bootstrap = bootstrapFroc(submission.matches, { samples, random: createRandom(request.seed) });
    const [first, ...others] = submissions;
    for (const other of others) {
      const comparison = compareFroc(first!.matches, other.matches, { samples, random: createRandom(request.seed) });
      comparisons.push({ a: first!.name, b: other.name, comparison });
    }
  }
  if (request.svg !== undefined) writeWhole(request.svg, frocPlot(submissions));
  if (request.csv !== undefined) writeWhole(request.csv, formatTable(submissions));
  if (request.errors !== undefined) writeWhole(request.errors, formatErrors(submissions, reference));
  const { by } = request;
  return { rule: request.rule, ...(by && { by: "column" in by ? by.column : "diameter" }), submissions, comparisons };
}

const cell = (value: number | undefined): string => (value === undefined || Number.isNaN(value) ? "" : String(value));

/** One row for each submission and rate, and one for its CPM (rate `cpm`); mean, lower and upper are of the bootstrap. */
function formatTable(submissions: readonly Submission[]): string {
  const rows = ["submission,rate,sensitivity,mean,lower,upper"];
  for (const { name, result, bootstrap } of submissions) {
    for (const rate of cpmRates.map(String) as (keyof FrocResult["sensitivity"])[]) {
      const values = [result.sensitivity[rate], bootstrap?.mean[rate], bootstrap?.lower[rate], bootstrap?.upper[rate]];
      rows.push([csvField(name), rate, ...values.map(cell)].join(","));
    }
    const { mean, lower, upper } = bootstrap?.cpm ?? {};
    rows.push([csvField(name), "cpm", ...[result.cpm, mean, lower, upper].map(cell)].join(","));
  }
  return `${rows.join("\n")}\n`;
}
