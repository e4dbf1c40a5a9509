import { cpmRates } from "@gleaner/froc";
import type { FrocReport } from "./run-froc.js";

const number = (value: number): string => (Number.isNaN(value) ? "–" : value.toFixed(3)).padStart(7);
const count = (value: number, width: number): string => String(value).padStart(width);

/** The report for people: counts, the seven sensitivities with their intervals, the CPM, differences between submissions. */
export function formatFroc({ rule, submissions, comparisons }: FrocReport): string {
  const width = Math.max(24, ...submissions.map(({ name }) => name.length));
  const rates = cpmRates.map(String) as "1"[];
  const first = submissions[0]!.result;
  const lines = [`${first.scans} scans, ${first.nodules} nodules, ${rule} rule`, ""];
  lines.push(`${"".padEnd(width)}     found  missed  false positives  ignored  duplicates`);
  for (const { name, result } of submissions) {
    const { truePositives, missed, falsePositives, ignored, duplicates } = result;
    lines.push(
      `${name.padEnd(width)}  ${count(truePositives, 8)}${count(missed, 8)}${count(falsePositives, 17)}${count(ignored, 9)}${count(duplicates, 12)}`,
    );
  }
  const header = cpmRates.map((rate) => (rate < 1 ? `1/${1 / rate}` : String(rate)).padStart(7)).join("");
  lines.push("", `${"false positives per scan".padEnd(width)}  ${header}      CPM`);
  for (const { name, result, bootstrap } of submissions) {
    lines.push(`${name.padEnd(width)}  ${rates.map((rate) => number(result.sensitivity[rate])).join("")}  ${number(result.cpm)}`);
    if (!bootstrap) continue;
    const percent = `${Number((100 * bootstrap.confidence).toFixed(6))} %`;
    for (const [label, values, cpm] of [
      [`  ${percent} from`, bootstrap.lower, bootstrap.cpm.lower],
      ["  to", bootstrap.upper, bootstrap.cpm.upper],
    ] as const) {
      lines.push(`${label.padEnd(width)}  ${rates.map((rate) => number(values[rate])).join("")}  ${number(cpm)}`);
    }
  }
  for (const { a, b, comparison } of comparisons) {
    const { difference, lower, upper, pValue } = comparison.cpm;
    const signed = (value: number): string => (Number.isNaN(value) ? "–" : `${value < 0 ? "" : "+"}${value.toFixed(3)}`);
    lines.push(
      "",
      `${b} against ${a}: CPM ${signed(difference)} (${signed(lower)} to ${signed(upper)}), p = ${pValue.toPrecision(2)}, paired bootstrap of ${comparison.samples} samples`,
    );
  }
  return `${lines.join("\n")}\n`;
}
