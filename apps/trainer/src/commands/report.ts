import { defineCommand } from "../command.js";
import { writeJson } from "../reporters/json.js";

export default defineCommand({
  args: {
    run: { type: "positional", description: "Folders of runs", required: true },
    out: { type: "string", description: "The page", valueHint: "report.html", required: true },
    json: { type: "boolean", description: "Write one JSON document" },
  },
  variadic: "run",
  async run({ args, io }) {
    const { writeReport } = await import("../report/write-report.js");
    const result = writeReport(args._, args.out);
    if (args.json) writeJson(io, result);
    else io.stdout.write(`wrote ${result.report}\n`);
  },
});
