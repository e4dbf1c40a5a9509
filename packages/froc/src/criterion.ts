import type { Finding, FrocMatching } from "./types.js";

/** What the LUNA16 script takes for a finding of unknown size. */
const unknownDiameterMm = 10;

/** Findings of one scan in columns, ready to be compared with marks. */
export interface Targets {
  x: Float64Array;
  y: Float64Array;
  z: Float64Array;
  /** Squared radius for a distance; the side of the cube for IoU. */
  size: Float64Array;
}

const diameterOf = (finding: Finding): number => (finding.diameterMm < 0 ? unknownDiameterMm : finding.diameterMm);

export function createTargets(findings: readonly Finding[], matching: FrocMatching): Targets {
  const sizeOf = (finding: Finding): number => {
    if (matching.by === "iou") return diameterOf(finding);
    const radius = matching.by === "fixedRadius" ? matching.radiusMm : diameterOf(finding) / 2;
    return radius * radius;
  };
  return {
    x: Float64Array.from(findings, (f) => f.x),
    y: Float64Array.from(findings, (f) => f.y),
    z: Float64Array.from(findings, (f) => f.z),
    size: Float64Array.from(findings, sizeOf),
  };
}

/** Whether a mark is on target `i`. */
export type Criterion = (targets: Targets, i: number, x: number, y: number, z: number, diameterMm: number) => boolean;

// Strictly less: a mark at exactly the radius misses.
const byDistance: Criterion = (targets, i, x, y, z) => {
  const dx = targets.x[i]! - x;
  const dy = targets.y[i]! - y;
  const dz = targets.z[i]! - z;
  return dx * dx + dy * dy + dz * dz < targets.size[i]!;
};

const overlap = (centreA: number, sideA: number, centreB: number, sideB: number): number =>
  Math.max(0, Math.min(centreA + sideA / 2, centreB + sideB / 2) - Math.max(centreA - sideA / 2, centreB - sideB / 2));

const byIou =
  (threshold: number): Criterion =>
  (targets, i, x, y, z, diameterMm) => {
    const side = targets.size[i]!;
    const shared =
      overlap(targets.x[i]!, side, x, diameterMm) *
      overlap(targets.y[i]!, side, y, diameterMm) *
      overlap(targets.z[i]!, side, z, diameterMm);
    return shared > 0 && shared / (side ** 3 + diameterMm ** 3 - shared) >= threshold;
  };

export function createCriterion(matching: FrocMatching): Criterion {
  if (matching.by === "iou" && !(matching.threshold >= 0 && matching.threshold <= 1))
    throw new RangeError(`matching.threshold is ${matching.threshold}; expected an IoU in 0..1`);
  if (matching.by === "fixedRadius" && !(matching.radiusMm > 0))
    throw new RangeError(`matching.radiusMm is ${matching.radiusMm}; expected a radius above 0`);
  return matching.by === "iou" ? byIou(matching.threshold) : byDistance;
}
