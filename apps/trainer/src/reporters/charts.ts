import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom";

/** Draws a plot as SVG text that stands alone; Observable Plot needs a document, which Node lacks. */
export function renderPlot(options: Plot.PlotOptions): string {
  const { document } = parseHTML("<!doctype html><html><body></body></html>");
  const svg = Plot.plot({ ...options, document, figure: false } as unknown as Plot.PlotOptions).outerHTML;
  // outerHTML lacks the namespace, without which an SVG file is no picture.
  return svg.includes("xmlns=") ? svg : svg.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"');
}

/** Colors that stay apart for color-blind readers (Okabe and Ito), on light and on dark ground. */
export const seriesColors: readonly string[] = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"];
