import { existsSync } from "node:fs";
import { defineCommand } from "../command.js";
import { inputError, workError } from "../errors.js";
import { readOption, realNumber } from "../options.js";
import { writeJson } from "../reporters/json.js";
import { progressOnDemand } from "../reporters/progress.js";
import { engineArgument, startEngine } from "../run/start-engine.js";

export default defineCommand({
  args: {
    run: { type: "positional", description: "Folder of a trained run", required: true },
    scan: { type: "positional", description: "Volumes: files (MetaImage, NIfTI, NRRD) or folders of a DICOM series", required: true },
    out: { type: "string", description: "The candidates, in LUNA16's columns", valueHint: "candidates.csv", required: true },
    diameters: { type: "boolean", description: "Write a column diameter_mm too" },
    labels: { type: "string", description: "Write a label map of each scan, SCAN.nii.gz, for viewers", valueHint: "DIR" },
    sr: { type: "string", description: "Write a DICOM structured report of each series, SCAN.dcm, for a PACS", valueHint: "DIR" },
    seg: { type: "string", description: "Write a DICOM segmentation of each series, SCAN.dcm, for a PACS", valueHint: "DIR" },
    at: { type: "string", description: "The probability from which marks are in these (default: 0.5)", valueHint: "P" },
    resume: { type: "boolean", description: "Go on where a call that was stopped or killed has come to" },
    engine: engineArgument,
    json: { type: "boolean", description: "Write one JSON document" },
  },
  variadic: "scan",
  async run({ args, io }) {
    const { labels, sr, seg } = args;
    const folders = { ...(labels !== undefined && { labels }), ...(sr !== undefined && { sr }), ...(seg !== undefined && { seg }) };
    for (const [name, folder] of Object.entries(folders)) if (folder === "") throw inputError(`--${name} is ""; expected a folder`);
    if (args.at !== undefined && Object.keys(folders).length === 0)
      throw inputError(
        `--at is ${JSON.stringify(args.at)} without --labels, --sr or --seg; expected one of them, as the CSV has every mark`,
      );
    const at = args.at === undefined ? {} : { at: readOption("--at", realNumber(0, 1), args.at) };
    await startEngine(args.engine, io);
    const { detect } = await import("../run/detect.js");
    const { partsPath } = await import("../run/detect-parts.js");
    const { preparedFolder } = await import("../run/prepared-scans.js");
    const scans = args._.slice(1);
    const progress = progressOnDemand(io.stderr, "detect", "tiles");
    const result = await detect({
      run: args.run,
      scans,
      out: args.out,
      preparedFolder: preparedFolder(io.env),
      folders,
      ...at,
      diameters: args.diameters === true,
      resume: args.resume === true,
      signal: io.signal,
      onTile: (scan, done, total) => progress(done, total, `scan ${scan + 1} of ${scans.length}`),
    }).catch((error: unknown) => {
      if (io.signal.aborted && existsSync(partsPath(args.out)))
        io.stderr.write(`note: ${partsPath(args.out)} keeps the scans that are done; --resume goes on with it\n`);
      throw error;
    });
    const { failed } = result;
    if (args.json) writeJson(io, result);
    else {
      for (const { scan, marks, highest } of result.scans) {
        io.stdout.write(`${scan}: ${marks} marks${highest === null ? "" : `, the highest ${highest.toFixed(3)}`}\n`);
      }
      const [first, ...others] = result.files;
      if (first !== undefined)
        io.stdout.write(
          `wrote ${first}${others.length === 0 ? "" : ` and ${others.length} files in ${Object.values(folders).join(", ")}`}\n`,
        );
    }
    if (failed.length === 0) return;
    for (const { scan, reason } of failed) io.stderr.write(`failed: ${scan}: ${reason}\n`);
    throw workError(`${failed.length} of ${scans.length} scans could not be done; expected every scan to be readable`);
  },
});
