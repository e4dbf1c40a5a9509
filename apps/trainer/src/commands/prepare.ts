import { defineCommand } from "../command.js";
import { readConfig } from "../config.js";
import { writeJson } from "../reporters/json.js";
import { progressOnDemand } from "../reporters/progress.js";

export default defineCommand({
  args: {
    config: { type: "positional", description: "The configuration, in YAML", required: true },
    json: { type: "boolean", description: "Write one JSON document" },
  },
  async run({ args, io }) {
    const config = readConfig(args.config);
    const { resolveSplit } = await import("../run/data-split.js");
    const { prepareScan, preparedFolder } = await import("../run/prepared-scans.js");
    const folder = preparedFolder(io.env);
    const split = resolveSplit(config, args.config);
    for (const note of split.notes) io.stderr.write(`note: ${note}\n`);
    const scans = [...split.labeled, ...split.unlabeled, ...split.test];
    const progress = progressOnDemand(io.stderr, "prepare", "scans");
    let prepared = 0;
    for (const [i, scan] of scans.entries()) {
      io.signal.throwIfAborted();
      const { cached } = await prepareScan(scan, config.preprocessing, folder);
      if (!cached) prepared++;
      progress(i + 1, scans.length);
    }
    if (args.json) writeJson(io, { folder, scans: scans.length, prepared, cached: scans.length - prepared });
    else io.stdout.write(`${scans.length} scans are ready in ${folder}, ${prepared} of them new\n`);
  },
});
