import { availableParallelism } from "node:os";
import { defineCommand } from "../command.js";
import { readOption, realTriple, wholeNumber, wholeTriple } from "../options.js";
import type { Difficulty } from "../phantom/types.js";
import { writeJson } from "../reporters/json.js";
import { createProgress } from "../reporters/progress.js";

export default defineCommand({
  args: {
    scans: { type: "string", description: "How many scans", valueHint: "N", required: true },
    out: { type: "string", description: "Folder of the data set; scans that are there are kept", valueHint: "DIR", required: true },
    seed: { type: "string", description: "The same seed gives the same scans", valueHint: "S", default: "0" },
    size: { type: "string", description: "Voxels; under about 170 mm a scan shows one lung", valueHint: "z,y,x", default: "96,128,128" },
    spacing: { type: "string", description: "Millimeters between voxels", valueHint: "z,y,x", default: "1.5,1.5,1.5" },
    difficulty: {
      type: "enum",
      options: ["standard", "easy"],
      default: "standard",
      description: "easy: little noise, solid nodules of 7 mm and more",
    },
    threads: { type: "string", description: "Scans drawn at a time (default: one a processor)", valueHint: "N" },
    quiet: { type: "boolean", description: "Show no progress" },
    json: { type: "boolean", description: "Write one JSON document" },
  },
  async run({ args, io }) {
    const total = readOption("--scans", wholeNumber(1, 1_000_000), args.scans);
    const options = {
      out: args.out,
      scans: total,
      seed: readOption("--seed", wholeNumber(0), args.seed),
      size: readOption("--size", wholeTriple(32, 1024), args.size),
      spacingMm: readOption("--spacing", realTriple(0.3, 5), args.spacing),
      difficulty: args.difficulty as Difficulty,
      threads: args.threads === undefined ? Math.min(8, availableParallelism()) : readOption("--threads", wholeNumber(1, 64), args.threads),
      signal: io.signal,
    };
    const { writePhantomSet } = await import("../run/phantom-set.js");
    let progress: ReturnType<typeof createProgress> | undefined;
    const set = await writePhantomSet({
      ...options,
      onProgress(done) {
        progress ??= createProgress(io.stderr, { label: "phantoms", total, unit: "scans", from: done, quiet: args.quiet === true });
        progress.update(done);
      },
    });
    progress?.finish();
    if (args.json) writeJson(io, set);
    else
      io.stdout.write(
        `${set.out}: ${set.scans} scans (${set.kept} were there), ${set.nodules} nodules, ${set.excluded} findings that do not count\n`,
      );
  },
});
