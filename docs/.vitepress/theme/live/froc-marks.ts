import { type FalsePositiveColumns, type FrocInput, type FrocMatches, type FrocOptions, matchFindings } from "@gleaner/froc";

/** One finding of a scan as the detector sees it. */
export interface ScanFinding {
  diameterMm: number;
  /** The highest score of a mark on it; `-Infinity` if there is none. */
  score: number;
}

/** What is on one scan. Scores are in descending order. */
export interface ScanMarks {
  scan: string;
  /** How often the scan counts: a scan that is listed twice counts twice under the official rule. */
  weight: number;
  findings: ScanFinding[];
  falsePositives: Float64Array;
  /** Marks on excluded findings. */
  ignored: Float64Array;
  /** Marks on a finding that has a better one. */
  duplicates: Float64Array;
  /** Marks that the cap took away. */
  dropped: number;
}

/** What becomes of a scan, or of all, where marks count from a threshold on. */
export interface Standing {
  found: number;
  missed: number;
  falsePositives: number;
  ignored: number;
  duplicates: number;
}

const isSame = (a: FalsePositiveColumns, i: number, b: FalsePositiveColumns, j: number): boolean =>
  a.score[i] === b.score[j] && a.x[i] === b.x[j] && a.y[i] === b.y[j] && a.z[i] === b.z[j] && a.scan[i] === b.scan[j];

/** Scores by scan of the marks that are among `all` and not among `some`; both are in the order of the same marks. */
function scoresWithout(all: FalsePositiveColumns, some: FalsePositiveColumns | undefined, scans: number): number[][] {
  const scores: number[][] = Array.from({ length: scans }, () => []);
  let next = 0;
  for (let i = 0; i < all.score.length; i++) {
    if (some && next < some.score.length && isSame(all, i, some, next)) next++;
    else scores[all.scan[i]!]!.push(all.score[i]!);
  }
  return scores;
}

const descending = (scores: readonly number[]): Float64Array => Float64Array.from(scores).sort().reverse();

/**
 * What every mark of a submission is, scan by scan, as the package judges it: without findings and exclusions all marks are false positives, and
 * what is none any more once findings count is on one of them.
 */
export function marksByScan(input: FrocInput, options: FrocOptions): { matches: FrocMatches; scans: ScanMarks[] } {
  const matches = matchFindings(input, options);
  const { scanIds, lines, nodules, counts } = matches;
  const all = matchFindings({ ...input, findings: [], excluded: [] }, options).falsePositives;
  const off = matchFindings({ ...input, excluded: [] }, options).falsePositives;
  const onFindings = scoresWithout(all, off, scanIds.length);
  const ignored = scoresWithout(off, matches.falsePositives, scanIds.length);
  const falsePositives = scoresWithout(matches.falsePositives, undefined, scanIds.length);
  const findings: ScanFinding[][] = scanIds.map(() => []);
  for (const [i, scan] of nodules.scan.entries()) {
    const score = nodules.score[i]!;
    findings[scan]!.push({ diameterMm: input.findings[nodules.finding[i]!]!.diameterMm, score });
    const best = onFindings[scan]!.indexOf(score);
    // A mark may be on two findings: it is taken away once.
    if (best >= 0) onFindings[scan]!.splice(best, 1);
  }
  const weights = new Float64Array(scanIds.length);
  for (const scan of lines) weights[scan]!++;
  const scans = scanIds.map((scan, i) => ({
    scan,
    weight: weights[i]!,
    findings: findings[i]!,
    falsePositives: descending(falsePositives[i]!),
    ignored: descending(ignored[i]!),
    duplicates: descending(onFindings[i]!),
    dropped: counts.droppedByCap[i]!,
  }));
  return { matches, scans };
}

/** How many of descending scores reach a threshold. */
export function countReaching(scores: ArrayLike<number>, threshold: number): number {
  let [low, high] = [0, scores.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (scores[middle]! >= threshold) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** One scan at a threshold; its weight is not applied. */
export function standingOf(marks: ScanMarks, threshold: number): Standing {
  const found = marks.findings.filter(({ score }) => score >= threshold).length;
  return {
    found,
    missed: marks.findings.length - found,
    falsePositives: countReaching(marks.falsePositives, threshold),
    ignored: countReaching(marks.ignored, threshold),
    duplicates: countReaching(marks.duplicates, threshold),
  };
}

/** All scans at a threshold, each as often as it counts. */
export function totalStanding(scans: readonly ScanMarks[], standings: readonly Standing[]): Standing {
  const total: Standing = { found: 0, missed: 0, falsePositives: 0, ignored: 0, duplicates: 0 };
  for (const [i, standing] of standings.entries()) {
    for (const name of Object.keys(total) as (keyof Standing)[]) total[name] += scans[i]!.weight * standing[name];
  }
  return total;
}
