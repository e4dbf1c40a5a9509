import { availableParallelism } from "node:os";
import { defineCommand } from "../command.js";
import { inputError } from "../errors.js";
import { readOption, realTriple, wholeNumber, wholeTriple } from "../options.js";
import type { Difficulty } from "../phantom/types.js";
import { writeJson } from "../reporters/json.js";
import { createProgress } from "../reporters/progress.js";

const onlyInto = ["annotations", "excluded", "template", "template-scan"] as const;

export default defineCommand({
  args: {
    scans: { type: "string", description: "How many scans, or blocks of real ones", valueHint: "N", required: true },
    out: { type: "string", description: "Folder of the data set; scans that are there are kept", valueHint: "DIR", required: true },
    seed: { type: "string", description: "The same seed gives the same scans", valueHint: "S", default: "0" },
    size: {
      type: "string",
      description: "Voxels; 96,128,128 unless told, 64,64,64 with --into; under about 170 mm a phantom shows one lung",
      valueHint: "z,y,x",
    },
    spacing: { type: "string", description: "Millimeters between voxels", valueHint: "z,y,x", default: "1.5,1.5,1.5" },
    difficulty: {
      type: "enum",
      options: ["standard", "easy"],
      default: "standard",
      description: "easy: little noise, solid nodules of 7 mm and more; not with --into",
    },
    threads: { type: "string", description: "Phantoms drawn at a time (default: one a processor)", valueHint: "N" },
    into: {
      type: "string",
      description: "Insert nodules into blocks of this real chest CT instead; once for each patient, whose scans take turns",
      valueHint: "SCAN",
    },
    annotations: { type: "string", description: "With --into: nodules that the scans have, in LUNA16's columns", valueHint: "CSV" },
    excluded: { type: "string", description: "With --into: their irrelevant findings", valueHint: "CSV" },
    template: {
      type: "string",
      description: "With --into: mask, or readers' votes, of a real nodule that some are drawn after",
      valueHint: "MASK",
    },
    "template-scan": {
      type: "string",
      description: "The scan that the template is of (default: the first --into)",
      valueHint: "SCAN",
    },
    quiet: { type: "boolean", description: "Show no progress" },
    json: { type: "boolean", description: "Write one JSON document" },
  },
  repeatable: ["into"],
  async run({ args, all, io }) {
    const into = all("into");
    const total = readOption("--scans", wholeNumber(1, 1_000_000), args.scans);
    const threads =
      args.threads === undefined ? Math.min(8, availableParallelism()) : readOption("--threads", wholeNumber(1, 64), args.threads);
    let progress: ReturnType<typeof createProgress> | undefined;
    const label = into.length > 0 ? { label: "blocks", unit: "blocks" } : { label: "phantoms", unit: "scans" };
    const options = {
      out: args.out,
      scans: total,
      seed: readOption("--seed", wholeNumber(0), args.seed),
      ...(args.size !== undefined && { size: readOption("--size", wholeTriple(32, 1024), args.size) }),
      spacingMm: readOption("--spacing", realTriple(0.3, 5), args.spacing),
      signal: io.signal,
      onProgress(done: number) {
        progress ??= createProgress(io.stderr, { ...label, total, from: done, quiet: args.quiet === true });
        progress.update(done);
      },
    };
    const given = onlyInto.find((name) => args[name] !== undefined);
    if (into.length === 0 && given)
      throw inputError(`--${given} is given without --into; expected a real scan that nodules are inserted into`);
    if (args["template-scan"] !== undefined && args.template === undefined)
      throw inputError("--template-scan is given without --template; expected the mask of a nodule in it");
    if (into.length > 0 && args.difficulty !== "standard")
      throw inputError(
        `--difficulty is ${JSON.stringify(args.difficulty)}; expected standard with --into, whose scans are as hard as they are`,
      );

    if (into.length > 0) {
      const { writeInsertSet } = await import("../run/insert-set.js");
      const set = await writeInsertSet({
        ...options,
        into,
        ...(args.annotations !== undefined && { annotations: args.annotations }),
        ...(args.excluded !== undefined && { excluded: args.excluded }),
        ...(args.template !== undefined && { template: args.template }),
        ...(args["template-scan"] !== undefined && { templateScan: args["template-scan"] }),
      });
      progress?.finish();
      if (args.json) return writeJson(io, set);
      io.stdout.write(
        `${set.out}: ${set.scans} blocks (${set.kept} were there) of ${set.patients.length} patients, ${set.nodules} inserted nodules, ${set.real} real ones, ${set.excluded} findings that do not count\n`,
      );
      for (const { subset, patient, scans } of set.patients) io.stdout.write(`${subset}  ${scans.length} blocks of ${patient}\n`);
      return;
    }
    const { writePhantomSet } = await import("../run/phantom-set.js");
    const set = await writePhantomSet({ ...options, threads, difficulty: args.difficulty as Difficulty });
    progress?.finish();
    if (args.json) return writeJson(io, set);
    io.stdout.write(
      `${set.out}: ${set.scans} scans (${set.kept} were there), ${set.nodules} nodules, ${set.excluded} findings that do not count\n`,
    );
  },
});
