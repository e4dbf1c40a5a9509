import { defineCommand } from "../command.js";
import { writeJson } from "../reporters/json.js";
import { progressOnDemand } from "../reporters/progress.js";
import { engineArgument, startEngine } from "../run/start-engine.js";

export default defineCommand({
  args: {
    run: { type: "positional", description: "Folder of a trained classification run", required: true },
    image: { type: "positional", description: "Pictures: PNG or JPEG files", required: true },
    out: { type: "string", description: "The predictions, a line for each picture", valueHint: "predictions.csv", required: true },
    engine: engineArgument,
    json: { type: "boolean", description: "Write one JSON document" },
  },
  variadic: "image",
  async run({ args, io }) {
    await startEngine(args.engine, io);
    const { classify } = await import("../classification/classify.js");
    const result = await classify({
      run: args.run,
      images: args._.slice(1),
      out: args.out,
      signal: io.signal,
      onImage: progressOnDemand(io.stderr, "classify", "images"),
    });
    if (args.json) writeJson(io, result);
    else {
      for (const { file, class: name, probability } of result.images) io.stdout.write(`${file}: ${name}, ${probability.toFixed(3)}\n`);
      io.stdout.write(`wrote ${result.predictions}\n`);
    }
  },
});
