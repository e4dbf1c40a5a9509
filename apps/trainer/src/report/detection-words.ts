import { formatDuration } from "../reporters/progress.js";
import { runawayAbove } from "../run/runaway-guard.js";
import { compareMethods, methodTitles } from "./detection-compare.js";
import { runawayOf } from "./detection-runaway.js";
import { count, percent } from "./html.js";
import { finding } from "./page.js";
import type { Judgment, RunSummary } from "./summarize-detector.js";
import { place } from "./words.js";

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
    config.method !== "supervised"
      ? `${split.labeled.length} labeled and ${count(split.unlabeled.length, "unlabeled scan")}`
      : count(split.labeled.length, "labeled scan");
  const planned = done < config.training.steps ? ` of ${config.training.steps} planned` : "";
  const trained = `${methodTitles[config.method]}, ${done}${planned} steps on ${scans} in ${formatDuration(1000 * seconds)}${place(run.environment)}.`;
  return [trained, ...judged(run, done), ...(froc ? [] : ["Not evaluated yet."]), ...guard(run)];
}

function judged({ froc }: RunSummary, done: number): string[] {
  if (!froc) return [];
  const at = froc.step < done ? ` at step ${froc.step}` : "";
  const scans = count(froc.scans, "held-out scan");
  if (froc.nodules === 0) return [`No CPM${at}: there is no nodule in ${scans}.`];
  if (!Number.isFinite(froc.cpm))
    return [`No CPM${at}: none of ${count(froc.nodules, "nodule")} in ${scans} is found, and the official rules give no curve then.`];
  const found = `<strong>CPM ${percent(froc.cpm)} %</strong>${at}; ${froc.truePositives} of ${count(froc.nodules, "nodule")} in ${scans} found with any score.${studentWords(froc)}`;
  return froc.cpm < 0.05 ? [found, "So low a CPM means that it has hardly learnt yet: more steps, or more labels."] : [found];
}

/** The weights of the last step beside their average: a student that is far from it is still moving. */
const studentWords = ({ student }: Judgment): string =>
  student && Number.isFinite(student.cpm) ? ` The student alone, the weights of the last step: CPM ${percent(student.cpm)} %.` : "";

/** Says how near the teacher came to confirming its own errors. */
function guard(run: RunSummary): string[] {
  if (run.config.method === "supervised") return [];
  const { peak, step } = runawayOf(run);
  if (step === undefined) return [`Pseudo-positives stayed below ${runawayAbove} a patch (at most ${peak.toFixed(2)}).`];
  const warned = run.warnings.length > 0 ? ", and training warned of it" : "";
  return [
    `<strong class="alarm">Pseudo-positives reached ${peak.toFixed(2)} a patch (above ${runawayAbove}), first at step ${step}${warned}: the teacher may have confirmed its own errors.</strong>`,
  ];
}
