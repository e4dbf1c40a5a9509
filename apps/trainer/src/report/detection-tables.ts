import { type CpmRate, cpmRates } from "@gleaner/froc";
import { formatDuration } from "../reporters/progress.js";
import { methodTitles } from "./detection-compare.js";
import { runawayOf } from "./detection-runaway.js";
import { bandsOf } from "./detection-sizes.js";
import { escapeHtml, percent } from "./html.js";
import { settingsTable } from "./settings-table.js";
import type { Judgment, RunSummary, WeightsJudgment } from "./summarize-detector.js";
import { headCells, rowHead, scrollingTable } from "./tables.js";

const isJudged = (run: RunSummary): run is RunSummary & { froc: Judgment } => run.froc !== undefined;

/** What each run took and gave; columns that no run has a value for are left out. */
export function runsTable(runs: readonly RunSummary[]): string {
  const isTaught = ({ config }: RunSummary): boolean => config.method !== "supervised";
  const seconds = ({ steps }: RunSummary): number => steps.reduce((sum, event) => sum + event.seconds, 0);
  const columns: [string, (run: RunSummary) => string | undefined][] = [
    ["method", ({ config }) => methodTitles[config.method]],
    ["labeled", ({ split }) => String(split.labeled.length)],
    ["unlabeled", (run) => (isTaught(run) ? String(run.split.unlabeled.length) : undefined)],
    ["CPM, %", ({ froc }) => froc && `<strong>${percent(froc.cpm)}</strong>`],
    ["of the student", ({ froc }) => froc?.student && percent(froc.student.cpm)],
    ["steps", ({ steps }) => String(steps.at(-1)?.step ?? 0)],
    ["time", (run) => (run.steps.length > 0 ? formatDuration(1000 * seconds(run)) : undefined)],
    ["ms a step", (run) => (run.steps.length > 0 ? ((1000 * seconds(run)) / run.steps.length).toFixed(0) : undefined)],
    ["most pseudo-positives", (run) => (isTaught(run) ? runawayOf(run).peak.toFixed(2) : undefined)],
  ];
  const shown = columns.filter(([, cellOf]) => runs.some((run) => cellOf(run) !== undefined));
  const rows = runs.map((run) => {
    const cells = shown.map(([, cellOf]) => `<td>${cellOf(run) ?? "–"}</td>`);
    return `<tr>${rowHead(run.name)}${cells.join("")}</tr>`;
  });
  const taught = runs.some(isTaught) ? "; pseudo-positives in a patch, the highest mean of 50 steps" : "";
  return scrollingTable(
    `Runs: CPM of the moving average of the weights, and of the student; time of training${taught}`,
    `<thead><tr>${headCells(["run", ...shown.map(([name]) => name)])}</tr></thead>\n<tbody>${rows.join("\n")}</tbody>`,
    "wrapped runs",
  );
}

/** The seven points, their mean and the counts behind them. */
export function frocTable(runs: readonly RunSummary[]): string {
  const row = (name: string, judged: WeightsJudgment, cpm: string): string => {
    const points = cpmRates.map((rate) => `<td>${percent(judged.sensitivity[String(rate) as CpmRate])}</td>`).join("");
    const perScan = judged.scans > 0 ? (judged.falsePositives / judged.scans).toFixed(1) : "–";
    return `<tr>${rowHead(name)}<td>${cpm}</td>${points}<td>${judged.truePositives} of ${judged.nodules}</td><td>${perScan}</td></tr>`;
  };
  const rows = runs
    .filter(isJudged)
    .flatMap(({ name, froc }) => [
      row(name, froc, `<strong>${percent(froc.cpm)}</strong>`),
      ...(froc.student ? [row(`${name}, student`, froc.student, percent(froc.student.cpm))] : []),
    ]);
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
  const bands = bandsOf(judged);
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
      // Places of data are of one machine; what another method is set to has no part in a run.
      const { data: _, ...settings } = {
        ...config,
        ...(config.method !== "focalmix" && { focalmix: undefined }),
        ...(config.method !== "mean-teacher" && { meanTeacher: undefined }),
        ...(config.method === "supervised" && { objects: undefined }),
      };
      const { labeled, unlabeled, test } = split;
      const scans = { labeled: labeled.length, unlabeled: unlabeled.length, test: test.length };
      return { name, settings: { ...settings, scans }, environment };
    }),
  );
