import * as Plot from "@observablehq/plot";
import { runawayAbove } from "../run/runaway-guard.js";
import { runawayOf } from "./detection-runaway.js";
import { draw, lineOf, smoothed, stepAxis } from "./plots.js";
import type { RunSummary } from "./summarize-detector.js";

const lastStep = (runs: readonly RunSummary[]): number => Math.max(1, ...runs.map((run) => run.steps.at(-1)?.step ?? 0));
/** The same for all runs: curves smoothed differently cannot be compared. */
const widthOf = (runs: readonly RunSummary[]): number => Math.ceil(lastStep(runs) / 60);

/** The loss of the labeled patches over the steps. */
export function lossFigure(runs: readonly RunSummary[]): string {
  return draw("Loss on labeled patches over the steps", {
    x: stepAxis(lastStep(runs)),
    y: { label: "loss on labeled patches", labelArrow: "none", grid: true, zero: true, ticks: 5 },
    marks: runs.map((run, index) => lineOf(smoothed(run.steps, "classification", widthOf(runs)), index)),
  });
}

/** The confident pseudo-positives of the runs that learn from unlabeled patches, under the line above which training runs away. */
export function pseudoPositivesFigure(runs: readonly RunSummary[]): string {
  const lines = runs.map((run) =>
    smoothed(
      run.steps.filter((event) => event.unlabeledWeight > 0),
      "pseudoPositives",
      widthOf(runs),
    ),
  );
  const crossings = runs.flatMap((run) => runawayOf(run).step ?? []).map((step) => ({ x: step, y: runawayAbove }));
  const highest = Math.max(runawayAbove, ...lines.flat().map((point) => point.y));
  return draw(`Confident pseudo-positives per unlabeled patch over the steps, with a line at ${runawayAbove}`, {
    x: stepAxis(lastStep(runs)),
    y: { label: "pseudo-positives a patch", labelArrow: "none", grid: true, domain: [0, 1.15 * highest], ticks: 5 },
    marks: [
      Plot.ruleY([runawayAbove], { stroke: "var(--alarm)", strokeDasharray: "5 4", strokeWidth: 1.5 }),
      ...lines.map(lineOf),
      Plot.dot(crossings, { x: "x", y: "y", symbol: "triangle", r: 5, fill: "var(--alarm)", stroke: "var(--plot-background)" }),
      alarmWords(crossings.length > 0),
    ],
  });
}

/** Where the lines are not: they start late, and run above the alarm where a run runs away. */
const alarmWords = (runsAway: boolean): Plot.Markish =>
  Plot.text([`runs away above ${runawayAbove}`], {
    frameAnchor: runsAway ? "right" : "left",
    y: runawayAbove,
    dx: runsAway ? -4 : 4,
    dy: runsAway ? 11 : -9,
    text: (words: string) => words,
    fill: "var(--alarm)",
    stroke: "var(--plot-background)",
    strokeWidth: 4,
  });
