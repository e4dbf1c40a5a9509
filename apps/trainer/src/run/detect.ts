import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { formatCandidates, formatDetections } from "@gleaner/volumes";
import { listDicomFolder } from "@gleaner/volumes/node";
import { explainError, inputError, isFull } from "../errors.js";
import { type Scan, scanIdOf } from "./data-split.js";
import {
  checkOutputs,
  detectionsOf,
  type OutputFiles,
  type OutputFolders,
  outputKinds,
  outputPath,
  writeOutputs,
} from "./detect-outputs.js";
import { type FinishedScan, openParts } from "./detect-parts.js";
import { referenceOf } from "./detect-reference.js";
import { sourceOf } from "./prepare-source.js";
import { prepareScan } from "./prepared-scans.js";
import { checkOutput, runFiles, writeWhole } from "./run-folder.js";
import { loadTrainedDetector, type TrainedDetector } from "./trained-detector.js";

export interface DetectOptions {
  run: string;
  scans: readonly string[];
  out: string;
  preparedFolder: string;
  /** Where label maps, reports and segmentations go, of those that are asked for. */
  folders?: OutputFolders;
  /** The probability from which marks are in those; 0.5 unless told. */
  at?: number;
  /** The CSV has a column of diameters. */
  diameters?: boolean;
  /** Scans that a killed call has finished are taken from it. */
  resume?: boolean;
  signal?: AbortSignal;
  onTile?: (scan: number, done: number, total: number) => void;
}

export interface DetectResult {
  /** The CSV; null where no scan could be done. */
  candidates: string | null;
  scans: ({ scan: string; path: string; marks: number; highest: number | null } & OutputFiles)[];
  /** How many of them a killed call had finished. */
  resumed: number;
  failed: { scan: string; path: string; reason: string }[];
  /** All files that hold results. */
  files: string[];
}

/**
 * Runs a trained detector over whole scans and writes their candidates as one CSV, in the order of the scans, best first, and what else was
 * asked for of each scan. A scan that cannot be done does not keep others from it; one alone is an error.
 */
export async function detect(options: DetectOptions): Promise<DetectResult> {
  const { run, out, preparedFolder, folders = {}, at = 0.5, diameters = false, resume = false, signal, onTile } = options;
  checkOutput(out);
  const scans = namedScans(options.scans);
  checkOutputs(folders, scans, out);
  const detector = loadTrainedDetector(run);
  const done = new Map<Scan, FinishedScan>();
  const failed: (DetectResult["failed"][number] & { error: unknown })[] = [];
  let resumed = 0;
  try {
    const checksum = checksumOf(run);
    const parts = openParts(out, callFacts(checksum, folders, at), resume);
    for (const scan of scans) {
      const finished = await stillTrue(parts.finished.get(scan.id), scan, folders, preparedFolder);
      if (finished) done.set(scan, finished);
      else if (statSync(scan.path).isDirectory()) await checkSeries(scan.path);
      signal?.throwIfAborted();
    }
    resumed = done.size;
    for (const folder of [dirname(resolve(out)), ...Object.values(folders)]) mkdirSync(folder, { recursive: true });
    const version = `step ${detector.step}, ${checksum.slice(0, 16)}`;
    for (const [i, scan] of scans.entries()) {
      if (done.has(scan)) continue;
      signal?.throwIfAborted();
      try {
        const finished = await detectOne(detector, scan, {
          preparedFolder,
          folders,
          at,
          version,
          signal,
          onTile: (...tile) => onTile?.(i, ...tile),
        });
        done.set(scan, finished);
        parts.add(finished);
      } catch (error) {
        // Neither would do better with the next scan.
        if (signal?.aborted || isFull(error) || isFull((error as Error).cause)) throw error;
        failed.push({ scan: scan.id, path: scan.path, reason: explainError(error).text, error });
      }
    }
    if (failed.length === 1 && scans.length === 1) throw failed[0]!.error;
    const inOrder = scans.flatMap((scan) => done.get(scan) ?? []);
    const detections = inOrder.flatMap(({ scan, marks }) => detectionsOf(scan, marks));
    if (inOrder.length > 0) writeWhole(out, diameters ? formatDetections(detections) : formatCandidates(detections));
    parts.remove();
  } finally {
    detector.dispose();
  }
  const written = scans.flatMap((scan) => (done.has(scan) ? [{ path: scan.path, ...done.get(scan)! }] : []));
  const candidates = written.length > 0 ? out : null;
  return {
    candidates,
    scans: written.map(({ scan, path, marks, files }) => ({
      scan,
      path,
      marks: marks.length,
      highest: marks[0]?.probability ?? null,
      ...files,
    })),
    resumed,
    failed: failed.map(({ scan, path, reason }) => ({ scan, path, reason })),
    files: [candidates, ...written.flatMap(({ files }) => Object.values(files))].filter((file) => typeof file === "string"),
  };
}

