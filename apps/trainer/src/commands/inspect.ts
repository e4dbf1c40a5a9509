import { defineCommand } from "../command.js";
import { readOption, wholeTriple } from "../options.js";
import { writeJson } from "../reporters/json.js";
import { formatInspection, inspectVolume } from "../run/inspect.js";

export default defineCommand({
  args: {
    path: { type: "positional", description: "A volume: .mhd, .mha, .nii or .nii.gz", required: true },
    voxel: { type: "string", description: "A voxel whose value to show, from 0,0,0; may be repeated", valueHint: "z,y,x" },
    json: { type: "boolean", description: "Write one JSON document" },
  },
  repeatable: ["voxel"],
  async run({ args, all, io }) {
    const voxels = all("voxel").map((text) => readOption("--voxel", wholeTriple(0, Number.MAX_SAFE_INTEGER), text));
    const { readVolume } = await import("@gleaner/volumes/node");
    const inspection = inspectVolume(await readVolume(args.path), voxels);
    if (args.json) writeJson(io, inspection);
    else io.stdout.write(formatInspection(args.path, inspection));
  },
});
