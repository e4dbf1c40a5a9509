import { escapeHtml } from "./html.js";
import { seriesKey } from "./series.js";
import { style } from "./style.js";

/** What a page is called, and what is said above its findings. */
export interface PageWords {
  title?: string;
  intro?: string;
}

/** One self-contained page: no script, no file beside it, nothing loaded from elsewhere. Empty parts are left out. */
export function page(parts: readonly string[], note: string, { title = "Gleaner report", intro = "" }: PageWords = {}): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>${escapeHtml(title)}</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>${escapeHtml(title)}</h1>
${intro ? `<p class="intro">${escapeHtml(intro)}</p>\n` : ""}${parts.filter(Boolean).join("\n")}
<p class="note">${note}</p>
</main>
</body>
</html>
`;
}

/** The names beside the look of their lines; those that a figure does not show keep their place in the order of colors. */
export function legend<T extends { name: string }>(series: readonly T[], shown: (one: T) => boolean = () => true): string {
  const keys = series.flatMap((one, index) => (shown(one) ? [`<span>${seriesKey(index)} ${escapeHtml(one.name)}</span>`] : []));
  return `<span class="legend">${keys.join(" ")}</span>`;
}

/** A plot with the words under it. */
export const figure = (svg: string, caption: string): string => `<figure class="plot">${svg}<figcaption>${caption}</figcaption></figure>`;

/** What a run is called in the list of findings, beside the look of its lines; then what is said of it, and details as a list of their own. */
export function finding(name: string, index: number, sentences: readonly string[], details: readonly string[] = []): string {
  const list = details.length > 0 ? `\n<ul>${details.map((detail) => `<li>${detail}</li>`).join("\n")}</ul>` : "";
  return `<li>${seriesKey(index)} <b>${escapeHtml(name)}</b>: ${sentences.join(" ")}${list}</li>`;
}
