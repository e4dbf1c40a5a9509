import { defineCommand } from "../command.js";
import type { FrocReport } from "../froc/run-froc.js";
import { strataOption } from "../froc/strata-option.js";
import type { Submission } from "../froc/submission.js";
import { readOption, wholeNumber } from "../options.js";
import { writeJson } from "../reporters/json.js";

/** What JSON holds of a submission: everything but the points of curve and band, which `--csv` and `--svg` are for. */
function documentOf({ result, bootstrap, strata, rules, conventions }: Submission): Record<string, unknown> {
  const { curve: _, ...counts } = result;
  const { band: __, ...interval } = bootstrap ?? {};
  return {
    ...counts,
    ...(bootstrap && { bootstrap: interval }),
    ...(strata && { strata }),
    ...(rules && { rules }),
    ...(conventions && { conventions }),
  };
}

/** One submission is the document itself; several are a list with their comparisons. */
function documentOfAll({ submissions, comparisons }: FrocReport): unknown {
  if (submissions.length === 1) return documentOf(submissions[0]!);
  return {
    submissions: submissions.map((submission) => ({ name: submission.name, ...documentOf(submission) })),
    comparisons: comparisons.map(({ a, b, comparison }) => ({ a, b, ...comparison })),
  };
}

export default defineCommand({
  args: {
    annotations: {
      type: "string",
      description: "The findings: seriesuid,coordX,coordY,coordZ,diameter_mm",
      valueHint: "annotations.csv",
      required: true,
    },
    scans: { type: "string", description: "The judged scans, one a line", valueHint: "seriesuids.csv", required: true },
    candidates: {
      type: "string",
      description: "A submission: seriesuid,coordX,coordY,coordZ,probability; may be repeated",
      valueHint: "candidates.csv",
      required: true,
    },
    more: { type: "positional", description: "Further submissions, to be compared with the first", required: false },
    excluded: { type: "string", description: "Findings that marks are neither right nor wrong on", valueHint: "annotations_excluded.csv" },
    rule: {
      type: "enum",
      options: ["official", "exact"],
      default: "official",
      description: "The LUNA16 script to the bit, or exact counting without a cap",
    },
    bootstrap: { type: "string", description: "Resample the scans this often for intervals and comparisons", valueHint: "1000" },
    seed: { type: "string", description: "Seed of the bootstrap", default: "0" },
    by: {
      type: "string",
      description:
        "Results for groups of findings: bands of diameter (mm; the edges are 6,10 if none are given), or a column of the annotations",
      valueHint: "diameter:6,10",
    },
    "compare-rules": {
      type: "boolean",
      description: "Where the official and the exact rule differ, and why; holds all marks of a submission in memory",
    },
    conventions: {
      type: "boolean",
      description: "The same submission as other people count; holds all marks of a submission in memory",
    },
    svg: { type: "string", description: "Draw the curves", valueHint: "froc.svg" },
    csv: { type: "string", description: "Write the sensitivities as a table", valueHint: "froc.csv" },
    errors: { type: "string", description: "List missed nodules and the highest false positives", valueHint: "errors.csv" },
    strict: { type: "boolean", description: "Refuse a submission with any warning" },
    json: { type: "boolean", description: "Write one JSON document" },
  },
  repeatable: ["candidates"],
  variadic: "more",
  async run({ args, all, io }) {
    const samples = args.bootstrap === undefined ? undefined : readOption("--bootstrap", wholeNumber(1, 1_000_000), args.bootstrap);
    const seed = readOption("--seed", wholeNumber(0, 2 ** 32 - 1), args.seed);
    const by = args.by === undefined ? undefined : readOption("--by", strataOption, args.by);
    const { runFroc } = await import("../froc/run-froc.js");
    const report = await runFroc({
      annotations: args.annotations,
      scans: args.scans,
      candidates: [...all("candidates"), ...args._],
      rule: args.rule as "official" | "exact",
      seed,
      strict: args.strict === true,
      compareRules: args["compare-rules"] === true,
      conventions: args.conventions === true,
      ...(by === undefined ? {} : { by }),
      ...(args.excluded === undefined ? {} : { excluded: args.excluded }),
      ...(samples === undefined ? {} : { samples }),
      ...(args.svg === undefined ? {} : { svg: args.svg }),
      ...(args.csv === undefined ? {} : { csv: args.csv }),
      ...(args.errors === undefined ? {} : { errors: args.errors }),
      onIssue: (submission, { level, message }) => io.stderr.write(`${level}: ${submission}: ${message}\n`),
    });
    if (args.json) writeJson(io, documentOfAll(report));
    else {
      const { formatFroc } = await import("../froc/froc-table.js");
      io.stdout.write(formatFroc(report));
    }
  },
});
