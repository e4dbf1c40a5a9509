import { cpmRates, sensitivityAt } from "@gleaner/froc";
import * as Plot from "@observablehq/plot";
import { renderPlot, seriesColors } from "../reporters/charts.js";
import type { Submission } from "./submission.js";

const [lowest, highest] = [0.125, 8];
const places = Array.from({ length: 193 }, (_, i) => lowest * (highest / lowest) ** (i / 192));

/** The curve between the first and the last rate: its corners, and places between them, where a slope is a bend on the logarithmic axis. */
function lineOf({ name, result, matches }: Submission): { x: number; y: number; name: string }[] {
  const values = sensitivityAt(matches, places);
  const corners = result.curve.filter(({ falsePositivesPerScan }) => falsePositivesPerScan > lowest && falsePositivesPerScan < highest);
  return [
    ...places.map((x, i) => ({ x, y: values[i]!, name })),
    ...corners.map((p) => ({ x: p.falsePositivesPerScan, y: p.sensitivity, name })),
  ]
    .filter(({ y }) => !Number.isNaN(y))
    .sort((a, b) => a.x - b.x || a.y - b.y);
}

/** The name of a submission with its CPM and, after a bootstrap, the interval of it. */
const labelOf = ({ name, result, bootstrap }: Submission): string => {
  if (Number.isNaN(result.cpm)) return `${name}, no CPM`;
  const interval = bootstrap ? ` (${bootstrap.cpm.lower.toFixed(3)} to ${bootstrap.cpm.upper.toFixed(3)})` : "";
  return `${name}, CPM ${result.cpm.toFixed(3)}${interval}`;
};

/**
 * FROC curves for a paper, as an SVG that stands alone: logarithmic axis from 1/8 to 8 false positives per scan, the seven points that the CPM
 * averages over, the bootstrap band, a legend inside the frame.
 */
export function frocPlot(submissions: readonly Submission[]): string {
  const labels = submissions.map(labelOf);
  const colors = submissions.map((_, i) => seriesColors[i % seriesColors.length]!);
  const names = submissions.map((submission) => submission.name);
  const points = submissions.flatMap(({ name, result }) =>
    cpmRates.map((x) => ({ x, y: result.sensitivity[String(x) as "1"], name })).filter(({ y }) => !Number.isNaN(y)),
  );
  const band = submissions.flatMap(({ name, bootstrap }) =>
    (bootstrap?.band ?? [])
      .map(({ falsePositivesPerScan: x, lower, upper }) => ({ x, lower, upper, name }))
      .filter(({ lower, upper }) => !Number.isNaN(lower + upper)),
  );
  const row = 18;
  // In the lower right corner no curve that is worth a paper ever is.
  const legend = labels.map((label, i) => ({ label, name: names[i]!, dy: -12 - row * (labels.length - 1 - i) }));
  return renderPlot({
    width: 560,
    height: 400,
    marginLeft: 58,
    marginRight: 16,
    marginTop: 14,
    marginBottom: 46,
    style: { background: "white", color: "black", fontFamily: "Helvetica, Arial, sans-serif", fontSize: "13px", overflow: "visible" },
    x: {
      type: "log",
      // With base 10 the axis leaves out the label of 8.
      base: 2,
      domain: [lowest, highest],
      ticks: cpmRates as number[],
      tickFormat: (rate: number) => (rate < 1 ? `1/${1 / rate}` : String(rate)),
      label: "average number of false positives per scan",
      labelAnchor: "center",
      labelArrow: "none",
      grid: true,
    },
    y: {
      domain: [0, 1],
      ticks: 10,
      tickFormat: (value: number) => value.toFixed(1),
      label: "sensitivity",
      labelOffset: 44,
      labelAnchor: "center",
      labelArrow: "none",
      grid: true,
    },
    color: { domain: names, range: colors },
    marks: [
      Plot.frame({ stroke: "#666" }),
      Plot.areaY(band, { x: "x", y1: "lower", y2: "upper", fill: "name", fillOpacity: 0.18, clip: true }),
      Plot.line(lineOfAll(submissions), { x: "x", y: "y", stroke: "name", strokeWidth: 1.8, clip: true }),
      Plot.dot(points, { x: "x", y: "y", fill: "name", stroke: "white", strokeWidth: 1, r: 4 }),
      ...legend.flatMap(({ label, name, dy }) => [
        Plot.text([label], {
          frameAnchor: "bottom-right",
          dx: -24,
          dy,
          text: (d: string) => d,
          fill: "black",
          stroke: "white",
          strokeWidth: 4,
        }),
        Plot.dot([name], { frameAnchor: "bottom-right", dx: -14, dy: dy - 5, fill: (d: string) => d, r: 4 }),
      ]),
    ],
  });
}

const lineOfAll = (submissions: readonly Submission[]): ReturnType<typeof lineOf> => submissions.flatMap(lineOf);
