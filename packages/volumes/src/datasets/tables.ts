import { closeSync, existsSync, openSync, readFileSync, readSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Finding } from "../boxes.js";
import { volumeError } from "../errors.js";
import { type Candidate, hasFindingColumns, parseCandidates, parseFindings, parsePatients, parseSeriesUids } from "../luna16.js";
import { systemError } from "../node-errors.js";
import { namesIn } from "./names-in.js";

/** LUNA16's candidates, its longest table, have 40 MB. */
const tableBytes = 2 ** 28;
/** LUNA16 ships its tables in CSVFILES beside the subsets, and the evaluation's ones in a folder `annotations`. */
const tableFolders = ["", "CSVFILES", "csv", "annotations"];

/** The tables of a data set. */
export interface DataSetTables {
  annotationsPath?: string;
  annotations: Finding[];
  excluded: Finding[];
  seriesUids?: string[];
  /** The patient of each scan that patients.csv names. */
  patients?: ReadonlyMap<string, string>;
}

/**
 * Reads the tables of a data set that lie in its folder, or where LUNA16 has them; see `readLuna16` for their names. No scan is looked for.
 *
 * Throws tagged errors (see `isVolumeError`): NotFound for a missing folder, Malformed for a table that cannot be read.
 *
 * @example
 * ```ts
 * import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { readDataSetTables } from "@gleaner/volumes/node";
 *
 * const folder = mkdtempSync(join(tmpdir(), "set-"));
 * writeFileSync(join(folder, "patients.csv"), "seriesuid,patient\nscan-1,p1\n");
 * const { annotations, patients } = readDataSetTables(folder);
 * rmSync(folder, { recursive: true });
 * annotations; // => []
 * patients?.get("scan-1"); // => "p1"
 * ```
 */
export function readDataSetTables(folder: string): DataSetTables {
  const table = (name: string): string | undefined =>
    tableFolders.map((place) => join(folder, place, name)).find((path) => existsSync(path));
  const annotationsPath = table("annotations.csv") ?? onlyTableOfFindings(folder);
  const excludedPath = table("annotations_excluded.csv");
  const seriesPath = table("seriesuids.csv");
  const patientsPath = table("patients.csv");
  return {
    ...(annotationsPath !== undefined && { annotationsPath }),
    annotations: annotationsPath === undefined ? [] : readFindings(annotationsPath),
    excluded: excludedPath === undefined ? [] : readFindings(excludedPath),
    ...(seriesPath !== undefined && { seriesUids: readSeriesUids(seriesPath) }),
    ...(patientsPath !== undefined && { patients: parsePatients(readText(patientsPath), patientsPath) }),
  };
}

/** The one CSV of a plain folder that has the columns of findings, whatever its name is. */
function onlyTableOfFindings(folder: string): string | undefined {
  const others = ["annotations_excluded.csv", "seriesuids.csv", "patients.csv"];
  const csvs = namesIn(folder, (entry) => !entry.isDirectory() && /\.csv$/i.test(entry.name) && !others.includes(entry.name));
  const fitting = csvs.map((name) => join(folder, name)).filter((path) => hasFindingColumns(headOf(path)));
  return fitting.length === 1 ? fitting[0] : undefined;
}

/** Enough of a table's start for its header. */
function headOf(path: string): string {
  try {
    const file = openSync(path, "r");
    try {
      const bytes = new Uint8Array(2 ** 12);
      return new TextDecoder().decode(bytes.subarray(0, readSync(file, bytes, 0, bytes.length, 0)));
    } finally {
      closeSync(file);
    }
  } catch (cause) {
    throw systemError(path, cause);
  }
}

/**
 * Reads annotations.csv or annotations_excluded.csv, see `parseFindings`. Throws tagged errors.
 *
 * @example
 * ```ts
 * import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { readFindings } from "@gleaner/volumes/node";
 *
 * const folder = mkdtempSync(join(tmpdir(), "csv-"));
 * writeFileSync(join(folder, "table.csv"), "seriesuid,coordX,coordY,coordZ,diameter_mm\na,1,2,3,5.5\n");
 * const findings = readFindings(join(folder, "table.csv"));
 * rmSync(folder, { recursive: true });
 * findings; // => [{ scan: "a", x: 1, y: 2, z: 3, diameterMm: 5.5 }]
 * ```
 */
export function readFindings(path: string): Finding[] {
  return parseFindings(readText(path), path);
}

/**
 * Reads a candidates.csv, see `parseCandidates`. Throws tagged errors.
 *
 * @example
 * ```ts
 * import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { readCandidates } from "@gleaner/volumes/node";
 *
 * const folder = mkdtempSync(join(tmpdir(), "csv-"));
 * writeFileSync(join(folder, "table.csv"), "seriesuid,coordX,coordY,coordZ,probability\na,1,2,3,0.5\n");
 * const candidates = readCandidates(join(folder, "table.csv"));
 * rmSync(folder, { recursive: true });
 * candidates; // => [{ scan: "a", x: 1, y: 2, z: 3, probability: 0.5 }]
 * ```
 */
export function readCandidates(path: string): Candidate[] {
  return parseCandidates(readText(path), path);
}

/**
 * Reads a seriesuids.csv, see `parseSeriesUids`. Throws tagged errors.
 *
 * @example
 * ```ts
 * import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { readSeriesUids } from "@gleaner/volumes/node";
 *
 * const folder = mkdtempSync(join(tmpdir(), "csv-"));
 * writeFileSync(join(folder, "table.csv"), "a\nb\n");
 * const scans = readSeriesUids(join(folder, "table.csv"));
 * rmSync(folder, { recursive: true });
 * scans; // => ["a", "b"]
 * ```
 */
export function readSeriesUids(path: string): string[] {
  return parseSeriesUids(readText(path), path);
}

function readText(path: string): string {
  try {
    const { size } = statSync(path);
    if (size > tableBytes) throw volumeError("TooLarge", path, `it has ${size} bytes, expected a table of at most ${tableBytes} bytes`);
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw systemError(path, cause);
  }
}
