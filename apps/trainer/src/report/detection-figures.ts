import { type CpmRate, cpmRates } from "@gleaner/froc";
import * as Plot from "@observablehq/plot";
import { runawayAbove } from "../run/train.js";
import { percent } from "./html.js";
import { centered, draw, lineOf, type Point, smoothed, stepAxis } from "./plots.js";
import { seriesLook } from "./series.js";
import type { Judgment, RunSummary } from "./summarize-detector.js";

/** FROC curves on the logarithmic axis of LUNA16, with the seven points that the CPM averages over. */
export function frocFigure(runs: readonly RunSummary[]): string {
  const judged = runs.filter((run) => run.froc);
  const marks = runs.flatMap(({ froc }, index) => {
    if (!froc) return [];
    const points = cpmRates.map((rate) => ({ x: rate, y: 100 * froc.sensitivity[String(rate) as CpmRate] }));
    return [lineOf(frocLine(froc.curve), index), Plot.dot(points, { x: "x", y: "y", fill: seriesLook(index).stroke, r: 4 })];
  });
  return draw(
    `FROC curves, sensitivity over false positives per scan. ${judged.map((run) => `${run.name}: CPM ${percent(run.froc!.cpm)} %`).join(". ")}.`,
    {
      x: {
        type: "log",
        // With base 10 the axis leaves out the label of 8.
        base: 2,
        domain: [0.125, 8],
        ticks: [...cpmRates],
        tickFormat: (rate: number) => (rate < 1 ? `1/${1 / rate}` : String(rate)),
        label: "false positives per scan",
        grid: true,
        ...centered,
      },
      y: { domain: [0, 100], ticks: 5, grid: true, label: "sensitivity, %", labelArrow: "none" },
      marks,
    },
  );
}

/** The curve in percent from 1/8 to 8 false positives per scan, straight between operating points and level after the last, as the CPM reads it. */
export function frocLine(curve: Judgment["curve"]): Point[] {
  if (curve.length === 0) return [];
  const at = (rate: number): number => {
    const next = curve.findIndex((point) => point.falsePositivesPerScan > rate);
    const after = curve[next];
    if (!after) return curve.at(-1)!.sensitivity;
    const before = curve[next - 1] ?? after;
    const width = after.falsePositivesPerScan - before.falsePositivesPerScan;
    const part = width === 0 ? 0 : (rate - before.falsePositivesPerScan) / width;
    return before.sensitivity + part * (after.sensitivity - before.sensitivity);
  };
  // A straight piece between two points is a bend on a logarithmic axis: places between keep it honest, and among them are the seven rates.
  const places = Array.from({ length: 97 }, (_, i) => 0.125 * 2 ** (i / 16));
  const corners = curve.filter((point) => point.falsePositivesPerScan > 0.125 && point.falsePositivesPerScan < 8);
  return [
    ...corners.map((point) => ({ x: point.falsePositivesPerScan, y: 100 * point.sensitivity })),
    ...places.map((x) => ({ x, y: 100 * at(x) })),
  ].sort((a, b) => a.x - b.x || a.y - b.y);
}

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
  const highest = Math.max(runawayAbove, ...lines.flat().map((point) => point.y));
  return draw(`Confident pseudo-positives per unlabeled patch over the steps, with a line at ${runawayAbove}`, {
    x: stepAxis(lastStep(runs)),
    y: { label: "pseudo-positives a patch", labelArrow: "none", grid: true, domain: [0, 1.15 * highest], ticks: 5 },
    marks: [
      Plot.ruleY([runawayAbove], { stroke: "var(--alarm)", strokeDasharray: "5 4", strokeWidth: 1.5 }),
      ...lines.map(lineOf),
      Plot.text([`runs away above ${runawayAbove}`], {
        frameAnchor: "left",
        y: runawayAbove,
        dx: 4,
        dy: -9,
        text: (words: string) => words,
        fill: "var(--alarm)",
        stroke: "var(--plot-background)",
        strokeWidth: 4,
      }),
    ],
  });
}
