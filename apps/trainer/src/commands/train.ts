import type { ClassificationConfig } from "../classification/schema.js";
import { defineCommand } from "../command.js";
import { type Config, readAnyConfig } from "../config.js";
import { readOption, wholeNumber } from "../options.js";
import { writeJson } from "../reporters/json.js";
import { progressOnDemand } from "../reporters/progress.js";
import { engineArgument, startEngine } from "../run/start-engine.js";
import { maxSeed } from "../setting-types.js";

export default defineCommand({
  args: {
    config: { type: "positional", description: "The configuration, in YAML", required: true },
    out: { type: "string", description: "Folder of the run (default: runs/METHOD-seedSEED)", valueHint: "RUN" },
    resume: { type: "boolean", description: "Go on from the run's last checkpoint" },
    seed: { type: "string", description: "Seed instead of the configuration's", valueHint: "N" },
    steps: { type: "string", description: "Steps instead of the configuration's", valueHint: "N" },
    engine: engineArgument,
    json: { type: "boolean", description: "Write one JSON document" },
  },
  async run({ args, io }) {
    const config = readAnyConfig(args.config, {
      ...(args.seed !== undefined && { seed: readOption("--seed", wholeNumber(0, maxSeed), args.seed) }),
      ...(args.steps !== undefined && { steps: readOption("--steps", wholeNumber(1), args.steps) }),
    });
    const run = args.out ?? `runs/${config.method}-seed${config.seed}`;
    const environment = await startEngine(args.engine, io);
    const common = { run, resume: args.resume === true, environment, signal: io.signal, source: args.config };
    const training = progressOnDemand(io.stderr, config.method, "steps");
    const trainOf = {
      async classification(settings: ClassificationConfig) {
        const { trainClassifier } = await import("../classification/train.js");
        return trainClassifier(settings, { ...common, onStep: training });
      },
      async detection(settings: Config) {
        const { train } = await import("../run/train.js");
        const { preparedFolder } = await import("../run/prepared-scans.js");
        return train(settings, {
          ...common,
          preparedFolder: preparedFolder(io.env),
          onNote: (text) => io.stderr.write(`note: ${text}\n`),
          onPrepare: progressOnDemand(io.stderr, "prepare", "scans"),
          onStep: ({ step, loss }, total) => training(step, total, `loss ${loss.toFixed(3)}`),
        });
      },
    };
    const result = await (config.task === "classification" ? trainOf.classification(config) : trainOf.detection(config));
    if (args.json) writeJson(io, result);
    else if (!result.stopped) io.stdout.write(`${run}: ${result.steps} steps done\nnext: gleaner evaluate ${run}\n`);
    if (result.stopped) {
      io.stderr.write(`${run}: stopped after ${result.steps} of ${config.training.steps} steps, all saved; add --resume to go on\n`);
      io.signal.throwIfAborted();
    }
  },
});
