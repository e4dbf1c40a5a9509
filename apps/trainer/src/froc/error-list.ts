import type { FrocReference } from "@gleaner/froc/node";
import { csvField } from "./csv-field.js";
import type { Submission } from "./submission.js";

/** As many false positives of a submission are listed: enough for an afternoon at a viewer. */
const listedFalsePositives = 100;

/**
 * The errors of submissions as a table for review: each missed nodule, then the false positives with the highest probabilities, in world
 * coordinates (mm).
 */
export function formatErrors(submissions: readonly Submission[], { findings }: FrocReference): string {
  const rows = ["submission,error,seriesuid,coordX,coordY,coordZ,diameter_mm,probability"];
  for (const { name, matches } of submissions) {
    const { nodules, falsePositives, scanIds } = matches;
    for (let i = 0; i < nodules.scan.length; i++) {
      if (nodules.marks[i]! > 0) continue;
      const { scan, x, y, z, diameterMm } = findings[nodules.finding[i]!]!;
      rows.push([name, "missed", scan, x, y, z, diameterMm, ""].map(csvField).join(","));
    }
    const highest = Array.from(falsePositives.score.keys())
      .sort((i, j) => falsePositives.score[j]! - falsePositives.score[i]! || i - j)
      .slice(0, listedFalsePositives);
    for (const i of highest) {
      const { scan, x, y, z, score } = falsePositives;
      rows.push([name, "false positive", scanIds[scan[i]!]!, x[i]!, y[i]!, z[i]!, "", score[i]!].map(csvField).join(","));
    }
  }
  return `${rows.join("\n")}\n`;
}
