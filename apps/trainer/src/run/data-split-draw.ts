import { existsSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { createRandom, shuffled } from "@gleaner/training";
import type { DataSetScan } from "@gleaner/volumes/node";
import type { Config } from "../config.js";
import { inputError } from "../errors.js";
import { type Scan, scanIdOf } from "./data-split-scan.js";

/** The sides of a split. */
export const splitParts = ["labeled", "unlabeled", "validation", "test"] as const;
export type SplitPart = (typeof splitParts)[number];

/** Which scans are on which side. */
export interface Draw extends Record<SplitPart, Scan[]> {
  /** Scans that no side may have, since another side has scans of the same patient. */
  leftOut: number;
}

const scanOf = ({ id, path, series, files }: DataSetScan): Scan => ({
  id,
  path,
  ...(series !== undefined && { series }),
  ...(files && { files: [...files] }),
});

/** Scans of one patient; a scan of which nobody knows whose it is stands alone. */
const patientOf = ({ id, patient }: Pick<DataSetScan, "id" | "patient">): string =>
  patient === undefined ? `scan ${id}` : `patient ${patient}`;

/**
 * Puts scans on the sides that a configuration names them for, and draws the others by the split's seed, patient by patient.
 *
 * A side of which a number is asked for gets that number of scans; the further scans of its last patient are on no side.
 */
export function drawSplit(data: Config["data"], available: readonly DataSetScan[], source: string): Draw {
  const known = new Map(available.map((scan) => [scan.id, scan]));
  const set = data.root ?? "a data set";
  const sideOf = new Map<string, { part: SplitPart; id: string }>();
  const named = new Set<string>();
  const drawn: Draw = { labeled: [], unlabeled: [], validation: [], test: [], leftOut: 0 };
  // Named scans first, so that the drawn ones come from the rest.
  for (const part of splitParts) {
    const entries = data[part];
    for (const scan of Array.isArray(entries) ? entries.flatMap((entry) => scansNamed(entry, part)) : []) {
      const patient = patientOf(scan);
      const other = sideOf.get(patient);
      if (named.has(scan.id))
        throw inputError(`${source}: data.${part} names scan ${scan.id}, which data.${other!.part} names already; expected each scan once`);
      if (other && other.part !== part)
        throw inputError(
          `${source}: data.${part} names scan ${scan.id}, of the patient of scan ${other.id}, which data.${other.part} names; expected all scans of a patient in one part`,
        );
      named.add(scan.id);
      sideOf.set(patient, other ?? { part, id: scan.id });
      drawn[part].push(scanOf(scan));
    }
  }
  const groups = new Map<string, DataSetScan[]>();
  for (const scan of known.values()) {
    if (named.has(scan.id)) continue;
    const patient = patientOf(scan);
    if (sideOf.has(patient)) drawn.leftOut++;
    else groups.set(patient, [...(groups.get(patient) ?? []), scan]);
  }
  const pool = shuffled([...groups.values()], createRandom(data.splitSeed));
  // What is held out is drawn first: more or fewer labels leave it as it is.
  for (const part of ["test", "validation", "labeled", "unlabeled"] as const) {
    const wanted = data[part];
    if (Array.isArray(wanted)) continue;
    const left = pool.reduce((sum, scans) => sum + scans.length, 0);
    if (wanted > left)
      throw inputError(`${source}: data.${part} is ${wanted}; expected at most ${left}, the scans of ${set} that no other part has`);
    while (drawn[part].length < wanted) {
      const scans = pool.shift()!;
      const taken = scans.slice(0, wanted - drawn[part].length);
      drawn[part].push(...taken.map(scanOf));
      drawn.leftOut += scans.length - taken.length;
    }
  }
  if (drawn.labeled.length === 0) throw inputError(`${source}: data.labeled names no scan; expected at least one`);
  return drawn;

  /** The scans behind an entry: an id, a subset of LUNA16, or a path. */
  function scansNamed(entry: string, part: SplitPart): DataSetScan[] {
    const scan = known.get(entry);
    if (scan) return [scan];
    // In a configuration that lies in the data set the name of a subset is that of a folder as well, and has become its path.
    const name = data.root !== undefined && dirname(entry) === resolve(data.root) ? basename(entry) : entry;
    const [, subset] = /^subset(\d+)$/i.exec(name) ?? [];
    const fold = subset === undefined ? [] : available.filter((each) => each.subset === Number(subset));
    if (fold.length > 0) return fold;
    if (existsSync(entry)) return [{ id: scanIdOf(entry), path: entry }];
    const kinds = available.some((each) => each.subset !== undefined) ? "neither a scan nor a subset" : "neither a scan";
    throw inputError(`${source}: data.${part} names ${entry}, which is ${kinds} of ${set} nor a file that exists`);
  }
}
