import * as Plot from "@observablehq/plot";
import { renderPlot } from "../reporters/charts.js";
import { escapeHtml } from "./html.js";
import { seriesLook } from "./series.js";
import { mean } from "./words.js";

// Small on paper with large letters: the page stretches it on a desk, and on a telephone it can still be read.
const frame = {
  width: 440,
  height: 290,
  marginLeft: 46,
  marginRight: 14,
  marginTop: 26,
  marginBottom: 42,
  style: { background: "transparent", fontFamily: "inherit", fontSize: "13px", overflow: "visible" },
} satisfies Plot.PlotOptions;

/** The name of an axis under its middle. */
export const centered = { labelAnchor: "center", labelArrow: "none" } as const;

/** An SVG with a name for those who hear the page; linkedom would leave an ampersand in it as it is. */
export function draw(label: string, options: Plot.PlotOptions): string {
  const svg = renderPlot({ ...frame, ...options });
  // A hundredth of a pixel is enough, and half the size of a page of many lines.
  const short = svg.replace(/ d="([^"]*)"/g, (path) => path.replace(/\d+\.\d{3,}/g, (value) => String(Number(Number(value).toFixed(2)))));
  return short.replace("<svg", `<svg role="img" aria-label="${escapeHtml(label)}"`);
}

export interface Point {
  x: number;
  y: number;
}

/** The line of run or class `index`. */
export const lineOf = (points: readonly Point[], index: number): Plot.Markish =>
  Plot.line(points, { x: "x", y: "y", strokeWidth: 2, clip: true, ...seriesLook(index) });

/** From no step to the last one of all runs. */
export const stepAxis = (lastStep: number): Plot.ScaleOptions => ({ label: "step", ticks: 5, domain: [0, lastStep], ...centered });

/** Means over stretches of `width` events, each at its last step, so that a curve of thousands of noisy steps can be read. */
export function smoothed<K extends string>(events: readonly (Record<K, number> & { step: number })[], key: K, width: number): Point[] {
  const pieces = Math.ceil(events.length / width);
  return Array.from({ length: pieces }, (_, i) => {
    const piece = events.slice(Math.round((i * events.length) / pieces), Math.round(((i + 1) * events.length) / pieces));
    return { x: piece.at(-1)!.step, y: mean(piece.map((event) => event[key])) };
  });
}

/** Every so many of a list, its last one among them: a line of more than a few hundred points looks the same. */
export function thinned<T>(values: readonly T[], most = 400): T[] {
  const every = Math.ceil(values.length / most);
  return values.filter((_, i) => (values.length - 1 - i) % every === 0);
}
