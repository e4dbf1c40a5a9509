import type { DetectorComparison, ScanInterval } from "../reproduce/detection-comparisons.js";
import type { DetectionRow } from "../reproduce/detection-rows.js";
import type { Comparison, TableRow } from "../reproduce/rows.js";

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
const shown = (values: readonly (number | null)[], digits = 1, factor = 1): string => {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? "–" : (factor * mean(known)).toFixed(digits);
};
const signed = (value: number, digits = 3): string => `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(digits)}`;

/** Columns aligned for a terminal: those of text to the left, those of numbers to the right. */
function aligned(head: readonly string[], lines: readonly (readonly string[])[], isText: (column: number) => boolean): string[] {
  const widths = head.map((name, i) => Math.max(name.length, ...lines.map((line) => line[i]!.length)));
  return [head, ...lines].map((cells) =>
    cells
      .map((cell, i) => (isText(i) ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
      .join("  ")
      .trimEnd(),
  );
}

/** Mean errors in percent with those of every seed, and what the curriculum adds, for a terminal. */
export function classificationTable(rows: readonly TableRow[], comparisons: readonly Comparison[]): string {
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
  const gains = comparisons.map(
    ({ cell, method, against, seeds, wins, meanGain }) =>
      `${cell}: ${method} has the lower error than ${against} in ${wins} of ${seeds.length} seeds, by ${meanGain.toFixed(1)} points on average`,
  );
  return `${[...aligned(head, lines, (i) => i < 2 || i === head.length - 1), "", ...gains].join("\n")}\n`;
}

/** Mean CPM with that of every seed and the gain over supervised training of equal steps with its interval, for a terminal; the paper's CPM where there is one. */
export function detectionTable(rows: readonly DetectionRow[], comparisons: readonly DetectorComparison[]): string {
  const hasPaper = rows.some(({ paper }) => paper);
  const head = [
    "cell",
    "method",
    "CPM",
    ...(hasPaper ? ["paper"] : []),
    "gain",
    "95 % interval",
    "seconds",
    "pseudo-positives",
    "CPM by seed",
  ];
  const lines = rows.map((row) => {
    const compared = comparisons.find(
      ({ cell, method, against }) => cell === row.cell && method === row.method && against === "supervised",
    );
    return [
      row.cell,
      row.method,
      shown(row.cpm, 3),
      ...(hasPaper ? [paperCell(row)] : []),
      compared ? signed(compared.meanGain) : "–",
      compared ? intervalCell(compared.interval) : "–",
      shown(row.seconds, 0),
      shown(row.highestPseudoPositives, 2),
      row.cpm.map((value) => value.toFixed(3)).join(" "),
    ];
  });
  const gains = comparisons.map(
    ({ cell, method, against, seeds, wins, meanGain }) =>
      `${cell}: ${method} has the higher CPM than ${against} in ${wins} of ${seeds.length} seeds, by ${signed(100 * meanGain, 1)} points on average`,
  );
  const notes =
    comparisons.length === 0
      ? []
      : ["The intervals are over the scans that judge, for these runs; how much other seeds would change, the seeds tell."];
  return `${[...aligned(head, lines, (i) => i < 2 || i === head.length - 1), "", ...gains, ...notes].join("\n")}\n`;
}

const paperCell = ({ paper }: DetectionRow): string => (!paper ? "–" : paper.cpm === null ? "diverged" : paper.cpm.toFixed(3));
const intervalCell = ({ lower, upper }: ScanInterval): string =>
  lower === null || upper === null ? "–" : `${signed(lower)} … ${signed(upper)}`;
