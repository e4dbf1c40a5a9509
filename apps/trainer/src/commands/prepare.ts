import { defineCommand } from "../command.js";
import { readConfig } from "../config.js";
import { workError } from "../errors.js";
import type { TextStream } from "../io.js";
import { readOption, wholeNumber } from "../options.js";
import { writeJson } from "../reporters/json.js";
import { createProgress } from "../reporters/progress.js";

const everyMs = 5000;

/** A line now and then while a tree of DICOM series is walked, which may take long the first time; nobody knows its end before. */
function folderLines(stream: TextStream): (progress: { folders: number; series: number }) => void {
  let last = performance.now();
  return ({ folders, series }) => {
    if (performance.now() - last < everyMs) return;
    last = performance.now();
    stream.write(`note: ${folders} folders looked through, ${series} series so far\n`);
  };
}

export default defineCommand({
  args: {
    config: { type: "positional", description: "The configuration, in YAML", required: true },
    threads: { type: "string", description: "Scans prepared at a time (default: one a processor, up to 4)", valueHint: "N" },
    json: { type: "boolean", description: "Write one JSON document" },
  },
  async run({ args, io }) {
    const threads = args.threads === undefined ? {} : { threads: readOption("--threads", wholeNumber(1, 64), args.threads) };
    const config = readConfig(args.config);
    const { resolveSplit, splitParts } = await import("../run/data-split.js");
    const { preparedFolder } = await import("../run/prepared-scans.js");
    const { prepareScans } = await import("../run/prepare-scans.js");
    const prepared = preparedFolder(io.env);
    const split = await resolveSplit(config, {
      source: args.config,
      folder: prepared,
      signal: io.signal,
      onFolder: folderLines(io.stderr),
    });
    for (const note of split.notes) io.stderr.write(`note: ${note}\n`);
    const scans = splitParts.flatMap((part) => split[part]);
    let progress: ReturnType<typeof createProgress> | undefined;
    const result = await prepareScans(scans, {
      settings: config.preprocessing,
      folder: prepared,
      ...threads,
      signal: io.signal,
      onProgress(done, total, failures) {
        progress ??= createProgress(io.stderr, { label: "prepare", total, unit: "scans", from: done - 1, timedFrom: done });
        progress.update(done, failures > 0 ? `${failures} failed` : "");
      },
    });
    const { folder, cached } = result;
    const failed = result.failed.map(({ scan, path, reason }) => ({ scan, path, reason }));
    progress?.finish(failed.length > 0 ? `${failed.length} failed` : "");
    if (args.json) writeJson(io, { folder, scans: scans.length, prepared: result.prepared, cached, failed });
    else io.stdout.write(`${result.prepared + cached} scans are ready in ${folder}, ${result.prepared} of them new\n`);
    if (failed.length === 0) return;
    for (const { scan, reason } of failed) io.stderr.write(`failed: ${scan}: ${reason}\n`);
    throw workError(`${failed.length} of ${scans.length} scans could not be prepared; expected every scan to be readable`);
  },
});