interface DetectOne {
  preparedFolder: string;
  folders: OutputFolders;
  at: number;
  version: string;
  signal: AbortSignal | undefined;
  onTile: (done: number, total: number) => void;
}

async function detectOne(detector: TrainedDetector, scan: Scan, options: DetectOne): Promise<FinishedScan> {
  const { preparedFolder, folders, at, version, signal, onTile } = options;
  const { sr, seg } = folders;
  const reference = sr === undefined && seg === undefined ? undefined : await referenceOf(scan.path);
  const prepared = await prepareScan(scan, detector.config.preprocessing, preparedFolder);
  const marks = await detector.detect(prepared, { ...(signal && { signal }), onProgress: ({ done, total }) => onTile(done, total) });
  const files = await writeOutputs({ id: scan.id, path: scan.path }, marks, { folders, at, version, reference });
  const { checksum } = await sourceOf(scan, preparedFolder);
  return { scan: scan.id, source: checksum, marks, files };
}

function namedScans(paths: readonly string[]): Scan[] {
  const ids = new Set<string>();
  return paths.map((path) => {
    const id = scanIdOf(path);
    if (!existsSync(path)) throw inputError(`${path} does not exist; expected a volume: a file, or the folder of a DICOM series`);
    if (ids.has(id))
      throw inputError(`${path}: another scan is named ${id} too; expected different file names, which become the series ids`);
    ids.add(id);
    return { id, path };
  });
}

/** The checksum of what a run's detector is made of. */
function checksumOf(run: string): string {
  const hash = createHash("sha256");
  for (const file of [runFiles.config, runFiles.checkpoint]) hash.update(readFileSync(join(run, file)));
  return hash.digest("hex");
}

function callFacts(detector: string, folders: OutputFolders, at: number): Record<string, string | number> {
  const asked = outputKinds.filter((kind) => folders[kind] !== undefined);
  return {
    "the detector": detector.slice(0, 16),
    ...Object.fromEntries(asked.map((kind) => [`--${kind}`, resolve(folders[kind]!)])),
    ...(asked.length > 0 && { "--at": at }),
  };
}

/** What a killed call has finished, if the scan's files are the same as then and what was written of it is there. */
async function stillTrue(
  finished: FinishedScan | undefined,
  scan: Scan,
  folders: OutputFolders,
  preparedFolder: string,
): Promise<FinishedScan | undefined> {
  if (!finished) return undefined;
  const files: OutputFiles = {};
  for (const kind of outputKinds.filter((each) => folders[each] !== undefined)) {
    const path = finished.files[kind] === null ? null : outputPath(folders, kind, scan.id);
    if (path !== null && !existsSync(path)) return undefined;
    files[kind] = path;
  }
  const source = await sourceOf(scan, preparedFolder).catch(() => undefined);
  return source?.checksum === finished.source ? { ...finished, files } : undefined;
}

/** Throws unless a folder holds one DICOM series; asked before long work on the scans before it. */
async function checkSeries(folder: string): Promise<void> {
  const series = (await listDicomFolder(folder)).filter(({ localizer }) => !localizer);
  if (series.length !== 1)
    throw inputError(`${folder} holds ${series.length === 0 ? "no" : series.length} DICOM series; expected one, or the file of a volume`);
}
