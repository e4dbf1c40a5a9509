import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { type Finding, unknownScans } from "@gleaner/volumes";
import { type BadSeries, type DataSet, type DataSetScan, openDataSet, readDataSetTables, readFindings } from "@gleaner/volumes/node";
import { z } from "zod";
import type { Config } from "../config.js";
import { inputError } from "../errors.js";
import { type Draw, drawSplit, type SplitPart, splitParts } from "./data-split-draw.js";
import type { Scan } from "./data-split-scan.js";
import { readJsonFile, runFiles, writeJsonFile } from "./run-folder.js";

export type { SplitPart } from "./data-split-draw.js";
export { splitParts } from "./data-split-draw.js";
export type { Scan } from "./data-split-scan.js";
export { scanIdOf } from "./data-split-scan.js";

export interface DataSplit extends Record<SplitPart, Scan[]> {
  /** The table that the findings are from. */
  annotations: string;
  findings: Finding[];
  excluded: Finding[];
  /** What is odd about the data but no error, a sentence each. */
  notes: string[];
}

export interface SplitOptions {
  /** What error sentences call the configuration. */
  source?: string;
  /** Where the index of a tree of DICOM series is kept. */
  folder: string;
  /** The folder of a run that has its split: what it was trained on stays what it was, whatever has come to the data set since. */
  savedIn?: string;
  signal?: AbortSignal;
  /** Called after each folder of such a tree. */
  onFolder?: (progress: { folders: number; read: number; series: number }) => void;
}

/**
 * Which scans train, which are only looked at, and which are held out: by number (drawn by the split's seed), by id, by path or by LUNA16's
 * subset; no scan is in two parts, and no patient.
 */
export async function resolveSplit({ data }: Config, options: SplitOptions): Promise<DataSplit> {
  const { source = "the configuration", savedIn } = options;
  const saved = savedIn === undefined ? undefined : readSavedSplit(savedIn);
  const { scans, bad, tables } = saved ? { scans: [], bad: [], tables: tablesOf(data) } : await listScans(data, options);
  const drawn = saved ?? drawSplit(data, scans, source);
  const findings = findingsOf(data, "annotations", tables, source);
  const excluded = findingsOf(data, "excluded", tables, source);

  const ids = [...new Set([...scans, ...splitParts.flatMap((part) => drawn[part])].map(({ id }) => id))];
  // A saved split names the scans that it uses and not the others of the data set.
  const unknown = saved ? [] : unknownScans(findings.rows, ids);
  const named = new Set(findings.rows.map(({ scan }) => scan)).size;
  if (named > 0 && unknown.length === named) {
    throw inputError(
      `${findings.path} names ${count(named, "scan")} (${listed(unknown)}) but none of ours (${listed(ids)}); expected the ids of the scans, which are their files' names`,
    );
  }
  const labeled = new Set(drawn.labeled.map(({ id }) => id));
  if (!findings.rows.some(({ scan }) => labeled.has(scan))) {
    throw inputError(
      `${findings.path} has no finding in the ${count(labeled.size, "labeled scan")} (${listed([...labeled])}); expected at least one`,
    );
  }
  const notes: string[] = [];
  if (unknown.length > 0)
    notes.push(`${findings.path} names ${count(unknown.length, "scan")} of ${named} that the data set does not hold (${listed(unknown)})`);
  if (bad.length > 0) notes.push(`${bad.length} of the series of ${data.root} are left out, such as ${bad[0]!.path}: ${bad[0]!.reason}`);
  if (drawn.leftOut > 0) notes.push(`${count(drawn.leftOut, "scan")} in no part: other parts have scans of the same patients`);
  return { ...partsOf(drawn), annotations: findings.path, findings: [...findings.rows], excluded: [...excluded.rows], notes };
}

const partsOf = (split: Record<SplitPart, Scan[]>): Record<SplitPart, Scan[]> =>
  Object.fromEntries(splitParts.map((part) => [part, split[part]])) as Record<SplitPart, Scan[]>;

/** Keeps in a run's folder which scans are on which side. */
export const saveSplit = (run: string, split: DataSplit): void => writeJsonFile(join(run, runFiles.split), partsOf(split));

const savedScans = z.array(
  z.object({ id: z.string(), path: z.string(), series: z.string().optional(), files: z.array(z.string()).optional() }),
);
const savedSplit = z.object({ labeled: savedScans, unlabeled: savedScans, validation: savedScans.default([]), test: savedScans });

function readSavedSplit(run: string): Draw | undefined {
  const path = join(run, runFiles.split);
  if (!existsSync(path)) return undefined;
  const found = savedSplit.safeParse(readJsonFile(path));
  if (!found.success) throw inputError(`${path} is no split of scans; expected the file that \`gleaner train\` wrote`);
  return { ...(found.data as Record<SplitPart, Scan[]>), leftOut: 0 };
}

type Tables = Readonly<Pick<DataSet, "annotationsPath" | "annotations" | "excluded">>;

const tablesOf = ({ root }: Config["data"]): Tables | undefined => (root === undefined ? undefined : readDataSetTables(root));

/** The scans of the data set, if the configuration has one; a tree of DICOM series is walked first. */
async function listScans(
  { root }: Config["data"],
  { folder, signal, onFolder }: SplitOptions,
): Promise<{ scans: DataSetScan[]; bad: BadSeries[]; tables: Tables | undefined }> {
  if (root === undefined) return { scans: [], bad: [], tables: undefined };
  const name = createHash("sha256").update(resolve(root)).digest("hex").slice(0, 24);
  const set = await openDataSet(root, {
    index: join(folder, "series", `${name}.jsonl`),
    ...(signal && { signal }),
    ...(onFolder && { onFolder }),
  });
  const scans: DataSetScan[] = [];
  const bad: BadSeries[] = [];
  for await (const scan of set.scans({ onBad: (each) => bad.push(each) })) scans.push(scan);
  return { scans, bad, tables: set };
}

const tableNames = { annotations: "annotations.csv", excluded: "annotations_excluded.csv" } as const;

/** The findings of a table that the configuration names, or of the data set's own. */
function findingsOf(
  data: Config["data"],
  table: keyof typeof tableNames,
  set: Tables | undefined,
  source: string,
): { path: string; rows: readonly Finding[] } {
  const given = data[table];
  const own = table === "annotations" ? set?.annotationsPath : undefined;
  const path = given ?? own ?? join(data.root ?? "", tableNames[table]);
  const rows = given === undefined ? (set?.[table] ?? []) : readFindings(given);
  if (table === "annotations" && rows.length === 0) {
    if (given !== undefined) throw inputError(`${given} has no finding; expected at least one`);
    throw inputError(
      data.root === undefined
        ? `${source}: data.annotations is missing; expected a CSV in LUNA16's columns, or data.root`
        : `${data.root} has no ${tableNames[table]} with a finding in it; expected one, or data.annotations`,
    );
  }
  const flat = table === "annotations" && rows.find(({ diameterMm }) => !(diameterMm > 0));
  if (flat) throw inputError(`${path}: a nodule of scan ${flat.scan} has a diameter of ${flat.diameterMm} mm; expected more than 0`);
  return { path, rows };
}

const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? "" : "s"}`;
const listed = (ids: readonly string[]): string =>
  (ids.length > 2 ? `${ids.slice(0, 2).join(", ")}, …` : ids.join(", ")) || "there is none";
