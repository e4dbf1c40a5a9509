import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Finding } from "./boxes.js";
import { namesIn } from "./datasets/names-in.js";
import { readDataSetTables } from "./datasets/tables.js";
import { volumeError } from "./errors.js";
import { unknownScans } from "./luna16.js";

/** A scan of a data set in LUNA16's layout. */
export interface Luna16Scan {
  /** The file's name without its ending. */
  id: string;
  path: string;
  /** The number of the folder subset0 to subset9 that it lies in: its fold of the cross-validation. Missing for scans beside those. */
  subset?: number;
  /** The mask of the lungs that LUNA16 ships in seg-lungs-LUNA16, where it is there. */
  lungMask?: string;
  /** Who the scan is of, where patients.csv says so; scans of one patient have one name. */
  patient?: string;
}

/** A data set in LUNA16's layout, listed; no voxel has been read. */
export interface Luna16 {
  /** The scans of the folder and its subset0 to subset9, by id. */
  scans: Luna16Scan[];
  /** The table that the annotations are from; undefined where there is none. */
  annotationsPath?: string;
  /** The nodules; empty where there is no annotations.csv. */
  annotations: Finding[];
  /** Irrelevant findings; empty where there is no annotations_excluded.csv. */
  excluded: Finding[];
  /** The scans that seriesuids.csv lists; undefined where there is none. */
  seriesUids?: string[];
  /** Scans that the CSV files name and the folder does not hold. */
  unknown: string[];
}

const scanEnding = /\.(mhd|mha|nii|nii\.gz|hdr|nrrd|nhdr)$/i;
const maskFolder = "seg-lungs-LUNA16";

/**
 * Lists a folder in LUNA16's layout: scans (.mhd, .mha, .nii, .nii.gz, .hdr, .nrrd, .nhdr) in it and in subset0 to subset9, the masks of
 * seg-lungs-LUNA16, and the findings of its CSV files.
 *
 * A plain folder of scans is such a set too. Where it has no annotations.csv but one other CSV with LUNA16's columns, that is taken. A table
 * patients.csv with the columns seriesuid and patient says which scans are of one patient. Throws tagged errors (see `isVolumeError`): NotFound for a missing folder, Malformed for a CSV that cannot be read or a scan that is there twice.
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
  const found = new Map<string, Luna16Scan>();
  // A subset may be a link to a folder elsewhere.
  const subsets = namesIn(folder, (entry) => !entry.isFile() && /^subset\d+$/i.test(entry.name));
  const masks = maskNames(folder);
  for (const subset of [undefined, ...subsets]) {
    const place = subset === undefined ? folder : join(folder, subset);
    for (const name of namesIn(place, (entry) => !entry.isDirectory() && !entry.name.startsWith(".") && scanEnding.test(entry.name))) {
      const id = name.replace(scanEnding, "");
      const before = found.get(id);
      if (before !== undefined)
        throw volumeError("Malformed", join(place, name), `scan ${id} is also in ${before.path}, expected each scan once`);
      const mask = masks.get(id);
      found.set(id, {
        id,
        path: join(place, name),
        ...(subset !== undefined && { subset: Number(subset.slice("subset".length)) }),
        ...(mask !== undefined && { lungMask: join(folder, maskFolder, mask) }),
      });
    }
  }
  const tables = readDataSetTables(folder);
  const scans = [...found.values()].map((scan) => {
    const patient = tables.patients?.get(scan.id);
    return patient === undefined ? scan : { ...scan, patient };
  });
  const { annotationsPath, annotations, excluded, seriesUids } = tables;
  const named = [...(seriesUids ?? []).map((scan) => ({ scan })), ...annotations, ...excluded];
  return {
    scans,
    ...(annotationsPath !== undefined && { annotationsPath }),
    annotations,
    excluded,
    ...(seriesUids && { seriesUids }),
    unknown: unknownScans(named, [...found.keys()]),
  };
}

/** The names of the masks of the lungs by the scans' ids. */
function maskNames(folder: string): Map<string, string> {
  const place = join(folder, maskFolder);
  const names = existsSync(place) ? namesIn(place, (entry) => !entry.isDirectory() && scanEnding.test(entry.name)) : [];
  return new Map(names.map((name) => [name.replace(scanEnding, ""), name]));
}
