import { cpmRates, type PerCpmRate } from "@gleaner/froc";
import type { FrocReport } from "./run-froc.js";
import type { Submission } from "./submission.js";

const number = (value: number): string => (Number.isNaN(value) ? "–" : value.toFixed(3)).padStart(7);
const count = (value: number, width: number): string => String(value).padStart(width);
const signed = (value: number): string => (Number.isNaN(value) ? "–" : `${value < 0 ? "" : "+"}${value.toFixed(3)}`);

const rates = cpmRates.map(String) as (keyof PerCpmRate)[];
const header = cpmRates.map((rate) => (rate < 1 ? `1/${1 / rate}` : String(rate)).padStart(7)).join("");
const rateRow = (label: string, width: number, sensitivity: PerCpmRate, cpm: number): string =>
  `${label.padEnd(width)}  ${rates.map((rate) => number(sensitivity[rate])).join("")}  ${number(cpm)}`;
const widest = (least: number, labels: readonly string[]): number => Math.max(least, ...labels.map((label) => label.length));

function strataLines(name: string, strata: NonNullable<Submission["strata"]>, by: string): string[] {
  const labels = strata.map((stratum) => stratum.name || "(empty)");
  const width = widest(24, labels);
  return [
    "",
    `${name} by ${by}; the false positives are all of them in every row`,
    `${"".padEnd(width)}  ${header}      CPM   found  missed`,
    ...strata.map(
      ({ sensitivity, cpm, truePositives, missed }, i) =>
        `${rateRow(labels[i]!, width, sensitivity, cpm)}${count(truePositives, 8)}${count(missed, 8)}`,
    ),
  ];
}

function rulesLines(name: string, { official, exact, differences, cappedScans, droppedByCap }: NonNullable<Submission["rules"]>): string[] {
  const width = 24;
  const part = (at: string, of: "byArithmetic" | "byCap"): string => {
    // Where the rules agree there is nothing to split; +0.000 is a difference too small to show.
    const value = differences.find((difference) => difference.at === at)?.[of] ?? 0;
    return (value === 0 ? "0" : signed(value)).padStart(7);
  };
  const partRow = (label: string, of: "byArithmetic" | "byCap"): string =>
    `${label.padEnd(width)}  ${rates.map((rate) => part(rate, of)).join("")}  ${part("cpm", of)}`;
  const dropped = `the official cap dropped ${droppedByCap} mark${droppedByCap === 1 ? "" : "s"} on ${cappedScans} scan${cappedScans === 1 ? "" : "s"}`;
  return [
    "",
    `${name} by both rules; ${differences.length === 0 ? "they agree at every rate" : "exact − official is split by cause"}; ${dropped}`,
    `${"".padEnd(width)}  ${header}      CPM`,
    rateRow("official", width, official.sensitivity, official.cpm),
    rateRow("exact", width, exact.sensitivity, exact.cpm),
    ...(differences.length === 0 ? [] : [partRow("  by arithmetic", "byArithmetic"), partRow("  by the cap", "byCap")]),
  ];
}

function conventionsLines(name: string, conventions: NonNullable<Submission["conventions"]>): string[] {
  const width = widest(
    24,
    conventions.map((one) => one.name),
  );
  return [
    "",
    `${name} by other conventions`,
    `${"".padEnd(width)}  ${header}      CPM`,
    ...conventions.map((one) => rateRow(one.name, width, one.sensitivity, one.cpm)),
  ];
}

/** The report for people: counts, the seven sensitivities with their intervals, the CPM, differences between submissions, what else was asked. */
export function formatFroc({ rule, by, submissions, comparisons }: FrocReport): string {
  const width = widest(
    24,
    submissions.map(({ name }) => name),
  );
  const first = submissions[0]!.result;
  const lines = [`${first.scans} scans, ${first.nodules} nodules, ${rule} rule`, ""];
  lines.push(`${"".padEnd(width)}     found  missed  false positives  ignored  duplicates`);
  for (const { name, result } of submissions) {
    const { truePositives, missed, falsePositives, ignored, duplicates } = result;
    lines.push(
      `${name.padEnd(width)}  ${count(truePositives, 8)}${count(missed, 8)}${count(falsePositives, 17)}${count(ignored, 9)}${count(duplicates, 12)}`,
    );
  }
  lines.push("", `${"false positives per scan".padEnd(width)}  ${header}      CPM`);
  for (const { name, result, bootstrap } of submissions) {
    lines.push(rateRow(name, width, result.sensitivity, result.cpm));
    if (!bootstrap) continue;
    const percent = `${Number((100 * bootstrap.confidence).toFixed(6))} %`;
    lines.push(rateRow(`  ${percent} from`, width, bootstrap.lower, bootstrap.cpm.lower));
    lines.push(rateRow("  to", width, bootstrap.upper, bootstrap.cpm.upper));
  }
  for (const { a, b, comparison } of comparisons) {
    const { difference, lower, upper, pValue } = comparison.cpm;
    lines.push(
      "",
      `${b} against ${a}: CPM ${signed(difference)} (${signed(lower)} to ${signed(upper)}), p = ${pValue.toPrecision(2)}, paired bootstrap of ${comparison.samples} samples`,
    );
  }
  for (const { name, strata, rules, conventions } of submissions) {
    if (strata) lines.push(...strataLines(name, strata, by!));
    if (rules) lines.push(...rulesLines(name, rules));
    if (conventions) lines.push(...conventionsLines(name, conventions));
  }
  const { conventions } = submissions[0]!;
  if (conventions) lines.push("", ...conventions.map(({ name, says }) => `${name}: ${says}`));
  return `${lines.join("\n")}\n`;
}
