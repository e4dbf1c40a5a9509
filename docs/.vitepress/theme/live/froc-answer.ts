import {
  type Candidate,
  compareRules,
  cpmRates,
  type FrocInput,
  type FrocMatches,
  type FrocPoint,
  type FrocResult,
  matchFindings,
  type RuleComparison,
  type RuleDifference,
  sensitivityAt,
  summarizeFroc,
} from "@gleaner/froc";
import { marksByScan, type ScanMarks } from "./froc-marks.js";
import { capOf, type FrocSettings, optionsOf } from "./froc-settings.js";

/** A way to count, and what a submission is worth by it. */
export interface Variant {
  name: string;
  /** Marks that the cap took away. */
  dropped: number;
  falsePositives: number;
  ignored: number;
  cpm: number;
}

export interface FrocAnswer {
  matches: FrocMatches;
  marks: ScanMarks[];
  /** By both rules, with the cap and the exclusions as set. */
  official: FrocResult;
  exact: FrocResult;
  differences: RuleDifference[];
  droppedByCap: number;
  cappedScans: number;
  /** Curves from 1/8 to 8 false positives per scan. */
  lines: Record<"official" | "exact", [falsePositivesPerScan: number, sensitivity: number][]>;
  variants: Variant[];
  /** The lowest and the highest score of the marks. */
  scores: [number, number];
}

const [firstRate, lastRate] = [cpmRates[0]!, cpmRates.at(-1)!];
/** 1/8 to 8, 16 places an octave: enough for the bows of straight pieces on a logarithmic axis. */
const places = Array.from({ length: 97 }, (_, i) => firstRate * 2 ** (i / 16));

const within = (curve: readonly FrocPoint[]): [number, number][] =>
  curve
    .filter((point) => point.falsePositivesPerScan > firstRate && point.falsePositivesPerScan < lastRate)
    .map((point) => [point.falsePositivesPerScan, point.sensitivity]);

/** The official curve is straight between its corners. */
function straightLine(matches: FrocMatches, curve: readonly FrocPoint[]): [number, number][] {
  const values = sensitivityAt(matches, places);
  const sampled = places.map((rate, i): [number, number] => [rate, values[i]!]);
  return [...sampled, ...within(curve)].sort((p, q) => p[0] - q[0] || p[1] - q[1]);
}

/** The exact curve stays where it is until the next whole false positive. */
function stepLine({ sensitivity, curve }: FrocResult): [number, number][] {
  const line: [number, number][] = [[firstRate, sensitivity["0.125"]]];
  for (const [x, y] of within(curve)) line.push([x, line.at(-1)![1]], [x, y]);
  return [...line, [lastRate, line.at(-1)![1]], [lastRate, sensitivity["8"]]];
}

const nameOf = (cap: number, exclusions: boolean): string =>
  `official, ${cap === Number.POSITIVE_INFINITY ? "no cap" : `cap of ${cap}`}${exclusions ? "" : ", no exclusions"}`;

function variant(input: FrocInput, cap: number, exclusions: boolean): Variant {
  const matches = matchFindings(exclusions ? input : { ...input, excluded: [] }, { maxCandidatesPerScan: cap });
  const { falsePositives, ignored, cpm } = summarizeFroc(matches);
  const dropped = matches.counts.droppedByCap.reduce((sum, count) => sum + count, 0);
  return { name: nameOf(cap, exclusions), dropped, falsePositives, ignored, cpm };
}

/** The official rule as set, with the exclusions the other way, with another cap, and the exact one. */
function variantsOf(
  input: FrocInput,
  { cap: name, exclusions }: FrocSettings,
  { official, exact, droppedByCap }: RuleComparison,
): Variant[] {
  const cap = capOf(name);
  return [
    { ...official, name: nameOf(cap, exclusions), dropped: droppedByCap },
    variant(input, cap, !exclusions),
    variant(input, cap === Number.POSITIVE_INFINITY ? 100 : Number.POSITIVE_INFINITY, exclusions),
    { ...exact, name: exclusions ? "exact" : "exact, no exclusions", dropped: 0 },
  ].map(({ name: called, dropped, falsePositives, ignored, cpm }) => ({ name: called, dropped, falsePositives, ignored, cpm }));
}

function scoreRange(candidates: Iterable<Candidate>): [number, number] {
  let [lowest, highest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { probability } of candidates) {
    lowest = Math.min(lowest, probability);
    highest = Math.max(highest, probability);
  }
  return [lowest, highest];
}

/** Everything that the page shows of a submission but what hangs on the threshold, counted by the package. */
export function frocAnswer(given: FrocInput, settings: FrocSettings): FrocAnswer {
  const input = settings.exclusions ? given : { ...given, excluded: [] };
  const { matches, scans } = marksByScan(input, optionsOf(settings));
  const rules = compareRules(input, { maxCandidatesPerScan: capOf(settings.cap) });
  const officialMatches = settings.rule === "official" ? matches : matchFindings(input, optionsOf({ ...settings, rule: "official" }));
  const { official, exact, differences, droppedByCap, cappedScans } = rules;
  return {
    matches,
    marks: scans,
    official,
    exact,
    differences,
    droppedByCap,
    cappedScans,
    lines: { official: straightLine(officialMatches, official.curve), exact: stepLine(exact) },
    variants: variantsOf(given, settings, rules),
    scores: scoreRange(given.candidates),
  };
}
