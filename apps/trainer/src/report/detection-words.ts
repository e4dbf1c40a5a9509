import { formatDuration } from "../reporters/progress.js";
import { runawayAbove } from "../run/train.js";
import { count, percent } from "./html.js";
import { finding } from "./page.js";
import type { RunSummary } from "./summarize-detector.js";
import { mean, place } from "./words.js";

/** What one training run differs from the next by chance, in CPM points. */
const noisePoints = 5;
const methodNames = { supervised: "supervised training", focalmix: "FocalMix", "mean-teacher": "Mean teacher" } as const;

/** What each run did, and what they show together. */
export function findings(runs: readonly RunSummary[]): string {
  const items = runs.map((run, index) => finding(run.name, index, sentences(run)));
  const verdict = compareMethods(runs);
  return `<ul class="findings">\n${items.join("\n")}\n</ul>${verdict ? `\n<p>${verdict}</p>` : ""}`;
}

function sentences(run: RunSummary): string[] {
  const { config, split, steps, froc } = run;
  const done = steps.at(-1)?.step ?? 0;
  const seconds = steps.reduce((sum, event) => sum + event.seconds, 0);
  const scans =
    config.method === "focalmix"
      ? `${split.labeled.length} labeled and ${count(split.unlabeled.length, "unlabeled scan")}`
      : count(split.labeled.length, "labeled scan");
  const planned = done < config.training.steps ? ` of ${config.training.steps} planned` : "";
  const trained = `${methodNames[config.method].replace(/^s/, "S")}, ${done}${planned} steps on ${scans} in ${formatDuration(1000 * seconds)}${place(run.environment)}.`;
  return [trained, ...judged(run, done), ...(froc ? [] : ["Not evaluated yet."]), ...guard(run)];
}

function judged({ froc }: RunSummary, done: number): string[] {
  if (!froc) return [];
  const at = froc.step < done ? ` at step ${froc.step}` : "";
  const scans = count(froc.scans, "held-out scan");
  if (froc.nodules === 0) return [`No CPM${at}: there is no nodule in ${scans}.`];
  if (!Number.isFinite(froc.cpm))
    return [`No CPM${at}: none of ${count(froc.nodules, "nodule")} in ${scans} is found, and the official rules give no curve then.`];
  const found = `<strong>CPM ${percent(froc.cpm)} %</strong>${at}; ${froc.truePositives} of ${count(froc.nodules, "nodule")} in ${scans} found with any score.`;
  return froc.cpm < 0.05 ? [found, "So low a CPM means that it has hardly learnt yet: more steps, or more labels."] : [found];
}

/** Says how near the teacher came to confirming its own errors. */
function guard(run: RunSummary): string[] {
  if (run.config.method !== "focalmix") return [];
  const peak = peakPseudoPositives(run);
  if (!(peak > runawayAbove)) return [`Pseudo-positives stayed below ${runawayAbove} a patch (at most ${peak.toFixed(2)}).`];
  return [
    `<strong class="alarm">Pseudo-positives reached ${peak.toFixed(2)} a patch (above ${runawayAbove}): the teacher may have confirmed its own errors.</strong>`,
  ];
}

/** The highest mean over 50 steps, as training itself watches it. */
export function peakPseudoPositives({ steps }: Pick<RunSummary, "steps">): number {
  const width = Math.min(50, steps.length);
  let peak = 0;
  let sum = 0;
  for (const [i, event] of steps.entries()) {
    sum += event.pseudoPositives - (i >= width ? steps[i - width]!.pseudoPositives : 0);
    if (i >= width - 1) peak = Math.max(peak, sum / width);
  }
  return peak;
}

/** What the runs say of FocalMix against supervised training; a difference is called one only with the noise of a run beside it. */
function compareMethods(runs: readonly RunSummary[]): string {
  const of = (method: RunSummary["config"]["method"]): RunSummary[] =>
    runs.filter((run) => run.config.method === method && Number.isFinite(run.froc?.cpm));
  const [supervised, focalmix] = [of("supervised"), of("focalmix")];
  const compared = [...supervised, ...focalmix];
  if (supervised.length === 0 || focalmix.length === 0) return "";
  const differing = (key: (run: RunSummary) => unknown): boolean => new Set(compared.map(key)).size > 1;
  if (differing((run) => idsOf(run.split.test))) return "The runs were judged on different scans, so their CPMs cannot be compared.";
  if (differing((run) => idsOf(run.split.labeled))) return "The runs had different labeled scans, so they do not compare the methods.";
  if (differing((run) => run.froc!.step))
    return "The runs were trained for different numbers of steps, so they do not compare the methods.";

  const [a, b] = [pointsOf(supervised), pointsOf(focalmix)];
  const difference = mean(b) - mean(a);
  const size = Math.abs(difference).toFixed(1);
  const what =
    size === "0.0"
      ? "FocalMix and supervised training have the same CPM"
      : `FocalMix is ${size} CPM points ${difference > 0 ? "above" : "below"} supervised training`;
  const means = compared.length > 2 ? ` in the mean (${ranges(a, "supervised")}; ${ranges(b, "FocalMix")})` : "";
  return `At equal steps, ${what} here${means}. ${weigh(difference, a.length, b.length)} In a study of 66 runs of this small kind no gain by FocalMix was confirmed: it helped where supervised training was weak, and cost where that was strong.`;
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
