import { type CpmRate, cpmRates } from "@gleaner/froc";
import { escapeHtml, percent } from "./html.js";
import type { Judgment, RunSummary } from "./run-summary.js";

const head = (cells: readonly string[]): string => cells.map((cell) => `<th scope="col">${escapeHtml(cell)}</th>`).join("");
const rowHead = (run: RunSummary): string => `<th scope="row">${escapeHtml(run.name)}</th>`;
// The name stands outside, where a wide table does not take it along; focusable, so that a keyboard can scroll what is wider than the page.
const scrolling = (name: string, table: string): string =>
  `<figure class="table"><figcaption>${escapeHtml(name)}</figcaption><section class="scroll" aria-label="${escapeHtml(name)}" tabindex="0"><table>${table}</table></section></figure>`;

const isJudged = (run: RunSummary): run is RunSummary & { froc: Judgment } => run.froc !== undefined;

/** The seven points, their mean and the counts behind them. */
export function frocTable(runs: readonly RunSummary[]): string {
  const rows = runs.filter(isJudged).map((run) => {
    const { froc } = run;
    const points = cpmRates.map((rate) => `<td>${percent(froc.sensitivity[String(rate) as CpmRate])}</td>`).join("");
    const perScan = froc.scans > 0 ? (froc.falsePositives / froc.scans).toFixed(1) : "–";
    return `<tr>${rowHead(run)}<td><strong>${percent(froc.cpm)}</strong></td>${points}<td>${froc.truePositives} of ${froc.nodules}</td><td>${perScan}</td></tr>`;
  });
  const rates = cpmRates.map((rate) => (rate < 1 ? `1/${1 / rate}` : String(rate)));
  return scrolling(
    "CPM and sensitivity in % at false positives per scan; the last two columns are over all marks",
    `<thead><tr>${head(["run", "CPM", ...rates, "found", "false positives per scan"])}</tr></thead>
<tbody>${rows.join("\n")}</tbody>`,
  );
}

/** What was found of small, middle and large nodules. */
export function sizeTable(runs: readonly RunSummary[]): string {
  const judged = runs.filter(isJudged);
  const bands = [...new Set(judged.flatMap((run) => run.froc.bySize.map((band) => band.name)))];
  if (bands.length === 0) return "";
  const rows = judged.map((run) => {
    const cells = bands.map((name) => {
      const band = run.froc.bySize.find((entry) => entry.name === name);
      return band ? `<td>${percent(band.sensitivityAt1)}</td><td>${band.found} of ${band.nodules}</td>` : "<td>–</td><td>–</td>";
    });
    return `<tr>${rowHead(run)}${cells.join("")}</tr>`;
  });
  const over = bands.map((name) => `<th scope="colgroup" colspan="2">${escapeHtml(name)}</th>`).join("");
  const under = head(bands.flatMap(() => ["at 1 FP", "any score"]));
  return scrolling(
    "By diameter: sensitivity in % at 1 false positive (FP) per scan, and nodules found with any score",
    `<colgroup></colgroup>${bands.map(() => '<colgroup span="2"></colgroup>').join("")}
<thead><tr><th scope="col" rowspan="2">run</th>${over}</tr><tr>${under}</tr></thead>
<tbody>${rows.join("\n")}</tbody>`,
  );
}

/** Every setting of the runs; those in which they differ are marked, and where no run has one there is a dash. */
export function settingsTable(runs: readonly RunSummary[]): string {
  const ofRun = runs.map(({ config, environment, split }) => {
    // Places of data are of one machine; what FocalMix is set to has no part in a supervised run.
    const { data: _, ...settings } = { ...config, ...(config.method === "supervised" && { focalmix: undefined }) };
    const { engine, version, threads, device, node, platform } = environment;
    const { labeled, unlabeled, test } = split;
    const scans = { labeled: labeled.length, unlabeled: unlabeled.length, test: test.length };
    return new Map(flatten({ ...settings, scans, engine, "engine version": version, threads, device, node, platform }));
  });
  const keys = [...new Set(ofRun.flatMap((settings) => [...settings.keys()]))];
  const rows = keys.map((key) => {
    const values = ofRun.map((settings) => settings.get(key));
    const differs = new Set(values.filter((value) => value !== undefined)).size > 1;
    const mark = differs ? ' <span class="mark-differs">differs</span>' : "";
    return `<tr${differs ? ' class="differs"' : ""}><th scope="row"><code>${escapeHtml(key)}</code>${mark}</th>${values.map((value) => `<td>${escapeHtml(value ?? "–")}</td>`).join("")}</tr>`;
  });
  const table = scrolling(
    "Settings",
    `<thead><tr>${head(["setting", ...runs.map((run) => run.name)])}</tr></thead>\n<tbody>${rows.join("\n")}</tbody>`,
  );
  return `<details class="settings"><summary>All ${keys.length} settings, the engine and the versions</summary>${table}</details>`;
}

/** Nested settings as lines of a dotted name and a value for people. */
function flatten(value: unknown, name = ""): [string, string][] {
  if (value === undefined) return [];
  if (Array.isArray(value) && !value.some((entry) => typeof entry === "object")) return [[name, value.map(plain).join(", ")]];
  if (value !== null && typeof value === "object")
    return Object.entries(value).flatMap(([key, inner]) => flatten(inner, name ? `${name}.${key}` : key));
  return [[name, plain(value)]];
}

const plain = (value: unknown): string => (typeof value === "number" ? String(Number(value.toPrecision(6))) : String(value));
