import { existsSync, mkdirSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { Candidate } from "@gleaner/volumes";
import { listDicomFolder } from "@gleaner/volumes/node";
import { inputError } from "../errors.js";
import { candidatesOf, writeCandidates } from "./candidates-file.js";
import { scanIdOf } from "./data-split.js";
import { prepareScan } from "./prepared-scans.js";
import { checkOutput } from "./run-folder.js";
import { loadTrainedDetector } from "./trained-detector.js";

export interface DetectOptions {
  run: string;
  scans: readonly string[];
  out: string;
  preparedFolder: string;
  signal?: AbortSignal;
  onTile?: (scan: number, done: number, total: number) => void;
}

export interface DetectResult {
  candidates: string;
  scans: { scan: string; path: string; marks: number; highest: number | null }[];
}

/** Runs a trained detector over whole scans and writes their candidates as one CSV, in the order of the scans, best first. */
export async function detect({ run, scans, out, preparedFolder, signal, onTile }: DetectOptions): Promise<DetectResult> {
  checkOutput(out);
  const ids = new Set<string>();
  for (const path of scans) {
    if (!existsSync(path)) throw inputError(`${path} does not exist; expected a volume: a file, or the folder of a DICOM series`);
    if (statSync(path).isDirectory()) await checkSeries(path);
    if (ids.has(scanIdOf(path)))
      throw inputError(`${path}: another scan is named ${scanIdOf(path)} too; expected different file names, which become the series ids`);
    ids.add(scanIdOf(path));
  }
  const detector = loadTrainedDetector(run);
  const candidates: Candidate[] = [];
  const summary: DetectResult["scans"] = [];
  try {
    for (const [i, path] of scans.entries()) {
      signal?.throwIfAborted();
      const scan = await prepareScan({ id: scanIdOf(path), path }, detector.config.preprocessing, preparedFolder);
      const marks = await detector.detect(scan, {
        ...(signal && { signal }),
        onProgress: ({ done, total }) => onTile?.(i, done, total),
      });
      candidates.push(...candidatesOf(scan.id, marks));
      summary.push({ scan: scan.id, path, marks: marks.length, highest: marks[0]?.probability ?? null });
    }
  } finally {
    detector.dispose();
  }
  mkdirSync(dirname(resolve(out)), { recursive: true });
  writeCandidates(out, candidates);
  return { candidates: out, scans: summary };
}

/** Throws unless a folder holds one DICOM series that is a volume as far as its headers tell; asked before long work on the scans before it. */
async function checkSeries(folder: string): Promise<void> {
  const series = (await listDicomFolder(folder)).filter(({ localizer }) => !localizer);
  const [only] = series;
  if (!only || series.length > 1)
    throw inputError(`${folder} holds ${series.length === 0 ? "no" : series.length} DICOM series; expected one, or the file of a volume`);
  const [problem] = only.problems;
  if (problem) throw inputError(problem.message);
}
