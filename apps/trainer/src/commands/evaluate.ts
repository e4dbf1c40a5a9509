import { defineCommand } from "../command.js";
import { inputError } from "../errors.js";
import { frocJudgment } from "../reporters/froc-judgment.js";
import { writeJson } from "../reporters/json.js";
import { judgmentTable } from "../reporters/judgment-table.js";
import { progressOnDemand } from "../reporters/progress.js";
import type { MarksJudgment } from "../run/judge-marks.js";
import { engineArgument, startEngine } from "../run/start-engine.js";

export default defineCommand({
  args: {
    run: { type: "positional", description: "Folder of a trained run", required: true },
    part: {
      type: "enum",
      options: ["test", "validation"],
      default: "test",
      description: "Of a detection run: the test scans, or those to choose settings by",
    },
    weights: {
      type: "enum",
      options: ["both", "ema"],
      default: "both",
      description: "Of a detection run: judge the average of the weights and the student, or the average alone in half the time",
    },
    engine: engineArgument,
    json: { type: "boolean", description: "Write one JSON document" },
  },
  async run({ args, io }) {
    const { readAnyRunConfig } = await import("../run/run-folder.js");
    const isClassifier = readAnyRunConfig(args.run).task === "classification";
    if (isClassifier && args.part !== "test")
      throw inputError(`--part is ${JSON.stringify(args.part)}; expected none for ${args.run}, which is a run of classification`);
    if (isClassifier && args.weights !== "both")
      throw inputError(`--weights is ${JSON.stringify(args.weights)}; expected none for ${args.run}, which is a run of classification`);
    await startEngine(args.engine, io);
    if (isClassifier) {
      const { evaluateClassifier } = await import("../classification/evaluate.js");
      const result = await evaluateClassifier(args.run);
      if (args.json) writeJson(io, result);
      else io.stdout.write(judgmentTable(result));
      return;
    }
    const { evaluate } = await import("../run/evaluate.js");
    const { preparedFolder } = await import("../run/prepared-scans.js");
    const result = await evaluate({
      run: args.run,
      part: args.part as "test" | "validation",
      weights: args.weights as "both" | "ema",
      preparedFolder: preparedFolder(io.env),
      signal: io.signal,
      onNote: (text) => io.stderr.write(`note: ${text}\n`),
      onScan: progressOnDemand(io.stderr, "evaluate", "scans"),
    });
    if (!args.json) {
      io.stdout.write(frocJudgment(result));
      return;
    }
    const { curve: _, ...froc } = result.froc;
    writeJson(io, { run: result.run, step: result.step, ...froc, ...(result.student && { student: numbersOf(result.student) }) });
  },
});

/** What is known of the student but for the lists that files hold. */
function numbersOf({ curve: _, scores: __, ...numbers }: MarksJudgment): Omit<MarksJudgment, "curve" | "scores"> {
  return numbers;
}
