import type { Candidate, Finding } from "../src/index.js";

export declare function seeded(seed: number): () => number;
export declare function madeUpSubmission(
  scanCount: number,
  marksPerScan: number,
  seed?: number,
): { scans: string[]; findings: Finding[]; excluded: Finding[]; candidates: Candidate[] };
