import { defineCommand } from "../command.js";
import { readOption, realNumber, wholeNumber } from "../options.js";
import { writeJson } from "../reporters/json.js";
import { progressOnDemand } from "../reporters/progress.js";
import { engineArgument, startEngine } from "../run/start-engine.js";
import { maxSeed } from "../setting-types.js";

export default defineCommand({
  args: {
    out: { type: "string", description: "Folder of the demo; a demo that was stopped goes on", valueHint: "DIR", default: "demo" },
    seed: { type: "string", description: "Of the phantoms, the split and the training", valueHint: "N", default: "0" },
    minutes: { type: "string", description: "Time for the two trainings together", valueHint: "M", default: "6" },
    engine: engineArgument,
    json: { type: "boolean", description: "Write one JSON document" },
  },
  async run({ args, io }) {
    const seed = readOption("--seed", wholeNumber(0, maxSeed), args.seed);
    const trainingMinutes = readOption("--minutes", realNumber(0.1, 10_000), args.minutes);
    const environment = await startEngine(args.engine, io, { install: true });
    const { demo } = await import("../run/demo.js");
    const { preparedFolder } = await import("../run/prepared-scans.js");
    const lines = new Map<string, ReturnType<typeof progressOnDemand>>();
    const result = await demo({
      out: args.out,
      seed,
      trainingMinutes,
      environment,
      preparedFolder: preparedFolder(io.env),
      signal: io.signal,
      onNote: (text) => io.stderr.write(`${text}\n`),
      onProgress(work, unit, done, total, note) {
        if (!lines.has(work)) lines.set(work, progressOnDemand(io.stderr, work, unit));
        lines.get(work)!(done, total, note);
      },
    });
    if (args.json) writeJson(io, result);
    else {
      for (const { method, cpm } of result.runs) {
        const words = Number.isNaN(cpm) ? "found no nodule" : `CPM ${cpm.toFixed(3)}`;
        io.stdout.write(`${method}: ${words} after ${result.steps} steps\n`);
      }
      io.stdout.write(`open ${result.report} in a browser\n`);
    }
  },
});
