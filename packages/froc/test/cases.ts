import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Candidate, Finding, FrocInput } from "../src/index.js";

/** What the official script says of a case. */
export interface CaseResult {
  counts: { TP: number; FP: number; FN: number; nodules: number; candidates: number; ignoredExcluded: number; ignoredDouble: number };
  numScans: number;
  sens_interp: number[];
  CPM_interp: number;
  CPM_nearestGrid: number;
  sens_nearestGrid10001: number[];
  CPM_NoduleNet: number | null;
  sens_firstPointAtOrAbove_NoduleNet: (number | null)[];
  nCurvePoints: number;
  bootstrap: { samples: number; mean: (number | null)[]; lower: (number | null)[]; upper: (number | null)[]; CPM_mean: number | null };
}

export const fixtures: string = fileURLToPath(new URL("./fixtures", import.meta.url));
const data = process.env["GLEANER_DATA"];
/** Cases made of LUNA16 data, next to the folder of real data. */
export const sharedCases: string | undefined = data && existsSync(join(data, "../froc-cases")) ? join(data, "../froc-cases") : undefined;

// Plain splitting is enough for these files; the package's own reader has its own tests.
const rows = (path: string): string[][] =>
  readFileSync(path, "utf8")
    .split(/\r?\n/)
    .filter((line) => line !== "")
    .map((line) => line.split(","));

const findings = (path: string): Finding[] =>
  rows(path)
    .slice(1)
    .map(([scan, x, y, z, d]) => ({ scan: scan!, x: Number(x), y: Number(y), z: Number(z), diameterMm: Number(d) }));

export function readCase(folder: string): FrocInput & { candidates: Candidate[]; scans: string[] } {
  return {
    scans: rows(join(folder, "seriesuids.csv")).map(([id]) => id!),
    findings: findings(join(folder, "annotations.csv")),
    excluded: findings(join(folder, "annotations_excluded.csv")),
    candidates: rows(join(folder, "submission.csv"))
      .slice(1)
      .map(([scan, x, y, z, p]) => ({ scan: scan!, x: Number(x), y: Number(y), z: Number(z), probability: Number(p) })),
  };
}

export const readJson = <T>(folder: string, name: string): T => JSON.parse(readFileSync(join(folder, name), "utf8")) as T;
