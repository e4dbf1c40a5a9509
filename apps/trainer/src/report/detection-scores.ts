import * as Plot from "@observablehq/plot";
import { centered, draw } from "./plots.js";
import { seriesLook } from "./series.js";
import type { RunSummary, WeightsJudgment } from "./summarize-detector.js";

type Scores = NonNullable<WeightsJudgment["scores"]>;

/** Powers of ten as distances from the axis, so that one nodule is seen beside a thousand false positives; nothing is 0. */
const height = (count: number): number => (count === 0 ? 0 : Math.log10(count) + 0.5);

/** The scores of a run back to back: nodules by the best mark on each above the axis, false positives below it. */
export function scoreFigure({ name }: RunSummary, index: number, scores: Scores): string {
  const { found, falsePositives, thresholdAt1 } = scores;
  const bins = found.length;
  const bars = (counts: readonly number[], sign: 1 | -1) =>
    counts.flatMap((count, i) => (count > 0 ? [{ x1: i / bins, x2: (i + 1) / bins, y1: 0, y2: sign * height(count), count }] : []));
  const [above, below] = [bars(found, 1), bars(falsePositives, -1)];
  const [top, bottom] = [found, falsePositives].map((counts) => Math.max(1.5, ...counts.map(height)) + 0.35) as [number, number];
  const powers = (most: number): number[] => Array.from({ length: Math.floor(most - 0.5) + 1 }, (_, i) => i + 0.5);
  const ticks = [...powers(bottom).map((tick) => -tick), 0, ...powers(top)];
  const edges = { x1: "x1", x2: "x2", y1: "y1", y2: "y2", insetLeft: 0.5, insetRight: 0.5 };
  const sums = [found, falsePositives].map((counts) => counts.reduce((sum, count) => sum + count, 0));
  return draw(
    `Scores of ${name}: ${sums[0]} nodules found above the axis, ${sums[1]} false positives below it, counts on a logarithmic scale`,
    {
      x: { domain: [0, 1], ticks: 5, label: "score", ...centered },
      y: {
        domain: [-bottom, top],
        ticks,
        tickFormat: (tick: number) => (tick === 0 ? "0" : String(10 ** (Math.abs(tick) - 0.5))),
        grid: true,
        label: "marks a bin",
        labelArrow: "none",
      },
      marks: [
        Plot.rect(above, { ...edges, fill: seriesLook(index).stroke }),
        Plot.rect(below, { ...edges, fill: "var(--soft)" }),
        Plot.ruleY([0], { stroke: "currentColor" }),
        ...(thresholdAt1 === null ? [] : thresholdMarks(thresholdAt1, top, bottom)),
        wordsAt("nodules found", top, 9),
        wordsAt("false positives", -bottom, -9),
      ],
    },
  );
}

const halo = { stroke: "var(--plot-background)", strokeWidth: 4 } as const;

const wordsAt = (words: string, y: number, dy: number): Plot.Markish =>
  Plot.text([words], { x: 1, y, dx: -4, dy, textAnchor: "end", text: (value: string) => value, fill: "currentColor", ...halo });

/** Where one false positive per scan is left; the words stand where there is room. */
function thresholdMarks(threshold: number, top: number, bottom: number): Plot.Markish[] {
  const isLeft = threshold < 0.55;
  return [
    Plot.ruleX([threshold], { stroke: "currentColor", strokeDasharray: "5 4", strokeWidth: 1.5, y1: -bottom, y2: top }),
    Plot.text([`1 FP a scan: ${threshold.toFixed(2)}`], {
      x: threshold,
      y: -bottom,
      dx: isLeft ? 5 : -5,
      dy: -26,
      textAnchor: isLeft ? "start" : "end",
      text: (value: string) => value,
      fill: "currentColor",
      ...halo,
    }),
  ];
}
