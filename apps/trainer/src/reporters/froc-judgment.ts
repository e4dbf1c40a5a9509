import { type CpmRate, cpmRates } from "@gleaner/froc";
import type { EvaluateResult } from "../run/evaluate.js";

/** The judgment of a detection run for a terminal: the seven sensitivities and the CPM of the average of the weights, and of the student below. */
export function frocJudgment({ run, step, froc, student }: EvaluateResult): string {
  const line = (name: string, cells: readonly string[]): string => `${name.padEnd(22)}${cells.map((cell) => cell.padStart(7)).join("")}\n`;
  // The keys are numbers, and an object would give the whole ones first.
  const values = ({ sensitivity, cpm }: Pick<typeof froc, "sensitivity" | "cpm">): string[] =>
    [...cpmRates.map((rate) => sensitivity[String(rate) as CpmRate]), cpm].map((value) => (Number.isNaN(value) ? "–" : value.toFixed(3)));
  return [
    `${run}, step ${step}: ${froc.nodules} nodules in ${froc.scans} scans\n`,
    line("false positives a scan", ["1/8", "1/4", "1/2", "1", "2", "4", "8", "CPM"]),
    line("sensitivity", values(froc)),
    ...(student ? [line("of the student", values(student))] : []),
    ...(froc.nodules > 0 && froc.truePositives === 0 ? ["no nodule was found, and the official rules give no curve then\n"] : []),
  ].join("");
}
