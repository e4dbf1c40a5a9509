import { runawayAbove } from "../run/train.js";
import { frocFigure, lossFigure, pseudoPositivesFigure } from "./figures.js";
import { escapeHtml } from "./html.js";
import type { RunSummary } from "./run-summary.js";
import { seriesKey } from "./series.js";
import { slicesSection } from "./slices.js";
import { style } from "./style.js";
import { frocTable, settingsTable, sizeTable } from "./tables.js";
import { findings } from "./words.js";

/** One self-contained page: no script, no file beside it, nothing loaded from elsewhere. */
export function reportPage(
  runs: readonly RunSummary[],
  { title = "Gleaner report", intro = "" }: { title?: string; intro?: string } = {},
): string {
  const sections = [frocSection(runs), learningSection(runs), ...runs.map(slicesSection), `<h2>Settings</h2>\n${settingsTable(runs)}`];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>${escapeHtml(title)}</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>${escapeHtml(title)}</h1>
${intro ? `<p class="intro">${escapeHtml(intro)}</p>\n` : ""}${findings(runs)}
${sections.filter(Boolean).join("\n")}
<p class="note">Research software, not a medical device. Slices are crops of the scans: treat this page as you treat them.</p>
</main>
</body>
</html>
`;
}

const legend = (runs: readonly RunSummary[], shown: (run: RunSummary) => boolean = () => true): string => {
  const keys = runs.flatMap((run, index) => (shown(run) ? [`<span>${seriesKey(index)} ${escapeHtml(run.name)}</span>`] : []));
  return `<span class="legend">${keys.join(" ")}</span>`;
};

const figure = (svg: string, caption: string): string => `<figure class="plot">${svg}<figcaption>${caption}</figcaption></figure>`;

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
