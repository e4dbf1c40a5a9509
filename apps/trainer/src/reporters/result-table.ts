import type { Comparison, TableRow } from "../reproduce/rows.js";

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
const shown = (values: readonly (number | null)[], digits = 1, factor = 1): string => {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? "–" : (factor * mean(known)).toFixed(digits);
};

/** Mean errors in percent with those of every seed, and what the curriculum adds, for a terminal. */
export function resultTable(rows: readonly TableRow[], comparisons: readonly Comparison[]): string {
  const head = ["cell", "method", "last %", "best %", "chosen %", "used %", "right %", "seconds", "last error % by seed"];
  const lines = rows.map((row) => [
    row.cell,
    row.method,
    shown(row.lastError),
    shown(row.bestError),
    shown(row.selectedError),
    shown(row.lastMaskRate, 0, 100),
    shown(row.lastPseudoLabelAccuracy, 0, 100),
    shown(row.seconds, 0),
    row.lastError.map((value) => value.toFixed(1)).join(" "),
  ]);
  const widths = head.map((name, i) => Math.max(name.length, ...lines.map((line) => line[i]!.length)));
  const isText = (i: number): boolean => i < 2 || i === head.length - 1;
  const format = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => (isText(i) ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
      .join("  ")
      .trimEnd();
  const gains = comparisons.map(
    ({ cell, method, against, seeds, wins, meanGain }) =>
      `${cell}: ${method} has the lower error than ${against} in ${wins} of ${seeds.length} seeds, by ${meanGain.toFixed(1)} points on average`,
  );
  return `${[format(head), ...lines.map(format), "", ...gains].join("\n")}\n`;
}
