import { join } from "node:path";
import { type IndexedSeries, isHeader, readIndexLines } from "./dicom-index-lines.js";

/** A series of a tree that can be read as a volume. */
export interface DicomTreeScan {
  /** As `DicomSeries` has it: the SeriesInstanceUID, followed by #1, #2 … where that holds several stacks. */
  readonly id: string;
  /** Its folder. */
  readonly path: string;
  /** What the option `series` of `readVolume` takes. */
  readonly series: string;
  /** Its files, where the folder holds those of others too. */
  readonly files?: readonly string[];
  /** The same for series of one patient: a salted hash of PatientID. Missing where the files do not say. */
  readonly patient?: string;
  readonly slices: number;
  /** Columns and rows. */
  readonly sizeXY: readonly [number, number];
  /** `[z, y, x]`. */
  readonly spacingMm: readonly [number, number, number];
}

/** A series or an image that is left out, and why. */
export interface BadSeries {
  /** Missing for an image that does not say which series it is of. */
  readonly id?: string;
  /** The folder of the series, or the file of the image. */
  readonly path: string;
  /** A sentence. */
  readonly reason: string;
}

export interface DicomTreeOptions {
  /** Series with fewer slices are left out; 10 unless told, which is less than any scan of a chest has. */
  minSlices?: number;
  /** Series of another modality are left out; "CT" unless told. */
  modality?: string;
  /** Gets each series and image that is left out. */
  onBad?: (bad: BadSeries) => void;
}

/**
 * The series of a tree that can be read as volumes, from the index that `indexDicomTree` has made, one by one and in the order of their folders.
 *
 * Left out are scout views, other modalities, short series, those whose slices are no even stack, and those that were met before in another
 * folder. Throws (at the first series) NotFound where there is no index, and Malformed where the file is none (see `isVolumeError`).
 *
 * @throws RangeError if `minSlices` is no positive integer
 *
 * @example
 * ```ts
 * import { mkdtemp, rm } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { dicomTreeScans, indexDicomTree } from "@gleaner/volumes/node";
 *
 * const folder = await mkdtemp(join(tmpdir(), "tree-"));
 * await indexDicomTree(folder, { index: join(folder, "series.jsonl") });
 * const scans = [];
 * for await (const scan of dicomTreeScans(folder, join(folder, "series.jsonl"))) scans.push(scan);
 * await rm(folder, { recursive: true });
 * scans; // => []
 * ```
 */
export async function* dicomTreeScans(root: string, index: string, options: DicomTreeOptions = {}): AsyncGenerator<DicomTreeScan> {
  const { minSlices = 10, modality = "CT", onBad = () => {} } = options;
  if (!Number.isInteger(minSlices) || minSlices < 1)
    throw new RangeError(`dicomTreeScans: minSlices is ${minSlices}, expected a positive integer`);
  // Names of 64 characters at most: some MB for NLST's 75,000 series.
  const folderOf = new Map<string, string>();
  for await (const line of readIndexLines(index)) {
    if (isHeader(line)) continue;
    const path = join(root, line.folder);
    for (const { file, reason } of line.unreadable) onBad({ path: join(path, file), reason });
    for (const series of line.series) {
      const { id, patient, slices, sizeXY, spacingMm, files } = series;
      const before = folderOf.get(id);
      folderOf.set(id, before ?? path);
      const reason =
        before === undefined ? faultOf(series, minSlices, modality) : `the series is also in ${before}; expected each series once`;
      if (reason !== undefined) onBad({ id, path, reason });
      else
        yield {
          id,
          path,
          series: id,
          ...(files && { files: files.map((name) => join(path, name)) }),
          ...(patient !== undefined && { patient }),
          slices,
          sizeXY,
          spacingMm: spacingMm!,
        };
    }
  }
}

/** Why a series is left out, from what is most to what is least telling. */
function faultOf({ localizer, modality, slices, spacingMm, reason }: IndexedSeries, minSlices: number, wanted: string): string | undefined {
  if (localizer) return "it is a scout view";
  if (modality !== undefined && modality !== wanted) return `its modality is ${modality}; expected ${wanted}`;
  if (slices < minSlices) return `it has ${slices} ${slices === 1 ? "slice" : "slices"}; expected at least ${minSlices}`;
  return reason ?? (spacingMm ? undefined : "it does not say where its slices lie");
}
