import * as Plot from "@observablehq/plot";
import { usesUnlabeled } from "../classification/schema.js";
import { looksOf, stepsOf } from "./classifier-errors.js";
import { withSign } from "./html.js";
import { draw, lineOf, type Point, smoothed, stepAxis, thinned } from "./plots.js";
import { seriesLook } from "./series.js";
import type { ClassifierSummary, RateStep } from "./summarize-classifier.js";

/** The last step of all runs, where the axes end. */
export const lastStep = (runs: readonly ClassifierSummary[]): number =>
  Math.max(1, ...runs.flatMap((run) => [stepsOf(run), run.looks.at(-1)?.step ?? 0]));

/** The errors along the way: FlexMatch's figure of convergence. Dots are test errors of runs that looked at validation images. */
export function errorFigure(runs: readonly ClassifierSummary[]): string {
  const lines = runs.map(({ looks }) => thinned(looks).map(({ step, error }) => ({ x: step, y: 100 * error })));
  const dots = runs.map((run) => testDots(run));
  const highest = Math.max(1, ...[...lines, ...dots].flat().flatMap(({ y }) => (Number.isFinite(y) ? [y] : [])));
  const on = new Set(runs.flatMap((run) => looksOf(run)?.on ?? []));
  const what = on.size === 1 ? `error, % of ${[...on][0]} images` : "error, %";
  const lasts = runs.flatMap((run) => (run.looks.length > 0 ? [`${run.name}: ${withSign(looksOf(run)!.last)} at the end`] : []));
  return draw(`Error over the steps. ${lasts.join(". ")}.`, {
    x: stepAxis(lastStep(runs)),
    y: { domain: [0, highest], nice: true, ticks: 5, grid: true, label: what, labelArrow: "none" },
    marks: [
      ...lines.map(lineOf),
      ...dots.map((points, index) => Plot.dot(points, { x: "x", y: "y", r: 4.5, fill: seriesLook(index).stroke })),
    ],
  });
}

/** Without the validation images a dot would lie on the run's own line. */
export const testDots = ({ judged, looks }: ClassifierSummary): Point[] =>
  judged && looks.at(-1)?.on !== "test"
    ? [judged.selected, judged.last].flatMap((one) => (one ? [{ x: one.step, y: 100 * one.error }] : []))
    : [];

type Rate = "maskRate" | "confidentRate" | "pseudoLabelAccuracy";

/** The same for all runs: curves smoothed differently cannot be compared. */
const widthOf = (runs: readonly ClassifierSummary[]): number =>
  Math.max(1, Math.ceil(Math.max(...runs.map(({ steps }) => steps.length)) / 60));

/** Shares of unlabeled images over the steps, in percent. */
export function rateFigure(runs: readonly ClassifierSummary[], rate: Rate, axis: string, label: string): string {
  const width = widthOf(runs);
  const lines = runs.map(({ steps, config }) => {
    if (!usesUnlabeled(config.method)) return [];
    return rate === "pseudoLabelAccuracy" ? accuracyLine(steps, width) : rateLine(steps, rate, width);
  });
  return draw(label, {
    x: stepAxis(lastStep(runs)),
    y: { domain: [0, 100], ticks: 5, grid: true, label: axis, labelArrow: "none" },
    marks: lines.map(lineOf),
  });
}

const rateLine = (steps: readonly RateStep[], rate: Rate, width: number): Point[] =>
  inPercent(
    smoothed(
      steps.filter((event) => !Number.isNaN(event[rate])),
      rate,
      width,
    ),
  );

/** Each stretch by how many pseudo-labels it had: where few images are used, one of them would swing the line. */
export function accuracyLine(steps: readonly RateStep[], width: number): Point[] {
  const known = steps
    .filter(({ pseudoLabelAccuracy, maskRate }) => !Number.isNaN(pseudoLabelAccuracy) && maskRate > 0)
    .map((event) => ({ ...event, right: event.pseudoLabelAccuracy * event.maskRate }));
  const used = smoothed(known, "maskRate", width);
  return inPercent(smoothed(known, "right", width).map(({ x, y }, i) => ({ x, y: y / used[i]!.y })));
}

const inPercent = (points: readonly Point[]): Point[] => points.map(({ x, y }) => ({ x, y: 100 * y }));
