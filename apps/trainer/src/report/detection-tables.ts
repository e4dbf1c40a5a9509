import { type CpmRate, cpmRates } from "@gleaner/froc";
import { escapeHtml, percent } from "./html.js";
import { settingsTable } from "./settings-table.js";
import type { Judgment, RunSummary } from "./summarize-detector.js";
import { headCells, rowHead, scrollingTable } from "./tables.js";

const isJudged = (run: RunSummary): run is RunSummary & { froc: Judgment } => run.froc !== undefined;

/** The seven points, their mean and the counts behind them. */
export function frocTable(runs: readonly RunSummary[]): string {
  const rows = runs.filter(isJudged).map((run) => {
    const { froc } = run;
    const points = cpmRates.map((rate) => `<td>${percent(froc.sensitivity[String(rate) as CpmRate])}</td>`).join("");
    const perScan = froc.scans > 0 ? (froc.falsePositives / froc.scans).toFixed(1) : "–";
    return `<tr>${rowHead(run.name)}<td><strong>${percent(froc.cpm)}</strong></td>${points}<td>${froc.truePositives} of ${froc.nodules}</td><td>${perScan}</td></tr>`;
  });
  const rates = cpmRates.map((rate) => (rate < 1 ? `1/${1 / rate}` : String(rate)));
  return scrollingTable(
    "CPM and sensitivity in % at false positives per scan; the last two columns are over all marks",
    `<thead><tr>${headCells(["run", "CPM", ...rates, "found", "false positives per scan"])}</tr></thead>
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
    return `<tr>${rowHead(run.name)}${cells.join("")}</tr>`;
  });
  const over = bands.map((name) => `<th scope="colgroup" colspan="2">${escapeHtml(name)}</th>`).join("");
  const under = headCells(bands.flatMap(() => ["at 1 FP", "any score"]));
  return scrollingTable(
    "By diameter: sensitivity in % at 1 false positive (FP) per scan, and nodules found with any score",
    `<colgroup></colgroup>${bands.map(() => '<colgroup span="2"></colgroup>').join("")}
<thead><tr><th scope="col" rowspan="2">run</th>${over}</tr><tr>${under}</tr></thead>
<tbody>${rows.join("\n")}</tbody>`,
  );
}

/** The settings of the runs and their scans. */
export const detectionSettings = (runs: readonly RunSummary[]): string =>
  settingsTable(
    runs.map(({ name, config, environment, split }) => {
      // Places of data are of one machine; what FocalMix is set to has no part in a supervised run.
      const { data: _, ...settings } = { ...config, ...(config.method === "supervised" && { focalmix: undefined }) };
      const { labeled, unlabeled, test } = split;
      const scans = { labeled: labeled.length, unlabeled: unlabeled.length, test: test.length };
      return { name, settings: { ...settings, scans }, environment };
    }),
  );
