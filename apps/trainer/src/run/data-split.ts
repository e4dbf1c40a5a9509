import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { createRandom, shuffled } from "@gleaner/training";
import type { Finding } from "@gleaner/volumes";
import { readFindings, readLuna16 } from "@gleaner/volumes/node";
import type { Config } from "../config.js";
import { inputError } from "../errors.js";

/** A scan on disk; the id is the one that annotations and candidates use. */
export interface Scan {
  id: string;
  path: string;
}

export interface DataSplit {
  labeled: Scan[];
  unlabeled: Scan[];
  test: Scan[];
  findings: Finding[];
  excluded: Finding[];
}

/** Which scans train, which are only looked at, and which are held out: by number (drawn by the split's seed), by id or by path; no scan is in two parts. */
export function resolveSplit({ data }: Config): DataSplit {
  const set = data.root === undefined ? undefined : readLuna16(data.root);
  const annotations = data.annotations ?? (data.root === undefined ? undefined : join(data.root, "annotations.csv"));
  if (annotations === undefined) throw inputError("data.annotations is missing; expected a CSV in LUNA16's columns, or data.root");
  const excludedPath = data.excluded ?? (data.root === undefined ? undefined : join(data.root, "annotations_excluded.csv"));

  const known = new Map((set?.scans ?? []).map((scan) => [scan.id, scan]));
  const taken = new Set<string>();
  const take = (scan: Scan, part: string): Scan => {
    if (taken.has(scan.id)) throw inputError(`data.${part}: scan ${scan.id} is in two parts of the split; expected each scan in one`);
    taken.add(scan.id);
    return scan;
  };
  const parts = { labeled: data.labeled, unlabeled: data.unlabeled, test: data.test };
  const chosen: Record<keyof typeof parts, Scan[]> = { labeled: [], unlabeled: [], test: [] };
  // Named scans first, so that the drawn ones come from the rest.
  for (const [part, entries] of Object.entries(parts) as [keyof typeof parts, number | string[]][]) {
    if (!Array.isArray(entries)) continue;
    for (const entry of entries) {
      const scan = known.get(entry) ?? (existsSync(entry) ? { id: scanIdOf(entry), path: entry } : undefined);
      if (!scan) throw inputError(`data.${part}: ${entry} is neither a scan of ${data.root ?? "a data set"} nor a file that exists`);
      chosen[part].push(take(scan, part));
    }
  }
  const pool = shuffled(
    [...known.values()].filter((scan) => !taken.has(scan.id)),
    createRandom(data.splitSeed),
  );
  // The test scans are drawn first: more or fewer labels leave them as they are.
  for (const part of ["test", "labeled", "unlabeled"] as const) {
    const wanted = parts[part];
    if (Array.isArray(wanted)) continue;
    if (wanted > pool.length) {
      throw inputError(
        `data.${part} is ${wanted}; expected at most ${pool.length}, the scans of ${data.root ?? "the data set"} that are left`,
      );
    }
    chosen[part] = pool.splice(0, wanted);
  }
  if (chosen.labeled.length === 0) throw inputError("data.labeled names no scan; expected at least one");

  const findings = readFindings(annotations);
  const excluded = excludedPath !== undefined && existsSync(excludedPath) ? readFindings(excludedPath) : [];
  const labeledIds = new Set(chosen.labeled.map((scan) => scan.id));
  if (!findings.some((finding) => labeledIds.has(finding.scan))) {
    throw inputError(
      `${annotations} has no finding in the ${labeledIds.size} labeled scan${labeledIds.size === 1 ? "" : "s"} (${[...labeledIds][0]}, …); expected at least one`,
    );
  }
  return { ...chosen, findings, excluded };
}

/** The series that a file is of: the DICOM UID its name starts with, else its name without the endings that volumes have. */
export function scanIdOf(path: string): string {
  const name = basename(path).replace(/\.(mhd|mha|nii|nii\.gz|nrrd|nhdr)$/i, "");
  return /^\d+(?:\.\d+){5,}(?=\.\D|[_-]|$)/.exec(name)?.[0] ?? name;
}
