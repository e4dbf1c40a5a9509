import { writeWhole } from "./run-folder.js";

/** One row of a submission to LUNA16. */
export interface Candidate {
  scan: string;
  x: number;
  y: number;
  z: number;
  probability: number;
}

/** Writes candidates in LUNA16's columns: world coordinates in mm, probabilities in 0..1. */
export function writeCandidates(path: string, candidates: readonly Candidate[]): void {
  const rows = candidates.map(({ scan, x, y, z, probability }) =>
    [scan, x.toFixed(3), y.toFixed(3), z.toFixed(3), probability.toPrecision(9)].join(","),
  );
  writeWhole(path, `${["seriesuid,coordX,coordY,coordZ,probability", ...rows].join("\n")}\n`);
}
