import { createSubmissionCheck, type ScanExtent } from "./check-submission.js";
import { summarizeFroc } from "./evaluate-froc.js";
import { createFrocMatcher } from "./froc-matcher.js";
import type { FrocIssue } from "./issues.js";
import type { FrocMatches } from "./matches.js";
import { readFindings, readMarks, readScans } from "./read-files.js";
import type { TabledFinding } from "./tables.js";
import type { FrocOptions, FrocResult } from "./types.js";

/** Paths of tables in LUNA16's columns, each gzipped or not. */
export interface FrocFiles {
  scans: string;
  annotations: string;
  excluded?: string;
  candidates: string;
}

/** A reference standard that several submissions are judged by. */
export interface FrocReference {
  scans: string[];
  findings: TabledFinding[];
  excluded: TabledFinding[];
}

/** A submission that was read and judged. */
export interface FrocFileResult {
  result: FrocResult;
  /** For everything else that is computed from matches: bootstrap, comparison, companions. */
  matches: FrocMatches;
  /** Rows of the candidates file. */
  marks: number;
  issues: FrocIssue[];
}

/**
 * Reads the files that every submission is judged by.
 *
 * @throws FrocFileError, see `readScans` and `readFindings`.
 *
 * @example
 * ```ts
 * import { mkdtempSync, writeFileSync } from "node:fs";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { readReference } from "@gleaner/froc/node";
 *
 * const folder = mkdtempSync(join(tmpdir(), "froc-"));
 * writeFileSync(join(folder, "seriesuids.csv"), "a\nb\n");
 * writeFileSync(join(folder, "annotations.csv"), "seriesuid,coordX,coordY,coordZ,diameter_mm\na,0,0,0,6\n");
 * const { scans, findings } = await readReference({ scans: join(folder, "seriesuids.csv"), annotations: join(folder, "annotations.csv") });
 * [scans.length, findings.length]; // => [2, 1]
 * ```
 */
export async function readReference({ scans, annotations, excluded }: Omit<FrocFiles, "candidates">): Promise<FrocReference> {
  return {
    scans: await readScans(scans),
    findings: await readFindings(annotations),
    excluded: excluded ? await readFindings(excluded) : [],
  };
}

/**
 * Evaluates a submission from its files as a stream, in bounded memory: under a cap at most 2.5 · cap marks a scan are held, without one the curve is
 * complete up to `horizon` (default 8) false positives per scan and lower ones are only counted.
 *
 * `reference` is what `readReference` gave, so that several submissions need not read it again.
 *
 * @throws FrocFileError for files that are not there and for rows that are not what the header promises.
 *
 * @example
 * ```ts
 * import { mkdtempSync, writeFileSync } from "node:fs";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { evaluateFrocFile } from "@gleaner/froc/node";
 *
 * const path = join(mkdtempSync(join(tmpdir(), "froc-")), "candidates.csv");
 * writeFileSync(path, "seriesuid,coordX,coordY,coordZ,probability\na,1,0,0,0.5\n");
 * const reference = { scans: ["a"], findings: [{ scan: "a", x: 0, y: 0, z: 0, diameterMm: 6, columns: {} }], excluded: [] };
 * (await evaluateFrocFile(reference, path)).result.cpm; // => 1
 * ```
 */
export async function evaluateFrocFile(
  reference: FrocReference,
  candidates: string,
  { extents, ...options }: FrocOptions & { extents?: Readonly<Record<string, ScanExtent>> } = {},
): Promise<FrocFileResult> {
  const capped =
    options.rule === "exact" ? Number.isFinite(options.maxCandidatesPerScan) : options.maxCandidatesPerScan !== Number.POSITIVE_INFINITY;
  const matcher = createFrocMatcher(reference, { horizon: capped ? Number.POSITIVE_INFINITY : 8, ...options });
  const check = createSubmissionCheck(reference, extents ? { extents } : {});
  const marks = await readMarks(candidates, (scan, x, y, z, probability, diameterMm) => {
    matcher.add(scan, x, y, z, probability, Number.isNaN(diameterMm) ? undefined : diameterMm);
    check.add(scan, x, y, z, probability);
  });
  const matches = matcher.finish();
  return { result: summarizeFroc(matches), matches, marks, issues: check.finish(matches) };
}

/**
 * Evaluates a LUNA16 submission from its four files.
 *
 * @throws FrocFileError for files that are not there and for rows that are not what the header promises.
 *
 * @example
 * ```ts
 * import { mkdtempSync, writeFileSync } from "node:fs";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { evaluateFrocFiles } from "@gleaner/froc/node";
 *
 * const folder = mkdtempSync(join(tmpdir(), "froc-"));
 * const file = (name: string, text: string) => {
 *   writeFileSync(join(folder, name), text);
 *   return join(folder, name);
 * };
 * const { result } = await evaluateFrocFiles({
 *   scans: file("seriesuids.csv", "a\nb\n"),
 *   annotations: file("annotations.csv", "seriesuid,coordX,coordY,coordZ,diameter_mm\na,0,0,0,6\n"),
 *   candidates: file("candidates.csv", "seriesuid,coordX,coordY,coordZ,probability\na,1,0,0,0.9\nb,1,0,0,0.3\n"),
 * });
 * result.cpm; // => 1
 * ```
 */
export async function evaluateFrocFiles(
  files: FrocFiles,
  options: FrocOptions & { extents?: Readonly<Record<string, ScanExtent>> } = {},
): Promise<FrocFileResult> {
  return evaluateFrocFile(await readReference(files), files.candidates, options);
}
