import { type CpmRate, cpmRates } from "@gleaner/froc";
import * as Plot from "@observablehq/plot";
import { percent } from "./html.js";
import { centered, draw, type Point } from "./plots.js";
import { seriesLook } from "./series.js";
import type { Judgment, RunSummary } from "./summarize-detector.js";

/** How the curve of a student is drawn beside that of the average: thinner and dotted, in the run's color. */
const studentLook = { strokeWidth: 1.6, strokeDasharray: "1.5 3.5", strokeLinecap: "round" } as const;

/** FROC curves on the logarithmic axis of LUNA16, with the seven points that the CPM averages over; the students' dotted. */
export function frocFigure(runs: readonly RunSummary[]): string {
  const judged = runs.filter((run) => run.froc);
  const lineAt = (curve: Judgment["curve"], index: number, look: Plot.LineOptions): Plot.Markish =>
    Plot.line(frocLine(curve), { x: "x", y: "y", strokeWidth: 2, clip: true, ...seriesLook(index), ...look });
  const marks = runs.flatMap(({ froc }, index) => {
    if (!froc) return [];
    const points = cpmRates.map((rate) => ({ x: rate, y: 100 * froc.sensitivity[String(rate) as CpmRate] }));
    return [
      ...(froc.student ? [lineAt(froc.student.curve, index, studentLook)] : []),
      lineAt(froc.curve, index, {}),
      Plot.dot(points, { x: "x", y: "y", fill: seriesLook(index).stroke, r: 4 }),
    ];
  });
  const words = judged.map(({ name, froc }) => {
    const student = froc!.student ? `, of its student ${percent(froc!.student.cpm)} %` : "";
    return `${name}: CPM ${percent(froc!.cpm)} %${student}`;
  });
  return draw(`FROC curves, sensitivity over false positives per scan. ${words.join(". ")}.`, {
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
  });
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
