import { type CpmRate, cpmRates } from "@gleaner/froc";
import { seriesColors } from "../reporters/charts.js";
import { formatDuration } from "../reporters/progress.js";
import type { Slice } from "../run/evaluate.js";
import { runawayAbove } from "../run/train.js";
import { curveFigure, frocFigure, sliceFigure } from "./figures.js";
import type { RunSummary } from "./run-summary.js";

const escapeHtml = (text: unknown): string =>
  String(text).replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c]!);

const percent = (value: number): string => (Number.isFinite(value) ? (100 * value).toFixed(1) : "–");

/** One self-contained page: no script, no file beside it, nothing loaded from elsewhere. */
export function reportPage(
  runs: readonly RunSummary[],
  { title = "Gleaner report", intro = "" }: { title?: string; intro?: string } = {},
): string {
  const froc = frocFigure(runs);
  const judged = runs.filter((run) => run.froc);
  const unlabeledUsed = runs.some((run) => run.steps.some((event) => event.unlabeledWeight > 0));
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${css}</style>
</head>
<body>
<main>
<h1>${escapeHtml(title)}</h1>
${intro ? `<p class="intro">${escapeHtml(intro)}</p>` : ""}
${findingsOf(runs)}
<h2>FROC</h2>
${froc ? `<figure>${froc}<figcaption>${legend(runs)} Sensitivity over false positives per scan on the held-out scans, by the rules of the official LUNA16 evaluation. The dots are the seven points whose mean is the CPM.</figcaption></figure>${frocTable(judged)}` : "<p>No run is evaluated yet: <code>gleaner evaluate RUN</code>.</p>"}
<h2>Learning</h2>
<div class="row">
<figure>${curveFigure(runs, "classification", "loss on labeled patches")}<figcaption>${legend(runs)} Soft-target focal loss of the labeled patches. With MixUp the targets are mixtures, so curves of different methods are not on one scale.</figcaption></figure>
${unlabeledUsed ? `<figure>${curveFigure(runs, "pseudoPositives", "pseudo-positives a patch")}<figcaption>Anchors of an unlabeled patch that the teacher is confident about (target above 0.5). Above ${runawayAbove} (dashed) a teacher tends to confirm its own false positives.</figcaption></figure>` : ""}
</div>
${judged.map(slicesOf).join("\n")}
<h2>Settings</h2>
${settingsTable(runs)}
<p class="note">Research software, not a medical device. Slices are crops of the scans: treat this page as you treat them.</p>
</main>
</body>
</html>
`;
}

/** What the runs show, in words; a difference is called one only with the noise of a single run named beside it. */
function findingsOf(runs: readonly RunSummary[]): string {
  const items = runs.map((run) => {
    const { labeled, unlabeled, test } = run.split;
    const seconds = run.steps.reduce((sum, event) => sum + event.seconds, 0);
    const used = run.config.method === "focalmix" ? ` and ${unlabeled.length} unlabeled` : "";
    const result = run.froc
      ? `CPM <strong>${percent(run.froc.cpm)} %</strong>, ${run.froc.truePositives} of ${run.froc.nodules} nodules in ${test.length} held-out scans found at any score`
      : "not evaluated yet";
    const peak = peakPseudoPositives(run);
    const alarm =
      peak > runawayAbove
        ? ` <strong class="alarm">Pseudo-positives reached ${peak.toFixed(1)} a patch: the teacher may have confirmed its own errors.</strong>`
        : "";
    return `<li><b style="--c:${seriesColors[runs.indexOf(run) % seriesColors.length]}">${escapeHtml(run.name)}</b>: ${result}. ${run.steps.length} steps on ${labeled.length} labeled${used} scans in ${formatDuration(1000 * seconds)}.${alarm}</li>`;
  });
  const judged = runs.filter((run) => run.froc);
  const supervised = judged.find((run) => run.config.method === "supervised");
  const semi = judged.find((run) => run.config.method === "focalmix");
  let verdict = "";
  if (supervised && semi) {
    const difference = 100 * (semi.froc!.cpm - supervised.froc!.cpm);
    const direction =
      Math.abs(difference) < 0.05 ? "the same CPM" : `${Math.abs(difference).toFixed(1)} CPM points ${difference > 0 ? "more" : "less"}`;
    const noise = "one run of each carries about 5 points of noise, so this";
    verdict =
      `<p>At equal steps, FocalMix has ${direction} than supervised training here. ${Math.abs(difference) < 10 ? `With ${noise} is no evidence for either method` : `Even so, ${noise} is a hint, not a proof`}: compare over several seeds before you conclude.</p>`
        .replace("the same CPM than", "the same CPM as")
        .replace("With one run of each carries", "One run of each carries");
  }
  return `<ul class="findings">${items.join("")}</ul>${verdict}`;
}

function peakPseudoPositives(run: RunSummary): number {
  let peak = 0;
  let sum = 0;
  for (const [i, event] of run.steps.entries()) {
    sum += event.pseudoPositives - (i >= 50 ? run.steps[i - 50]!.pseudoPositives : 0);
    if (i >= 49) peak = Math.max(peak, sum / 50);
  }
  return peak;
}

const legend = (runs: readonly RunSummary[]): string =>
  runs.map((run, i) => `<span class="key" style="--c:${seriesColors[i % seriesColors.length]}">${escapeHtml(run.name)}</span>`).join(" ");

function frocTable(runs: readonly RunSummary[]): string {
  const head = ["1/8", "1/4", "1/2", "1", "2", "4", "8"].map((rate) => `<th scope="col">${rate}</th>`).join("");
  const rows = runs.map(({ name, froc }) => {
    const cells = cpmRates.map((rate) => `<td>${percent(froc!.sensitivity[String(rate) as CpmRate])}</td>`).join("");
    return `<tr><th scope="row">${escapeHtml(name)}</th>${cells}<td><strong>${percent(froc!.cpm)}</strong></td><td>${froc!.nodules}</td><td>${froc!.falsePositives}</td><td>${froc!.missed}</td></tr>`;
  });
  return `<div class="scroll"><table><caption>Sensitivity in % at false positives per scan</caption><thead><tr><th scope="col">run</th>${head}<th scope="col">CPM</th><th scope="col">nodules</th><th scope="col">false positives</th><th scope="col">missed</th></tr></thead><tbody>${rows.join("")}</tbody></table></div>`;
}

function slicesOf(run: RunSummary): string {
  const hits = run.slices.filter((slice) => slice.kind === "hit");
  const byScore = [...hits].sort((a, b) => (b.probability ?? 0) - (a.probability ?? 0));
  const weakest = run.slices.filter((slice) => slice.kind !== "false positive" && !byScore.slice(0, 6).includes(slice));
  const groups: [string, Slice[]][] = [
    ["Found with the highest scores", byScore.slice(0, 6)],
    ["Missed, or found with the lowest scores", weakest],
    ["False positives with the highest scores", run.slices.filter((slice) => slice.kind === "false positive")],
  ];
  const shown = groups
    .filter(([, slices]) => slices.length > 0)
    .map(([name, slices]) => `<h3>${name}</h3><div class="slices">${slices.map(sliceCard).join("")}</div>`);
  return shown.length === 0
    ? ""
    : `<h2>Findings of ${escapeHtml(run.name)}</h2><p class="note">Dashed: the annotation. Solid: the mark. Crops of ${run.slices[0]!.size} × ${run.slices[0]!.size} pixels in the window of the settings.</p>${shown.join("")}`;
}

function sliceCard(slice: Slice): string {
  const facts = [
    slice.probability === null ? "missed" : `score ${slice.probability.toFixed(3)}`,
    slice.diameterMm === null ? "" : `${slice.diameterMm.toFixed(1)} mm`,
  ].filter(Boolean);
  const place = slice.world.map((v) => v.toFixed(1)).join(", ");
  return `<figure class="card">${sliceFigure(slice)}<figcaption>${facts.join(" · ")}<br><small title="${escapeHtml(slice.scan)}">(${place}) mm</small></figcaption></figure>`;
}

/** Every setting in which the runs differ is marked. */
function settingsTable(runs: readonly RunSummary[]): string {
  const flat = (value: unknown, prefix = ""): [string, string][] =>
    value !== null && typeof value === "object" && !Array.isArray(value)
      ? Object.entries(value).flatMap(([key, inner]) => flat(inner, prefix ? `${prefix}.${key}` : key))
      : [[prefix, Array.isArray(value) && value.length > 8 ? `${value.length} entries` : JSON.stringify(value)]];
  const ofRun = runs.map((run) => {
    const { data: _, ...settings } = run.config;
    const { labeled, unlabeled, test } = run.split;
    const data = { labeled: labeled.length, unlabeled: unlabeled.length, test: test.length };
    return new Map(
      flat({
        engine: run.environment["engine"],
        ...(run.environment["versions"] !== undefined && { versions: run.environment["versions"] }),
        scans: data,
        ...settings,
      }),
    );
  });
  const keys = [...new Set(ofRun.flatMap((settings) => [...settings.keys()]))];
  const rows = keys.map((key) => {
    const values = ofRun.map((settings) => settings.get(key) ?? "–");
    const differs = new Set(values).size > 1;
    return `<tr${differs ? ' class="differs"' : ""}><th scope="row"><code>${escapeHtml(key)}</code></th>${values.map((value) => `<td>${escapeHtml(value)}</td>`).join("")}</tr>`;
  });
  return `<details><summary>All ${keys.length} settings</summary><div class="scroll"><table><thead><tr><th scope="col">setting</th>${runs.map((run) => `<th scope="col">${escapeHtml(run.name)}</th>`).join("")}</tr></thead><tbody>${rows.join("")}</tbody></table></div></details>`;
}

const css = `
:root{color-scheme:light dark;--ink:#1b1f24;--soft:#59636e;--line:#d8dee4;--ground:#fff}
@media (prefers-color-scheme:dark){:root{--ink:#e6edf3;--soft:#9aa4af;--line:#343b44;--ground:#12161b}}
body{margin:0;background:var(--ground);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
main{max-width:62rem;margin:0 auto;padding:1.5rem 1rem 4rem}
h1{font-size:1.9rem;margin:.2em 0}h2{margin-top:2.2em;border-bottom:1px solid var(--line);padding-bottom:.2em}h3{margin:1.4em 0 .4em;font-size:1rem}
figure{margin:0}figcaption,.note,.intro,small{color:var(--soft);font-size:.875rem}
svg{max-width:100%;height:auto;color:var(--ink)}
.row{display:flex;flex-wrap:wrap;gap:1.5rem}.row figure{flex:1 1 24rem;min-width:0}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;margin-top:1rem}caption{text-align:left;color:var(--soft);font-size:.875rem}
th,td{padding:.25rem .7rem;border-bottom:1px solid var(--line);text-align:right}th[scope=row],th:first-child{text-align:left;font-weight:600}
.scroll{overflow-x:auto}details td,details th{text-align:left}.differs td{font-weight:700}
.key{white-space:nowrap;margin-right:.8em;color:var(--ink)}.key::before,.findings b::before{content:"";display:inline-block;width:.7em;height:.7em;border-radius:50%;background:var(--c);margin-right:.35em}
.slices{display:grid;grid-template-columns:repeat(auto-fill,minmax(9rem,1fr));gap:.8rem}
.slice{width:100%;image-rendering:pixelated;border-radius:4px;display:block}.slice rect{fill:none;stroke-width:1;vector-effect:none}
.slice .truth{stroke:#ffd400;stroke-dasharray:2.5 1.5}.slice .mark{stroke:#00c8ff}
.alarm{color:#b00020}@media (prefers-color-scheme:dark){.alarm{color:#ff8a80}}
`;
