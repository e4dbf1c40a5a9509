import { readFileSync } from "node:fs";
import { join } from "node:path";
import { compareFroc, type FrocMatches, matchFindings, parseCandidates } from "@gleaner/froc";
import { createRandom } from "@gleaner/training";
import { validateConfig } from "../config.js";
import { resolveSplit } from "../run/data-split.js";
import { type DetectionRow, finishedByRow, judgmentFolder } from "./detection-rows.js";
import type { PlannedRun } from "./plan.js";
import type { TaskContext } from "./task.js";

/** A percentile interval over resampled scans; null where no sample has a value. */
export interface ScanInterval {
  lower: number | null;
  upper: number | null;
}

/**
 * A method against supervised training, with equal steps or with equal time, on the seeds that both have. Intervals are of a paired bootstrap over the scans: what other scans would have
 * given these runs. How much other seeds would have given the gains of the seeds tell.
 */
export interface DetectorComparison {
  cell: string;
  method: string;
  against: string;
  seeds: number[];
  /** Seeds in which the method has the higher CPM. */
  wins: number;
  /** Of each seed, method − against, in CPM of 0..1, with its interval. */
  gains: ({ gain: number } & ScanInterval)[];
  meanGain: number;
  /** Of the mean over the seeds. */
  interval: ScanInterval;
  confidence: number;
  samples: number;
}

const [samples, confidence] = [1000, 0.95];
/** Training without unlabeled scans, first with as many steps, then with as much time; each is compared with those before it only. */
const references = ["supervised", "supervised-equal-time"];

/** Every row against the supervised ones of its cell; the same runs give the same intervals. */
export async function compareDetectors(
  runs: readonly PlannedRun[],
  rows: readonly DetectionRow[],
  context: TaskContext,
): Promise<DetectorComparison[]> {
  const groups = finishedByRow(runs, context);
  const groupOf = (cell: string, method: string): PlannedRun[] =>
    groups.find(([first]) => first!.cell === cell && first!.method === method) ?? [];
  const read = createMatchesReader(context);
  const compared: DetectorComparison[] = [];
  const pairs = references.flatMap((reference, i) =>
    rows.filter(({ method }) => !references.slice(0, i + 1).includes(method)).map((row) => ({ row, reference })),
  );
  for (const { row, reference } of pairs) {
    const against = rows.find(({ cell, method }) => cell === row.cell && method === reference);
    const seeds = row.seeds.filter((seed) => against?.seeds.includes(seed));
    if (!against || seeds.length === 0) continue;
    const cpmOf = (of: DetectionRow, seed: number): number => of.cpm[of.seeds.indexOf(seed)]!;
    const gains = seeds.map((seed) => cpmOf(row, seed) - cpmOf(against, seed));
    const matchesOf = (method: string): Promise<FrocMatches[]> =>
      Promise.all(seeds.map((seed) => read(groupOf(row.cell, method).find((run) => run.seed === seed)!)));
    const [theirs, ours] = [await matchesOf(reference), await matchesOf(row.method)];
    compared.push({
      cell: row.cell,
      method: row.method,
      against: reference,
      seeds,
      wins: gains.filter((gain) => gain > 0).length,
      gains: gains.map((gain, i) => ({ gain, ...intervalOf([theirs[i]!], [ours[i]!]) })),
      meanGain: gains.reduce((sum, gain) => sum + gain, 0) / gains.length,
      interval: intervalOf(theirs, ours),
      confidence,
      samples,
    });
  }
  return compared;
}

function intervalOf(a: readonly FrocMatches[], b: readonly FrocMatches[]): ScanInterval {
  const { lower, upper } = compareFroc(a, b, { samples, confidence, random: createRandom(0) }).cpm;
  const known = (value: number): number | null => (Number.isNaN(value) ? null : value);
  return { lower: known(lower), upper: known(upper) };
}

/** Lays the marks of a run over the findings of its held-out scans, once for all that it is compared with. */
function createMatchesReader({ out, part, preparedFolder, signal }: TaskContext): (run: PlannedRun) => Promise<FrocMatches> {
  const known = new Map<string, Promise<FrocMatches>>();
  const read = async ({ id, settings }: PlannedRun): Promise<FrocMatches> => {
    const folder = join(out, id);
    const split = await resolveSplit(validateConfig(settings, id), { source: id, folder: preparedFolder, savedIn: folder, signal });
    const scans = split[part].map((scan) => scan.id).sort();
    const isHeld = (
      (held) =>
      (finding: { scan: string }): boolean =>
        held.has(finding.scan)
    )(new Set(scans));
    return matchFindings({
      scans,
      findings: split.findings.filter(isHeld),
      excluded: split.excluded.filter(isHeld),
      candidates: parseCandidates(readFileSync(join(judgmentFolder(folder, part), "candidates.csv"), "utf8")),
    });
  };
  return (run) => {
    const matches = known.get(run.id) ?? read(run);
    known.set(run.id, matches);
    return matches;
  };
}
