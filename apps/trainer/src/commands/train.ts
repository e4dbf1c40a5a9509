import { defineCommand } from "../command.js";
import { readConfig } from "../config.js";
import { maxSeed } from "../config-schema.js";
import { readOption, wholeNumber } from "../options.js";
import { writeJson } from "../reporters/json.js";
import { progressOnDemand } from "../reporters/progress.js";
import { engineArgument, startEngine } from "../run/start-engine.js";

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
    const config = readConfig(args.config);
    if (args.seed !== undefined) config.seed = readOption("--seed", wholeNumber(0, maxSeed), args.seed);
    if (args.steps !== undefined) config.training.steps = readOption("--steps", wholeNumber(1), args.steps);
    const run = args.out ?? `runs/${config.method}-seed${config.seed}`;
    const environment = await startEngine(args.engine, io);
    const { train } = await import("../run/train.js");
    const { preparedFolder } = await import("../run/prepared-scans.js");
    const preparing = progressOnDemand(io.stderr, "prepare", "scans");
    const training = progressOnDemand(io.stderr, config.method, "steps");
    const result = await train(config, {
      run,
      resume: args.resume === true,
      preparedFolder: preparedFolder(io.env),
      environment,
      signal: io.signal,
      source: args.config,
      onNote: (text) => io.stderr.write(`note: ${text}\n`),
      onPrepare: preparing,
      onStep: ({ step, loss }, total) => training(step, total, `loss ${loss.toFixed(3)}`),
    });
    if (args.json) writeJson(io, result);
    else if (!result.stopped) io.stdout.write(`${run}: ${result.steps} steps done\nnext: gleaner evaluate ${run}\n`);
    if (result.stopped) {
      io.stderr.write(`${run}: stopped after ${result.steps} of ${config.training.steps} steps, all saved; add --resume to go on\n`);
      io.signal.throwIfAborted();
    }
  },
});
