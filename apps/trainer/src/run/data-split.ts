import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { createRandom, shuffled } from "@gleaner/training";
import { type Finding, unknownScans } from "@gleaner/volumes";
import { type Luna16, readFindings, readLuna16 } from "@gleaner/volumes/node";
import type { Config } from "../config.js";
import { inputError } from "../errors.js";

/** A scan on disk; the id is the one that annotations and candidates use. */
export interface Scan {
  id: string;
  /** A file, or the folder of a DICOM series. */
  path: string;
  /** The DICOM series, where a folder holds several. */
  series?: string;
  /** Its files, where the folder holds those of others too. */
  files?: string[];
}

export const splitParts = ["labeled", "unlabeled", "test"] as const;
type Part = (typeof splitParts)[number];

export interface DataSplit extends Record<Part, Scan[]> {
  /** The table that the findings are from. */
  annotations: string;
  findings: Finding[];
  excluded: Finding[];
  /** What is odd about the data but no error, a sentence each. */
  notes: string[];
}

/**
 * Which scans train, which are only looked at, and which are held out: by number (drawn by the split's seed), by id or by path; no scan is in
 * two parts. `source` is what error sentences call the configuration.
 */
export function resolveSplit({ data }: Config, source = "the configuration"): DataSplit {
  const set = data.root === undefined ? undefined : readLuna16(data.root);
  const chosen = chooseScans(data, set?.scans ?? [], source);
  const findings = findingsOf(data, "annotations", set, source);
  const excluded = findingsOf(data, "excluded", set, source);

  const scans = [...new Set([...(set?.scans ?? []), ...splitParts.flatMap((part) => chosen[part])].map(({ id }) => id))];
  const unknown = unknownScans(findings.rows, scans);
  const named = new Set(findings.rows.map(({ scan }) => scan)).size;
  if (named > 0 && unknown.length === named) {
    throw inputError(
      `${findings.path} names ${count(named, "scan")} (${listed(unknown)}) but none of ours (${listed(scans)}); expected the ids of the scans, which are their files' names`,
    );
  }
  const labeled = new Set(chosen.labeled.map(({ id }) => id));
  if (!findings.rows.some(({ scan }) => labeled.has(scan))) {
    throw inputError(
      `${findings.path} has no finding in the ${count(labeled.size, "labeled scan")} (${listed([...labeled])}); expected at least one`,
    );
  }
  const notes =
    unknown.length === 0
      ? []
      : [`${findings.path} names ${count(unknown.length, "scan")} of ${named} that the data set does not hold (${listed(unknown)})`];
  return { ...chosen, annotations: findings.path, findings: findings.rows, excluded: excluded.rows, notes };
}

function chooseScans(data: Config["data"], available: readonly Scan[], source: string): Record<Part, Scan[]> {
  const known = new Map(available.map((scan) => [scan.id, scan]));
  const set = data.root ?? "a data set";
  const partOf = new Map<string, Part>();
  const chosen: Record<Part, Scan[]> = { labeled: [], unlabeled: [], test: [] };
  // Named scans first, so that the drawn ones come from the rest.
  for (const part of splitParts) {
    const entries = data[part];
    for (const entry of Array.isArray(entries) ? entries : []) {
      const scan = known.get(entry) ?? (existsSync(entry) ? { id: scanIdOf(entry), path: entry } : undefined);
      if (!scan) throw inputError(`${source}: data.${part} names ${entry}, which is neither a scan of ${set} nor a file that exists`);
      const other = partOf.get(scan.id);
      if (other !== undefined)
        throw inputError(`${source}: data.${part} names scan ${scan.id}, which data.${other} names already; expected each scan once`);
      partOf.set(scan.id, part);
      chosen[part].push(scan);
    }
  }
  const pool = shuffled(
    [...known.values()].filter((scan) => !partOf.has(scan.id)),
    createRandom(data.splitSeed),
  );
  // The test scans are drawn first: more or fewer labels leave them as they are.
  for (const part of ["test", "labeled", "unlabeled"] as const) {
    const wanted = data[part];
    if (Array.isArray(wanted)) continue;
    if (wanted > pool.length)
      throw inputError(`${source}: data.${part} is ${wanted}; expected at most ${pool.length}, the scans of ${set} that no other part has`);
    chosen[part] = pool.splice(0, wanted);
  }
  if (chosen.labeled.length === 0) throw inputError(`${source}: data.labeled names no scan; expected at least one`);
  return chosen;
}

const tables = { annotations: "annotations.csv", excluded: "annotations_excluded.csv" } as const;

/** The findings of a table that the configuration names, or of the data set's own. */
function findingsOf(
  data: Config["data"],
  table: keyof typeof tables,
  set: Luna16 | undefined,
  source: string,
): { path: string; rows: Finding[] } {
  const given = data[table];
  const path = given ?? join(data.root ?? "", tables[table]);
  const rows = given === undefined ? (set?.[table] ?? []) : readFindings(given);
  if (table === "annotations" && rows.length === 0) {
    if (given !== undefined) throw inputError(`${given} has no finding; expected at least one`);
    throw inputError(
      data.root === undefined
        ? `${source}: data.annotations is missing; expected a CSV in LUNA16's columns, or data.root`
        : `${data.root} has no ${tables[table]} with a finding in it; expected one, or data.annotations`,
    );
  }
  const flat = table === "annotations" && rows.find(({ diameterMm }) => !(diameterMm > 0));
  if (flat) throw inputError(`${path}: a nodule of scan ${flat.scan} has a diameter of ${flat.diameterMm} mm; expected more than 0`);
  return { path, rows };
}

const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? "" : "s"}`;
const listed = (ids: readonly string[]): string =>
  (ids.length > 2 ? `${ids.slice(0, 2).join(", ")}, …` : ids.join(", ")) || "there is none";

/** The series that a file is of: the DICOM UID its name starts with, else its name without the endings that volumes have. */
export function scanIdOf(path: string): string {
  const name = basename(path).replace(/\.(mhd|mha|nii|nii\.gz|hdr|img|nrrd|nhdr)$/i, "");
  return /^\d+(?:\.\d+){5,}(?=\.\D|[_-]|$)/.exec(name)?.[0] ?? name;
}
