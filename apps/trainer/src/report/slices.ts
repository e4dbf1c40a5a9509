import { PNG } from "pngjs";
import type { Slice } from "../run/evaluation-slices.js";
import { escapeHtml } from "./html.js";
import type { RunSummary } from "./summarize-detector.js";

const each = 6;

/** The best findings, the worst and the false alarms of a run, as pictures with boxes. */
export function slicesSection(run: RunSummary): string {
  const best = run.slices
    .filter((slice) => slice.kind === "hit")
    .sort((a, b) => (b.probability ?? 0) - (a.probability ?? 0))
    .slice(0, each);
  const groups: [string, Slice[]][] = [
    ["Found with the highest scores", best],
    ["Missed, or found with the lowest scores", run.slices.filter((slice) => slice.kind !== "false positive" && !best.includes(slice))],
    ["False positives with the highest scores", run.slices.filter((slice) => slice.kind === "false positive")],
  ];
  const shown = groups
    .filter(([, slices]) => slices.length > 0)
    .map(([name, slices]) => `<h3>${name}</h3>\n<div class="slices">${slices.map(card).join("\n")}</div>`);
  if (shown.length === 0) return "";
  const { size, spacingMm } = run.slices[0]!;
  const [low, high] = run.config.preprocessing.windowHu.map((hu) => String(hu).replace("-", "−"));
  return `<h2>Findings of ${escapeHtml(run.name)}</h2>
<p class="note"><span class="swatch truth"></span> Dashed: the annotation. <span class="swatch mark"></span> Solid: the mark. Axial slices ${Math.round(size * spacingMm)} mm wide, ${low} to ${high} HU.</p>
${shown.join("\n")}`;
}

function card(slice: Slice): string {
  const facts = [
    slice.probability === null ? "missed" : `score ${slice.probability.toFixed(3)}`,
    ...(slice.diameterMm === null ? [] : [`${slice.diameterMm.toFixed(1)} mm`]),
  ];
  const place = slice.world.map((value) => value.toFixed(1).replace("-", "−")).join(", ");
  const words = [slice.kind, ...facts.filter((fact) => fact !== "missed"), `at ${place} mm`, `scan ${slice.scan}`].join(", ");
  const scan = slice.scan.length > 16 ? `…${slice.scan.slice(-10)}` : slice.scan;
  return `<figure class="card">${picture(slice, words)}<figcaption>${facts.map((fact) => `<span>${fact}</span>`).join(" · ")}<br><small title="${escapeHtml(slice.scan)}">${escapeHtml(scan)}<br>${place}</small></figcaption></figure>`;
}

/** The slice as an inline picture, the boxes drawn over it. */
function picture({ size, pixels, truth, mark }: Slice, words: string): string {
  const gray = Buffer.from(pixels, "base64");
  const png = new PNG({ width: size, height: size });
  for (let i = 0; i < size * size; i++) png.data.set([gray[i] ?? 0, gray[i] ?? 0, gray[i] ?? 0, 255], 4 * i);
  const bytes = PNG.sync.write(png, { colorType: 0 }).toString("base64");
  const box = (corners: Slice["mark"], name: string): string => {
    if (!corners) return "";
    // Coordinates are of pixel centers, and the picture's first pixel reaches from 0 to 1.
    const [x0, y0, x1, y1] = corners.map((value) => value + 0.5) as [number, number, number, number];
    return `<rect class="${name}" x="${x0.toFixed(1)}" y="${y0.toFixed(1)}" width="${(x1 - x0).toFixed(1)}" height="${(y1 - y0).toFixed(1)}"/>`;
  };
  return `<svg viewBox="0 0 ${size} ${size}" class="slice" role="img" aria-label="${escapeHtml(words)}"><image href="data:image/png;base64,${bytes}" width="${size}" height="${size}"/>${box(truth, "truth")}${box(mark, "mark")}</svg>`;
}
