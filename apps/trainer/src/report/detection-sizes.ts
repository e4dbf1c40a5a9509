import * as Plot from "@observablehq/plot";
import { percent } from "./html.js";
import { draw } from "./plots.js";
import { seriesLook } from "./series.js";
import type { RunSummary } from "./summarize-detector.js";

/** The bands of diameters that any run was judged by, in order. */
export const bandsOf = (runs: readonly RunSummary[]): string[] => [
  ...new Set(runs.flatMap(({ froc }) => froc?.bySize.map(({ name }) => name) ?? [])),
];

/** Sensitivity at one false positive per scan by diameter, a bar a run, with the number of nodules behind each band. */
export function sizeFigure(runs: readonly RunSummary[]): string {
  const bands = bandsOf(runs);
  const bars = runs.flatMap(({ name, froc }, index) =>
    (froc?.bySize ?? []).map((band) => ({
      band: band.name,
      run: String(index),
      words: `${name}, ${band.name}: ${percent(band.sensitivityAt1)} % of ${band.nodules}`,
      y: 100 * (Number.isFinite(band.sensitivityAt1) ? band.sensitivityAt1 : 0),
      fill: seriesLook(index).stroke,
    })),
  );
  // Runs of one data set were judged on the same nodules; where they differ, from the fewest to the most.
  const nodulesIn = (band: string): string => {
    const counts = runs.flatMap(({ froc }) => froc?.bySize.find(({ name }) => name === band)?.nodules ?? []);
    const [fewest, most] = [Math.min(...counts), Math.max(...counts)];
    return fewest === most ? `${most}` : `${fewest}–${most}`;
  };
  const titles = new Map(bands.map((band) => [band, `${band}\nn = ${nodulesIn(band)}`]));
  return draw(`Sensitivity at 1 false positive per scan by diameter. ${bars.map(({ words }) => words).join(". ")}.`, {
    marginBottom: 50,
    fx: { domain: bands.map((band) => titles.get(band)!), axis: null, padding: 0.2 },
    x: { axis: null, domain: [...new Set(bars.map(({ run }) => run))], padding: 0.12 },
    y: { domain: [0, 100], ticks: 5, grid: true, label: "sensitivity at 1 FP a scan, %", labelArrow: "none" },
    marks: [
      Plot.barY(bars, { fx: ({ band }: { band: string }) => titles.get(band)!, x: "run", y: "y", fill: "fill" }),
      Plot.ruleY([0], { stroke: "currentColor" }),
      Plot.axisFx({ anchor: "bottom", label: null, lineHeight: 1.25, tickSize: 0 }),
    ],
  });
}
