import { defineCommand } from "../command.js";
import { inputError } from "../errors.js";
import { readOption, wholeNumber } from "../options.js";
import { writeJson } from "../reporters/json.js";

export default defineCommand({
  args: {
    action: {
      type: "positional",
      description: "describe: say what a set of images is; fetch: get a small real set through your package client",
      required: true,
    },
    what: { type: "positional", description: "describe: a file or folder; fetch: digits (UCI's, through your pip)", required: true },
    part: { type: "string", description: "describe: a part of the set, such as test", valueHint: "NAME" },
    size: { type: "string", description: "describe: pixels a side that pictures of a folder are brought to", valueHint: "N" },
    out: { type: "string", description: "fetch: folder for the set", valueHint: "DIR" },
    python: { type: "string", description: "fetch: the Python whose pip fetches", valueHint: "PATH" },
    json: { type: "boolean", description: "Write one JSON document" },
  },
  async run({ args, io }) {
    const { action, what, part, size, out, python } = args;
    const options = { describe: { part, size }, fetch: { out, python } };
    if (action !== "describe" && action !== "fetch")
      throw inputError(`${JSON.stringify(action)} is nothing that images does; expected describe or fetch`);
    const other = action === "describe" ? "fetch" : "describe";
    for (const [name, value] of Object.entries(options[other]))
      if (value !== undefined) throw inputError(`--${name} is an option of \`gleaner images ${other}\`; expected ${other} before it`);
    if (action === "fetch") {
      if (what !== "digits") throw inputError(`${JSON.stringify(what)} is no set that can be fetched; expected digits`);
      const { fetchDigitsSet } = await import("../run/fetch-images.js");
      const result = await fetchDigitsSet({ io, ...(out !== undefined && { folder: out }), ...(python !== undefined && { python }) });
      if (args.json) writeJson(io, result);
      else io.stdout.write(`${result.path}${result.fetched ? "" : " is there already"}\n`);
      return;
    }
    const { describeImageSet } = await import("@gleaner/images/node");
    const described = await describeImageSet(what, {
      ...(part !== undefined && { split: part }),
      size: size === undefined ? 32 : readOption("--size", wholeNumber(1, 4096), size),
    });
    const { describeForPeople } = await import("../reporters/image-set.js");
    if (args.json) writeJson(io, described);
    else io.stdout.write(describeForPeople(what, described));
  },
});
