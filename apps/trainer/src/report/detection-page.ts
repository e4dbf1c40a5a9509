import { runawayAbove } from "../run/train.js";
import { frocFigure, lossFigure, pseudoPositivesFigure } from "./detection-figures.js";
import { detectionSettings, frocTable, sizeTable } from "./detection-tables.js";
import { findings } from "./detection-words.js";
import { figure, legend, type PageWords, page } from "./page.js";
import { slicesSection } from "./slices.js";
import type { RunSummary } from "./summarize-detector.js";

/** The page about runs that find lesions. */
export function detectionPage(runs: readonly RunSummary[], words: PageWords = {}): string {
  return page(
    [findings(runs), frocSection(runs), learningSection(runs), ...runs.map(slicesSection), `<h2>Settings</h2>\n${detectionSettings(runs)}`],
    "Research software, not a medical device. Slices are crops of the scans: treat this page as you treat them.",
    words,
  );
}

function frocSection(runs: readonly RunSummary[]): string {
  const isJudged = (run: RunSummary): boolean => run.froc !== undefined;
  if (!runs.some(isJudged)) return "<h2>FROC</h2>\n<p>No run is evaluated yet; <code>gleaner evaluate RUN</code> does it.</p>";
  const words = "By the rules of the official LUNA16 evaluation. The dots are the seven points whose mean is the CPM.";
  return `<h2>FROC</h2>
${figure(frocFigure(runs), `${legend(runs, isJudged)} ${words}`)}
${frocTable(runs)}
${sizeTable(runs)}`;
}

function learningSection(runs: readonly RunSummary[]): string {
  if (runs.every((run) => run.steps.length === 0)) return "<h2>Learning</h2>\n<p>No step is logged yet.</p>";
  const isUnlabeled = (run: RunSummary): boolean => run.steps.some((event) => event.unlabeledWeight > 0);
  const mixed = runs.some((run) => run.config.method === "focalmix")
    ? " FocalMix mixes patches and their targets, so its loss and that of supervised training are not on one scale."
    : "";
  const loss = figure(lossFigure(runs), `${legend(runs)} Soft-target focal loss, means over stretches of steps.${mixed}`);
  const alarm = runs.some(isUnlabeled)
    ? figure(
        pseudoPositivesFigure(runs),
        `${legend(runs, isUnlabeled)} Anchors of an unlabeled patch that the teacher takes for a nodule (target above 0.5). Above ${runawayAbove} it tends to confirm its own false positives.`,
      )
    : "";
  return `<h2>Learning</h2>\n<div class="row">\n${loss}\n${alarm}\n</div>`;
}
