import { runawayAbove } from "../run/runaway-guard.js";
import { lossFigure, pseudoPositivesFigure } from "./detection-figures.js";
import { frocFigure } from "./detection-froc.js";
import { runawayOf } from "./detection-runaway.js";
import { scoreFigure } from "./detection-scores.js";
import { bandsOf, sizeFigure } from "./detection-sizes.js";
import { detectionSettings, frocTable, runsTable, sizeTable } from "./detection-tables.js";
import { findings } from "./detection-words.js";
import { mixtureSection } from "./mixture-section.js";
import { figure, legend, type PageWords, page } from "./page.js";
import { slicesSection } from "./slices.js";
import type { RunSummary } from "./summarize-detector.js";
import { targetSection } from "./target-section.js";

/** The page about runs that find lesions. */
export function detectionPage(runs: readonly RunSummary[], words: PageWords = {}): string {
  return page(
    [
      findings(runs),
      runsTable(runs),
      frocSection(runs),
      learningSection(runs),
      ...runs.map(slicesSection),
      ...runs.map(targetSection),
      ...runs.map(mixtureSection),
      `<h2>Settings</h2>\n${detectionSettings(runs)}`,
    ],
    "Research software, not a medical device. Slices are crops of the scans: treat this page as you treat them.",
    words,
  );
}

function frocSection(runs: readonly RunSummary[]): string {
  const isJudged = (run: RunSummary): boolean => run.froc !== undefined;
  if (!runs.some(isJudged)) return "<h2>FROC</h2>\n<p>No run is evaluated yet; <code>gleaner evaluate RUN</code> does it.</p>";
  const students = runs.some((run) => run.froc?.student)
    ? " Solid: the moving average of the weights, which is the result. Dotted: the student, the weights of the last step."
    : "";
  const words = `By the rules of the official LUNA16 evaluation. The dots are the seven points whose mean is the CPM.${students}`;
  const sizes =
    bandsOf(runs).length > 0
      ? figure(
          sizeFigure(runs),
          `${legend(runs, isJudged)} Of the n nodules of each band; with few of them one nodule moves the bar by much.`,
        )
      : "";
  return `<h2>FROC</h2>
<div class="row">
${figure(frocFigure(runs), `${legend(runs, isJudged)} ${words}`)}
${sizes}
</div>
${frocTable(runs)}
${sizeTable(runs)}
${scoresSection(runs)}`;
}

/** Where the scores of nodules and of false positives lie, a figure a run. */
function scoresSection(runs: readonly RunSummary[]): string {
  const figures = runs.flatMap((run, index) => {
    const scores = run.froc?.scores;
    if (!scores || [...scores.found, ...scores.falsePositives].every((marks) => marks === 0)) return [];
    const threshold =
      scores.thresholdAt1 === null
        ? " All marks together have no more than 1 false positive (FP) a scan."
        : " Above the dashed line lies 1 false positive (FP) a scan.";
    return [figure(scoreFigure(run, index, scores), `${legend(runs, (one) => one === run)}${threshold}`)];
  });
  if (figures.length === 0) return "";
  return `<h3>Scores</h3>
<p class="note">Found nodules by the best mark on each, false positives below the axis, on a logarithmic scale: the farther the two lie apart, the less the choice of a threshold matters.</p>
<div class="row">
${figures.join("\n")}
</div>`;
}

function learningSection(runs: readonly RunSummary[]): string {
  if (runs.every((run) => run.steps.length === 0)) return "<h2>Learning</h2>\n<p>No step is logged yet.</p>";
  const isUnlabeled = (run: RunSummary): boolean => run.steps.some((event) => event.unlabeledWeight > 0);
  const mixed = runs.some((run) => run.config.method === "focalmix")
    ? " FocalMix mixes patches and their targets, so its loss and that of the other methods are not on one scale."
    : "";
  const loss = figure(lossFigure(runs), `${legend(runs)} Soft-target focal loss, means over stretches of steps.${mixed}`);
  const crossing = runs.some((run) => runawayOf(run).step !== undefined) ? " Triangle: where the mean of 50 steps first is." : "";
  const alarm = runs.some(isUnlabeled)
    ? figure(
        pseudoPositivesFigure(runs),
        `${legend(runs, isUnlabeled)} Anchors of an unlabeled patch that the teacher takes for a nodule (target above 0.5). Above ${runawayAbove} it tends to confirm its own false positives.${crossing}`,
      )
    : "";
  return `<h2>Learning</h2>\n<div class="row">\n${loss}\n${alarm}\n</div>`;
}
