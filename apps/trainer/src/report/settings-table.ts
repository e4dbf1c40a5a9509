import { escapeHtml } from "./html.js";
import { headCells, scrollingTable } from "./tables.js";

/** A run for the table of settings: nested groups of settings. */
interface RunSettings {
  name: string;
  settings: Record<string, unknown>;
  environment: Record<string, unknown>;
}

/** Every setting of the runs; those in which they differ are marked, and where no run has one there is a dash. */
export function settingsTable(runs: readonly RunSettings[]): string {
  const ofRun = runs.map(({ settings, environment }) => {
    const { engine, version, threads, device, node, platform } = environment;
    return flatten({ ...settings, engine, "engine version": version, threads, device, node, platform });
  });
  const keys = [...new Set(ofRun.flatMap((settings) => [...settings.keys()]))];
  const rows = keys.map((key) => {
    const values = ofRun.map((settings) => settings.get(key));
    const differs = new Set(values.filter((value) => value !== undefined)).size > 1;
    const mark = differs ? ' <span class="mark-differs">differs</span>' : "";
    return `<tr${differs ? ' class="differs"' : ""}><th scope="row"><code>${escapeHtml(key)}</code>${mark}</th>${values.map((value) => `<td>${escapeHtml(value ?? "–")}</td>`).join("")}</tr>`;
  });
  const table = scrollingTable(
    "Settings",
    `<thead><tr>${headCells(["setting", ...runs.map((run) => run.name)])}</tr></thead>\n<tbody>${rows.join("\n")}</tbody>`,
  );
  return `<details class="settings"><summary>All ${keys.length} settings, the engine and the versions</summary>${table}</details>`;
}

/** Nested settings as lines of a dotted name and a value for people. */
export const flatten = (settings: Record<string, unknown>): Map<string, string> => new Map(linesOf(settings, ""));

function linesOf(value: unknown, name: string): [string, string][] {
  if (value === undefined) return [];
  if (Array.isArray(value) && !value.some((entry) => typeof entry === "object")) return [[name, value.map(plain).join(", ")]];
  if (value !== null && typeof value === "object")
    return Object.entries(value).flatMap(([key, inner]) => linesOf(inner, name ? `${name}.${key}` : key));
  return [[name, plain(value)]];
}

const plain = (value: unknown): string => (typeof value === "number" ? String(Number(value.toPrecision(6))) : String(value));
