import { type Dirent, existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Finding } from "./boxes.js";
import { volumeError } from "./errors.js";
import { type Candidate, parseCandidates, parseFindings, parseSeriesUids, unknownScans } from "./luna16.js";
import { systemError } from "./node-errors.js";

/** A data set in LUNA16's layout, listed; no voxel has been read. */
export interface Luna16 {
  /** The scans of the folder and its subset0 to subset9, by id (the file's name without its ending). */
  scans: { id: string; path: string }[];
  /** The nodules; empty where there is no annotations.csv. */
  annotations: Finding[];
  /** Irrelevant findings; empty where there is no annotations_excluded.csv. */
  excluded: Finding[];
  /** The scans that seriesuids.csv lists; undefined where there is none. */
  seriesUids?: string[];
  /** Scans that the CSV files name and the folder does not hold. */
  unknown: string[];
}

const scanEnding = /\.(mhd|mha|nii|nii\.gz)$/i;
/** LUNA16 ships its tables in CSVFILES beside the subsets, and the evaluation's ones in a folder `annotations`. */
const tableFolders = ["", "CSVFILES", "csv", "annotations"];

/**
 * Lists a folder in LUNA16's layout: scans (.mhd, .mha, .nii, .nii.gz) in it and in subset0 to subset9, and the findings of its CSV files.
 *
 * Throws tagged errors (see `isVolumeError`): NotFound for a missing folder, Malformed for a CSV that cannot be read or a scan that is there twice.
 *
 * @example
 * ```ts
 * import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { createVolume } from "@gleaner/volumes";
 * import { readLuna16, writeVolume } from "@gleaner/volumes/node";
 *
 * const folder = mkdtempSync(join(tmpdir(), "luna16-"));
 * await writeVolume(join(folder, "scan-1.mhd"), createVolume({ data: new Int16Array(8), shape: [2, 2, 2] }));
 * writeFileSync(join(folder, "annotations.csv"), "seriesuid,coordX,coordY,coordZ,diameter_mm\nscan-1,1,2,3,5.5\nscan-2,1,2,3,5.5\n");
 * const { scans, annotations, unknown } = readLuna16(folder);
 * rmSync(folder, { recursive: true });
 * scans.map(({ id }) => id); // => ["scan-1"]
 * annotations.length; // => 2
 * unknown; // => ["scan-2"]
 * ```
 */
export function readLuna16(folder: string): Luna16 {
  const paths = new Map<string, string>();
  // A subset may be a link to a folder elsewhere.
  const subsets = namesIn(folder, (entry) => !entry.isFile() && /^subset\d+$/i.test(entry.name));
  for (const place of [folder, ...subsets.map((name) => join(folder, name))]) {
    for (const name of namesIn(place, (entry) => !entry.isDirectory() && !entry.name.startsWith(".") && scanEnding.test(entry.name))) {
      const id = name.replace(scanEnding, "");
      const before = paths.get(id);
      if (before !== undefined)
        throw volumeError("Malformed", join(place, name), `scan ${id} is also in ${before}, expected each scan once`);
      paths.set(id, join(place, name));
    }
  }
  const scans = [...paths].map(([id, path]) => ({ id, path }));
  const table = (name: string): string | undefined =>
    tableFolders.map((place) => join(folder, place, name)).find((path) => existsSync(path));
  const annotationsPath = table("annotations.csv");
  const excludedPath = table("annotations_excluded.csv");
  const seriesPath = table("seriesuids.csv");
  const annotations = annotationsPath === undefined ? [] : readFindings(annotationsPath);
  const excluded = excludedPath === undefined ? [] : readFindings(excludedPath);
  const seriesUids = seriesPath === undefined ? undefined : readSeriesUids(seriesPath);
  const named = [...(seriesUids ?? []).map((scan) => ({ scan })), ...annotations, ...excluded];
  return { scans, annotations, excluded, ...(seriesUids && { seriesUids }), unknown: unknownScans(named, [...paths.keys()]) };
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
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw systemError(path, cause);
  }
}

function namesIn(folder: string, wanted: (entry: Dirent) => boolean): string[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    return entries
      .filter(wanted)
      .map(({ name }) => name)
      .sort();
  } catch (cause) {
    throw systemError(folder, cause);
  }
}
