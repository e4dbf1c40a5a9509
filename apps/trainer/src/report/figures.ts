import { type CpmRate, cpmRates, type FrocPoint } from "@gleaner/froc";
import * as Plot from "@observablehq/plot";
import { PNG } from "pngjs";
import { renderPlot, seriesColors } from "../reporters/charts.js";
import type { Slice } from "../run/evaluate.js";
import { runawayAbove } from "../run/train.js";
import type { RunSummary } from "./run-summary.js";

const colorsOf = (runs: readonly RunSummary[]): Plot.ScaleOptions => ({
  domain: runs.map((run) => run.name),
  range: [...seriesColors],
  legend: false,
});
const style = { background: "transparent", fontFamily: "inherit", fontSize: "12px", overflow: "visible" };

/** FROC curves on the logarithmic axis of LUNA16, with the seven points that the CPM averages over. */
export function frocFigure(runs: readonly RunSummary[]): string | undefined {
  const judged = runs.filter((run) => run.froc);
  if (judged.length === 0) return undefined;
  const lines = judged.flatMap((run) => polyline(run.froc!.curve).map((point) => ({ ...point, run: run.name })));
  const points = judged.flatMap((run) =>
    cpmRates.map((rate) => ({ x: rate, y: run.froc!.sensitivity[String(rate) as CpmRate], run: run.name })),
  );
  return renderPlot({
    width: 640,
    height: 380,
    style,
    marginLeft: 50,
    marginBottom: 42,
    x: {
      type: "log",
      domain: [0.125, 8],
      ticks: [...cpmRates],
      tickFormat: (rate: number) => (rate < 1 ? `1/${1 / rate}` : String(rate)),
      label: "false positives per scan",
    },
    y: { domain: [0, 1], grid: true, label: "sensitivity" },
    color: colorsOf(runs),
    marks: [Plot.line(lines, { x: "x", y: "y", stroke: "run", strokeWidth: 2 }), Plot.dot(points, { x: "x", y: "y", fill: "run", r: 4 })],
  });
}

/** The curve between the first and the last operating point, cut at 1/8 and held to 8, interpolated as the CPM does. */
function polyline(curve: readonly FrocPoint[]): { x: number; y: number }[] {
  const at = (rate: number): number => {
    const after = curve.findIndex((point) => point.falsePositivesPerScan > rate);
    if (after < 0) return curve.at(-1)!.sensitivity;
    const [a, b] = [curve[after - 1] ?? curve[0]!, curve[after]!];
    const width = b.falsePositivesPerScan - a.falsePositivesPerScan;
    return width === 0 ? b.sensitivity : a.sensitivity + ((b.sensitivity - a.sensitivity) * (rate - a.falsePositivesPerScan)) / width;
  };
  const inside = curve.filter((point) => point.falsePositivesPerScan > 0.125 && point.falsePositivesPerScan < 8);
  // A straight piece between two points is a bend on a logarithmic axis: points between keep it honest.
  const grid = Array.from({ length: 97 }, (_, i) => 0.125 * 64 ** (i / 96));
  return [...inside.map((point) => ({ x: point.falsePositivesPerScan, y: point.sensitivity })), ...grid.map((x) => ({ x, y: at(x) }))].sort(
    (a, b) => a.x - b.x || a.y - b.y,
  );
}

/** A quantity of every step, as means over windows, so that a curve of thousands of noisy steps can be read. */
export function curveFigure(
  runs: readonly RunSummary[],
  key: "loss" | "classification" | "unlabeled" | "pseudoPositives",
  label: string,
): string {
  const data = runs.flatMap((run) => {
    const window = Math.max(1, Math.round(run.steps.length / 60));
    const means: { step: number; value: number; run: string }[] = [];
    for (let i = 0; i < run.steps.length; i += window) {
      const part = run.steps.slice(i, i + window);
      means.push({ step: part.at(-1)!.step + 1, value: part.reduce((sum, event) => sum + event[key], 0) / part.length, run: run.name });
    }
    return means;
  });
  const guard = key === "pseudoPositives" ? [Plot.ruleY([runawayAbove], { stroke: "#b00020", strokeDasharray: "4 3" })] : [];
  return renderPlot({
    width: 460,
    height: 260,
    style,
    marginLeft: 55,
    marginBottom: 40,
    x: { label: "step" },
    y: { label, grid: true, zero: true },
    color: colorsOf(runs),
    marks: [...guard, Plot.line(data, { x: "step", y: "value", stroke: "run", strokeWidth: 1.8 })],
  });
}

/** A slice as an inline picture, with the box of the annotation (dashed) and of the mark (solid). */
export function sliceFigure(slice: Slice): string {
  const { size } = slice;
  const gray = Buffer.from(slice.pixels, "base64");
  const png = new PNG({ width: size, height: size });
  for (let i = 0; i < size * size; i++) png.data.set([gray[i] ?? 0, gray[i] ?? 0, gray[i] ?? 0, 255], 4 * i);
  const picture = PNG.sync.write(png, { colorType: 0 }).toString("base64");
  const box = (corners: Slice["mark"], name: string): string => {
    if (!corners) return "";
    const [x0, y0, x1, y1] = corners;
    return `<rect class="${name}" x="${x0.toFixed(1)}" y="${y0.toFixed(1)}" width="${(x1 - x0).toFixed(1)}" height="${(y1 - y0).toFixed(1)}"/>`;
  };
  return `<svg viewBox="0 0 ${size} ${size}" class="slice" role="img"><image href="data:image/png;base64,${picture}" width="${size}" height="${size}"/>${box(slice.truth, "truth")}${box(slice.mark, "mark")}</svg>`;
}
