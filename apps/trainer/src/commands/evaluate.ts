import { defineCommand } from "../command.js";
import { writeJson } from "../reporters/json.js";
import { progressOnDemand } from "../reporters/progress.js";
import { engineArgument, startEngine } from "../run/start-engine.js";

export default defineCommand({
  args: {
    run: { type: "positional", description: "Folder of a trained run", required: true },
    engine: engineArgument,
    json: { type: "boolean", description: "Write one JSON document" },
  },
  async run({ args, io }) {
    await startEngine(args.engine, io);
    const { evaluate } = await import("../run/evaluate.js");
    const { preparedFolder } = await import("../run/prepared-scans.js");
    const result = await evaluate({
      run: args.run,
      preparedFolder: preparedFolder(io.env),
      signal: io.signal,
      onScan: progressOnDemand(io.stderr, "evaluate", "scans"),
    });
    const { curve: _, ...froc } = result.froc;
    if (args.json) writeJson(io, { run: result.run, step: result.step, ...froc });
    else {
      io.stdout.write(`${args.run}, step ${result.step}: ${froc.nodules} nodules in ${froc.scans} scans\n`);
      io.stdout.write(
        `false positives a scan  ${Object.keys(froc.sensitivity)
          .map((rate) => rate.padStart(6))
          .join("")}   CPM\n`,
      );
      io.stdout.write(
        `sensitivity             ${Object.values(froc.sensitivity)
          .map((s) => s.toFixed(3).padStart(6))
          .join("")}  ${froc.cpm.toFixed(3)}\n`,
      );
    }
  },
});
