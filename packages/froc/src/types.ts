/** A lesion of the reference standard: its center in world coordinates (mm) and its diameter (mm; below 0 means unknown, taken as 10). */
export interface Finding {
  scan: string;
  x: number;
  y: number;
  z: number;
  diameterMm: number;
}

/** A mark of a detector: world coordinates (mm) and its probability (any finite score; higher is more suspicious). */
export interface Candidate {
  scan: string;
  x: number;
  y: number;
  z: number;
  probability: number;
  /** The mark's own size (mm); only matching by IoU reads it. */
  diameterMm?: number;
}

/** A submission with the reference standard it is judged by. */
export interface FrocInput {
  /** Every scan that was judged, those without findings and marks included: their number is the denominator of "per scan". */
  scans: readonly string[];
  findings: readonly Finding[];
  /** Findings that are neither right nor wrong: marks on them are left out. */
  excluded?: readonly Finding[];
  candidates: Iterable<Candidate>;
}

/** `official`: the LUNA16 script to the bit. `exact`: integer comparison of false positives, no cap on marks. */
export type FrocRule = "official" | "exact";

/**
 * When a mark is on a finding. `diameter`: center distance < the finding's radius (LUNA16). `fixedRadius`: center distance < `radiusMm`.
 * `iou`: intersection over union ≥ `threshold` of the two cubes with the diameters as sides.
 */
export type FrocMatching = { by: "diameter" } | { by: "fixedRadius"; radiusMm: number } | { by: "iou"; threshold: number };

/** How a submission is judged. */
export interface FrocOptions {
  /** Default `"official"`. */
  rule?: FrocRule;
  /** Default 100 under the official rule (which drops every mark tied with the 101st), no limit under the exact one (which keeps ties). */
  maxCandidatesPerScan?: number;
  /** Default `{ by: "diameter" }`. */
  matching?: FrocMatching;
  /**
   * How far the curve is needed, in false positives per scan; below it false positives are counted and forgotten, in bounded memory.
   * Default: all the way.
   */
  horizon?: number;
}

/** The seven false-positive rates per scan that the CPM averages over. */
export type CpmRate = "0.125" | "0.25" | "0.5" | "1" | "2" | "4" | "8";

/** One value for each of the seven rates. */
export type PerCpmRate = Record<CpmRate, number>;

/** One corner of a FROC polyline. */
export interface FrocPoint {
  falsePositivesPerScan: number;
  sensitivity: number;
  /** Marks with this score or a higher one give the point; `Infinity` for the first. */
  threshold: number;
}

/** What a submission is worth. */
export interface FrocResult {
  scans: number;
  nodules: number;
  truePositives: number;
  falsePositives: number;
  missed: number;
  /** Marks on excluded findings: neither right nor wrong. */
  ignored: number;
  /** Further marks on a finding that has one already: neither right nor wrong. */
  duplicates: number;
  /** The curve from (0, 0), without the points that lie on a straight piece. */
  curve: FrocPoint[];
  sensitivity: PerCpmRate;
  /** The mean of the seven sensitivities. */
  cpm: number;
  /** Scans of candidates that are not among the scans; their marks are left out, as in the script. */
  unknownScans: string[];
}
