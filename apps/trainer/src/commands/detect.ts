import { defineCommand } from "../command.js";
import { writeJson } from "../reporters/json.js";
import { progressOnDemand } from "../reporters/progress.js";
import { engineArgument, startEngine } from "../run/start-engine.js";

export default defineCommand({
  args: {
    run: { type: "positional", description: "Folder of a trained run", required: true },
    scan: { type: "positional", description: "Volumes: files (MetaImage, NIfTI, NRRD) or folders of a DICOM series", required: true },
    out: { type: "string", description: "The candidates, in LUNA16's columns", valueHint: "candidates.csv", required: true },
    engine: engineArgument,
    json: { type: "boolean", description: "Write one JSON document" },
  },
  variadic: "scan",
  async run({ args, io }) {
    await startEngine(args.engine, io);
    const { detect } = await import("../run/detect.js");
    const { preparedFolder } = await import("../run/prepared-scans.js");
    const scans = args._.slice(1);
    const progress = progressOnDemand(io.stderr, "detect", "tiles");
    const result = await detect({
      run: args.run,
      scans,
      out: args.out,
      preparedFolder: preparedFolder(io.env),
      signal: io.signal,
      onTile: (scan, done, total) => progress(done, total, `scan ${scan + 1} of ${scans.length}`),
    });
    if (args.json) writeJson(io, result);
    else {
      for (const { scan, marks, highest } of result.scans) {
        io.stdout.write(`${scan}: ${marks} marks${highest === null ? "" : `, the highest ${highest.toFixed(3)}`}\n`);
      }
      io.stdout.write(`wrote ${result.candidates}\n`);
    }
  },
});
