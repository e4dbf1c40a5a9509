import { join } from "node:path";
import type { Finding } from "../boxes.js";
import { volumeError } from "../errors.js";
import { readLuna16 } from "../node-luna16.js";
import { type DicomIndexOptions, indexDicomTree } from "./dicom-index.js";
import { type BadSeries, type DicomTreeOptions, dicomTreeScans } from "./dicom-tree.js";
import { namesIn } from "./names-in.js";
import { readDataSetTables } from "./tables.js";

/** A scan of a data set of any layout. */
export interface DataSetScan {
  /** What tables call it: the file's name without its ending, or the SeriesInstanceUID. */
  readonly id: string;
  /** A file, or the folder of a DICOM series. */
  readonly path: string;
  /** The DICOM series to read in the folder. */
  readonly series?: string;
  /** The files of the series, where its folder holds those of others too. */
  readonly files?: readonly string[];
  /** The same for scans of one patient; missing where nothing tells. */
  readonly patient?: string;
  /** LUNA16's fold. */
  readonly subset?: number;
  /** The mask of the lungs, where the set has one. */
  readonly lungMask?: string;
}

/** A data set on disk; no voxel has been read. */
export interface DataSet {
  /** LUNA16: volumes in subset0 to subset9; folder: volumes in one folder; DICOM: a tree of series. */
  readonly layout: "LUNA16" | "folder" | "DICOM";
  readonly path: string;
  /** The scans one by one; those of a tree of tens of thousands of series are never all in memory. */
  scans(options?: Pick<DicomTreeOptions, "onBad">): AsyncGenerator<DataSetScan>;
  /** The table that the annotations are from, where there is one. */
  readonly annotationsPath?: string;
  readonly annotations: readonly Finding[];
  readonly excluded: readonly Finding[];
  readonly seriesUids?: readonly string[];
}

export interface OpenDataSetOptions
  extends Partial<Pick<DicomIndexOptions, "index" | "signal" | "onFolder">>,
    Pick<DicomTreeOptions, "minSlices"> {}

const indexName = "gleaner-series.jsonl";

/**
 * Opens a folder as a data set: LUNA16's layout, a plain folder of volumes, or a tree of DICOM series, with the tables that lie beside them.
 *
 * A tree is walked first (see `indexDicomTree`); `index` is the file of its index, gleaner-series.jsonl in the folder unless told.
 * Rejects with a tagged error (see `isVolumeError`): NotFound for a folder that is not there, UnknownFormat for one that holds no scan,
 * Malformed for tables that cannot be read.
 *
 * @example
 * ```ts
 * import { mkdtemp, rm } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { createVolume } from "@gleaner/volumes";
 * import { openDataSet, writeVolume } from "@gleaner/volumes/node";
 *
 * const folder = await mkdtemp(join(tmpdir(), "set-"));
 * await writeVolume(join(folder, "scan-1.mhd"), createVolume({ data: new Int16Array(8), shape: [2, 2, 2] }));
 * const set = await openDataSet(folder);
 * const ids: string[] = [];
 * for await (const { id } of set.scans()) ids.push(id);
 * await rm(folder, { recursive: true });
 * set.layout; // => "folder"
 * ids; // => ["scan-1"]
 * ```
 */
export async function openDataSet(path: string, options: OpenDataSetOptions = {}): Promise<DataSet> {
  const files = readLuna16(path);
  const { annotationsPath, annotations, excluded, seriesUids } = files;
  const tables = {
    path,
    ...(annotationsPath !== undefined && { annotationsPath }),
    annotations,
    excluded,
    ...(seriesUids && { seriesUids }),
  };
  if (files.scans.length > 0) {
    const layout = files.scans.some(({ subset }) => subset !== undefined) || seriesUids ? "LUNA16" : "folder";
    return {
      layout,
      ...tables,
      async *scans() {
        yield* files.scans;
      },
    };
  }
  const { index = join(path, indexName), minSlices, ...walk } = options;
  const { series, unreadable } = await indexDicomTree(path, { ...walk, index });
  if (series === 0 && unreadable === 0) {
    const held = namesIn(path, () => true).length;
    throw volumeError(
      "UnknownFormat",
      path,
      `its ${held} ${held === 1 ? "entry holds" : "entries hold"} no scan, expected volumes (.mhd, .mha, .nii, .nii.gz, .nrrd) in it or in subset0 to subset9, or DICOM files in it or below`,
    );
  }
  const { patients } = readDataSetTables(path);
  return {
    layout: "DICOM",
    ...tables,
    async *scans({ onBad }: { onBad?: (bad: BadSeries) => void } = {}) {
      const wanted = { ...(minSlices !== undefined && { minSlices }), ...(onBad && { onBad }) };
      for await (const scan of dicomTreeScans(path, index, wanted)) {
        const patient = patients?.get(scan.id) ?? scan.patient;
        yield { ...scan, ...(patient !== undefined && { patient }) };
      }
    },
  };
}
