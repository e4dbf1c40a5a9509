import type { Slice } from "../run/evaluation-slices.js";
import { escapeHtml } from "./html.js";
import { boxLayer, grayLayer, placeWords, scanName, squarePicture } from "./pictures.js";
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
  const place = placeWords(slice.world);
  const words = [slice.kind, ...facts.filter((fact) => fact !== "missed"), `at ${place} mm`, `scan ${slice.scan}`].join(", ");
  const layers = [grayLayer(slice.pixels, slice.size), boxLayer(slice.truth, "truth"), boxLayer(slice.mark, "mark")];
  return `<figure class="card">${squarePicture(slice.size, words, layers)}<figcaption>${facts.map((fact) => `<span>${fact}</span>`).join(" · ")}<br><small>${scanName(slice.scan)}<br>${place}</small></figcaption></figure>`;
}
