import type { ClassificationJudgment, EvaluateClassifierResult } from "../classification/evaluate.js";

const percent = (value: number): string => (Number.isFinite(value) ? (100 * value).toFixed(1) : "–");

/** The judgment of a classification run for a terminal: the error first, then each class. */
export function judgmentTable({ run, classNames, last, selected }: EvaluateClassifierResult): string {
  const head = (name: string, { step, images, error, macro, balancedAccuracy, top5, areaUnderRoc }: ClassificationJudgment): string => {
    const more = [
      `macro F1 ${percent(macro.f1)}`,
      `balanced accuracy ${percent(balancedAccuracy)}`,
      ...(top5 === undefined ? [] : [`top 5 ${percent(top5)}`]),
      ...(areaUnderRoc === undefined ? [] : [`area under the ROC ${areaUnderRoc.toFixed(3)}`]),
    ];
    return `${name}, step ${step}: error ${percent(error)} % of ${images} images; ${more.join(", ")}\n`;
  };
  // Names of folders may be long; the table stays one of columns.
  const names = classNames.map((name) => (name.length > 24 ? `${name.slice(0, 23)}…` : name));
  const width = Math.max(5, ...names.map((name) => name.length));
  const rows = last.perClass.map(({ precision, recall, f1, support }, c) =>
    [names[c]!.padEnd(width), ...[precision, recall, f1].map((value) => percent(value).padStart(9)), String(support).padStart(9)].join(""),
  );
  const columns = ["class".padEnd(width), ...["precision", "recall", "F1", "images"].map((name) => name.padStart(9))].join("");
  return [
    head(`${run}, last`, last),
    ...(selected ? [head(`${run}, chosen by validation`, selected)] : []),
    `${columns}\n`,
    ...rows.map((row) => `${row}\n`),
  ].join("");
}
