import { type Candidate, formatCandidates } from "@gleaner/volumes";
import { writeWhole } from "./run-folder.js";

/** Writes candidates in LUNA16's columns: world coordinates in mm, probabilities in 0..1. */
export const writeCandidates = (path: string, candidates: readonly Candidate[]): void => writeWhole(path, formatCandidates(candidates));
