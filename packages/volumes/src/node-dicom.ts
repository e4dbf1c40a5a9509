import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { type DicomOptions, type DicomVolume, loadDicom, scanDicom } from "./dicom/load.js";
import { type DicomSeries, seriesOf } from "./dicom/series.js";
import type { DicomSource } from "./dicom/source.js";
import type { VolumeError } from "./errors.js";
import { volumeError } from "./errors.js";
import { fileSource } from "./node-dicom-source.js";
import { createThreadedDecoder, defaultDecodeThreads } from "./node-dicom-threads.js";
import { attempt } from "./node-errors.js";

/** How DICOM files on a disk become a volume. */
export interface ReadDicomOptions extends DicomOptions {
  /** So many threads decode compressed slices; as many as the machine has, up to 4, unless told. */
  threads?: number;
}

/** Exports are a few folders deep (patient, study, series); links are not followed, so that no folder comes twice. */
const depthLimit = 12;
/** NLST has up to a thousand files a series; a folder with more than this should be read in parts. */
const fileLimit = 200_000;

/**
 * Lists the series of DICOM images of a folder, its folders included, or of a list of files; see `listDicomSeries`.
 *
 * Headers alone are read, some kB a file. Rejects with NotFound or Unreadable for a path that is not there or not readable, and with
 * TooLarge for more than 200,000 files.
 *
 * @example
 * ```ts
 * import { mkdtemp, rm } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { listDicomFolder } from "@gleaner/volumes/node";
 *
 * const folder = await mkdtemp(join(tmpdir(), "dicom-"));
 * const series = await listDicomFolder(folder);
 * await rm(folder, { recursive: true });
 * series; // => []
 * ```
 */
export async function listDicomFolder(
  path: string | readonly string[],
  { onUnreadable }: { onUnreadable?: (error: VolumeError) => void } = {},
): Promise<DicomSeries[]> {
  const findings = await scanDicom(await sourcesAt(path));
  for (const finding of findings) if (finding.kind === "fault") onUnreadable?.(finding.error);
  return seriesOf(findings).map(({ facts }) => facts);
}

/**
 * Reads the volume of a DICOM series from a folder, its folders included, from one file, or from a list of files; see `parseDicom`.
 *
 * Files that are not DICOM are passed over. Slices are read and decoded into their places a few at a time, so that memory is that of the
 * volume and some slices. Compressed ones are decoded in `threads` threads (as many as the machine has, up to 4, unless told; RangeError
 * for none), with the same result.
 *
 * @example
 * ```ts
 * import { mkdtemp, rm } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { isVolumeError, readDicom } from "@gleaner/volumes/node";
 *
 * const folder = await mkdtemp(join(tmpdir(), "dicom-"));
 * const error = await readDicom(folder).catch((caught) => caught);
 * await rm(folder, { recursive: true });
 * isVolumeError(error, "UnknownFormat"); // => true
 * ```
 */
export async function readDicom(
  path: string | readonly string[],
  { threads = defaultDecodeThreads(), ...options }: ReadDicomOptions = {},
): Promise<DicomVolume> {
  if (!Number.isInteger(threads) || threads < 1)
    throw new RangeError(`readDicom: threads is ${threads}, expected a whole number, 1 or more`);
  const decoder = createThreadedDecoder(threads);
  try {
    return await loadDicom(await sourcesAt(path), typeof path === "string" ? path : "the files", options, decoder);
  } finally {
    await decoder.close();
  }
}

async function sourcesAt(path: string | readonly string[]): Promise<DicomSource[]> {
  if (typeof path !== "string") return Promise.all([...path].sort().map(fileSource));
  const info = await attempt(path, () => stat(path));
  if (!info.isDirectory()) return [await fileSource(path)];
  const paths: string[] = [];
  await collect(path, 0, paths, path);
  const sources: DicomSource[] = [];
  for (const file of paths.sort()) sources.push(await fileSource(file));
  return sources;
}

async function collect(folder: string, depth: number, paths: string[], top: string): Promise<void> {
  const entries = await attempt(folder, () => readdir(folder, { withFileTypes: true }));
  for (const entry of entries) {
    if (entry.name.startsWith(".") || entry.name === "DICOMDIR") continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory() && depth < depthLimit) await collect(path, depth + 1, paths, top);
    else if (entry.isFile() || entry.isSymbolicLink()) paths.push(path);
    if (paths.length > fileLimit)
      throw volumeError("TooLarge", top, `it holds more than ${fileLimit} files, expected one part of it at a time`);
  }
}
