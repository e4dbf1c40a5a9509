import { count } from "./html.js";
import type { RunSummary } from "./summarize-detector.js";
import { mean } from "./words.js";

type Method = RunSummary["config"]["method"];

/** What one training run differs from the next by chance, in CPM points. */
const noisePoints = 5;

/** What a method is called in a table or at the beginning of a sentence. */
export const methodTitles: Record<Method, string> = {
  supervised: "Supervised training",
  focalmix: "FocalMix",
  "mean-teacher": "Mean teacher",
};

/** What is compared with supervised training, as it is called within a sentence. */
const rivals = { focalmix: "FocalMix", "mean-teacher": "the mean teacher" } as const satisfies Partial<Record<Method, string>>;

/** What the runs say of each method against supervised training; a difference is called one only with the noise of a run beside it. */
export function compareMethods(runs: readonly RunSummary[]): string {
  const of = (method: Method): RunSummary[] => runs.filter((run) => run.config.method === method && Number.isFinite(run.froc?.cpm));
  const supervised = of("supervised");
  const others = Object.entries(rivals).flatMap(([method, name]) => {
    const group = of(method as Method);
    return group.length > 0 ? [{ name, runs: group }] : [];
  });
  if (supervised.length === 0 || others.length === 0) return "";
  const compared = [...supervised, ...others.flatMap((one) => one.runs)];
  const differing = (key: (run: RunSummary) => unknown): boolean => new Set(compared.map(key)).size > 1;
  if (differing((run) => idsOf(run.split.test))) return "The runs were judged on different scans, so their CPMs cannot be compared.";
  if (differing((run) => idsOf(run.split.labeled))) return "The runs had different labeled scans, so they do not compare the methods.";
  if (differing((run) => run.froc!.step))
    return "The runs were trained for different numbers of steps, so they do not compare the methods.";
  const verdicts = others.map((one) => compareWith(supervised, one));
  const differences = `At equal steps, ${verdicts.map(({ difference }) => difference).join("; ")}.`;
  // Said once where it holds for all.
  const weights = [...new Set(verdicts.map(({ weight }) => weight))];
  const weighed = weights.length === 1 ? weights[0]! : verdicts.map(({ name, weight }) => `${name}: ${weight}`).join(" ");
  return `${differences} ${weighed} ${elsewhere}`;
}

const elsewhere =
  "Whether unlabeled scans help depends on how good the detector is without them, and one pair of runs does not tell: the documentation has a table of runs that were made with this code (<code>docs/theory/focalmix.md</code>, “Does it help?”).";

interface Verdict {
  name: string;
  difference: string;
  weight: string;
}

function compareWith(supervised: readonly RunSummary[], { name, runs }: { name: string; runs: readonly RunSummary[] }): Verdict {
  const [a, b] = [pointsOf(supervised), pointsOf(runs)];
  const points = mean(b) - mean(a);
  const size = Math.abs(points).toFixed(1);
  const what =
    size === "0.0"
      ? `${name} and supervised training have the same CPM`
      : `${name} is ${size} CPM points ${points > 0 ? "above" : "below"} supervised training`;
  const means = a.length + b.length > 2 ? ` in the mean (${ranges(a, "supervised")}; ${ranges(b, name.replace(/^the /, ""))})` : "";
  return {
    name: name.charAt(0).toUpperCase() + name.slice(1),
    difference: `${what} here${means}`,
    weight: weigh(points, a.length, b.length),
  };
}

/** How much a difference of means says, if each run is off by the noise of one. */
function weigh(difference: number, ...runs: [number, number]): string {
  const error = noisePoints * Math.sqrt(1 / runs[0] + 1 / runs[1]);
  const noise = `One run carries about ${noisePoints} points of noise, so`;
  if (Math.abs(difference) < 2 * error) return `${noise} this is no evidence for either method: compare over several seeds.`;
  if (Math.min(...runs) < 3) return `${noise} this is a hint, not a proof: compare over several seeds.`;
  return `${noise} this is more than noise, for these scans and settings.`;
}

const idsOf = (scans: readonly { id: string }[]): string =>
  scans
    .map((scan) => scan.id)
    .sort()
    .join();
const pointsOf = (runs: readonly RunSummary[]): number[] => runs.map((run) => 100 * run.froc!.cpm);
const ranges = (points: readonly number[], name: string): string => {
  const [lowest, highest] = [Math.min(...points), Math.max(...points)].map((value) => value.toFixed(1));
  return `${name} ${lowest === highest ? lowest : `${lowest} to ${highest}`} in ${count(points.length, "run")}`;
};
