import { diameterBand, type FrocInput, type FrocResult, matchFindings, stratifyByFinding, summarizeFroc } from "@gleaner/froc";

/** What was found of the nodules of one band of diameters. */
export interface SizeBand {
  name: string;
  nodules: number;
  /** With any score. */
  found: number;
  /** Sensitivity at one false positive per scan. */
  sensitivityAt1: number;
}

/** How many marks have which score. */
export interface ScoreHistogram {
  /** Bins of equal width from 0 to 1: nodules by the best mark on each, and false positives. */
  found: number[];
  falsePositives: number[];
  /** Among the marks above this score is one false positive per scan, or fewer where scores tie; null if among all marks there is no more. */
  thresholdAt1: number | null;
}

/** What the marks of some weights are worth. */
export interface MarksJudgment extends FrocResult {
  bySize: SizeBand[];
  scores: ScoreHistogram;
}

/** Judges marks by LUNA16's rules: the curve, what was found by size, and the scores. */
export function judgeMarks(input: FrocInput): MarksJudgment {
  const matches = matchFindings(input);
  const { nodules, falsePositives } = matches;
  const scores = judgeScores(
    nodules.score.filter((_, i) => nodules.marks[i]! > 0),
    falsePositives.score,
    input.scans.length,
  );
  return { ...summarizeFroc(matches), bySize: judgeBySize(input), scores };
}

/** By bands of diameters, the smallest first. */
function judgeBySize(input: FrocInput): SizeBand[] {
  const smallestFirst = { ...input, findings: [...input.findings].sort((a, b) => a.diameterMm - b.diameterMm) };
  return stratifyByFinding(smallestFirst, diameterBand([6, 10])).map(({ name, result }) => ({
    name,
    nodules: result.nodules,
    found: result.truePositives,
    // Of a band of which nothing is found the official script gives no curve.
    sensitivityAt1: result.truePositives === 0 ? 0 : result.sensitivity["1"],
  }));
}

/** The scores, each in 0..1, of the found nodules and of the false positives of so many scans. */
export function judgeScores(found: ArrayLike<number>, falsePositives: ArrayLike<number>, scans: number, bins = 25): ScoreHistogram {
  const highestFirst = Float64Array.from(falsePositives).sort().reverse();
  return { found: countBins(found, bins), falsePositives: countBins(falsePositives, bins), thresholdAt1: highestFirst[scans] ?? null };
}

/** A score of 1 belongs to the last bin. */
function countBins(scores: ArrayLike<number>, bins: number): number[] {
  const counts = new Array<number>(bins).fill(0);
  for (let i = 0; i < scores.length; i++) counts[Math.max(0, Math.min(bins - 1, Math.floor(scores[i]! * bins)))]!++;
  return counts;
}
