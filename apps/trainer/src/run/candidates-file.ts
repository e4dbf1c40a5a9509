import { type Candidate, formatCandidates } from "@gleaner/volumes";
import { writeWhole } from "./run-folder.js";
import type { Mark } from "./trained-detector.js";

/** The marks on a scan as rows of a submission. */
export const candidatesOf = (scan: string, marks: readonly Mark[]): Candidate[] =>
  marks.map(({ x, y, z, probability }) => ({ scan, x, y, z, probability }));

/** Writes candidates in LUNA16's columns: world coordinates in mm, probabilities in 0..1. */
export const writeCandidates = (path: string, candidates: readonly Candidate[]): void => writeWhole(path, formatCandidates(candidates));
