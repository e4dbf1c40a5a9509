import { type CpmRate, cpmRates } from "@gleaner/froc";
import { defineCommand } from "../command.js";
import { inputError } from "../errors.js";
import { writeJson } from "../reporters/json.js";
import { judgmentTable } from "../reporters/judgment-table.js";
import { progressOnDemand } from "../reporters/progress.js";
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
    engine: engineArgument,
    json: { type: "boolean", description: "Write one JSON document" },
  },
  async run({ args, io }) {
    const { readAnyRunConfig } = await import("../run/run-folder.js");
    const isClassifier = readAnyRunConfig(args.run).task === "classification";
    if (isClassifier && args.part !== "test")
      throw inputError(`--part is ${JSON.stringify(args.part)}; expected none for ${args.run}, which is a run of classification`);
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
      preparedFolder: preparedFolder(io.env),
      signal: io.signal,
      onScan: progressOnDemand(io.stderr, "evaluate", "scans"),
    });
    const { curve: _, ...froc } = result.froc;
    if (args.json) writeJson(io, { run: result.run, step: result.step, ...froc });
    else {
      io.stdout.write(`${args.run}, step ${result.step}: ${froc.nodules} nodules in ${froc.scans} scans\n`);
      // The keys are numbers, and an object would give the whole ones first.
      const row = (cells: readonly string[]): string => cells.map((cell) => cell.padStart(7)).join("");
      const values = [...cpmRates.map((rate) => froc.sensitivity[String(rate) as CpmRate]), froc.cpm];
      io.stdout.write(`false positives a scan${row(["1/8", "1/4", "1/2", "1", "2", "4", "8", "CPM"])}\n`);
      io.stdout.write(`sensitivity           ${row(values.map((value) => (Number.isNaN(value) ? "–" : value.toFixed(3))))}\n`);
      if (froc.nodules > 0 && froc.truePositives === 0) io.stdout.write("no nodule was found, and the official rules give no curve then\n");
    }
  },
});
