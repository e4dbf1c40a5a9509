import { writeFileSync } from "node:fs";
import { z } from "zod";
import { defineCommand } from "../command.js";
import { inputError } from "../errors.js";
import { readOption, wholeNumber, wholeTriple } from "../options.js";
import { writeJson } from "../reporters/json.js";
import { formatInspection, inspectVolume } from "../run/inspect.js";

const expectation = "two numbers low,high, the lower one first";
const windowOption: z.ZodType<[number, number], string> = z
  .string()
  .transform((text) => text.split(",").map((part) => (part.trim() === "" ? Number.NaN : Number(part))) as [number, number])
  .refine((values) => values.length === 2 && values.every(Number.isFinite) && values[0] < values[1], expectation);

export default defineCommand({
  args: {
    path: {
      type: "positional",
      description: "A volume (MetaImage, NIfTI, NRRD, DICOM), a folder of DICOM files, a data set, or a set of images",
      required: true,
    },
    series: { type: "string", description: "The series of a folder that holds several", valueHint: "UID" },
    voxel: { type: "string", description: "A voxel whose value to show, from 0,0,0; may be repeated", valueHint: "z,y,x" },
    png: { type: "string", description: "Write a slice of the volume as a picture", valueHint: "FILE" },
    slice: { type: "string", description: "--png: which slice, from 0 (default: the middle one)", valueHint: "N" },
    axis: { type: "enum", options: ["z", "y", "x"], default: "z", description: "--png: the axis that the slice is across" },
    window: {
      type: "string",
      description: "--png: Hounsfield units of black and white, as --window=-1000,400",
      valueHint: "low,high",
      default: "-1000,400",
    },
    json: { type: "boolean", description: "Write one JSON document" },
  },
  repeatable: ["voxel"],
  async run({ args, all, io }) {
    const voxels = all("voxel").map((text) => readOption("--voxel", wholeTriple(0, Number.MAX_SAFE_INTEGER), text));
    const slice = args.slice === undefined ? undefined : readOption("--slice", wholeNumber(0), args.slice);
    const windowHu = readOption("--window", windowOption, args.window);
    if (args.png === undefined && (slice !== undefined || args.axis !== "z"))
      throw inputError(`${slice === undefined ? "--axis" : "--slice"} is of a picture; expected --png FILE with it`);
    const { checkOutput } = await import("../run/run-folder.js");
    if (args.png !== undefined) checkOutput(args.png);
    const { inspectPath } = await import("../run/inspect-path.js");
    const { formatSeries, formatSet } = await import("../run/inspect-words.js");
    const found = await inspectPath(args.path, args.series === undefined ? {} : { series: args.series });
    if (found.kind !== "volume" && (voxels.length > 0 || args.png !== undefined))
      throw inputError(
        `${args.path} is no single volume, which --${args.png === undefined ? "voxel" : "png"} needs; expected one${found.kind === "series" ? ", or --series UID" : ""}`,
      );
    if (found.kind === "series") {
      const { kind: _, ...listing } = found;
      if (args.json) writeJson(io, listing);
      else io.stdout.write(formatSeries(args.path, found));
    } else if (found.kind === "set") {
      if (args.json) writeJson(io, found.set);
      else io.stdout.write(formatSet(args.path, found));
    } else if (found.kind === "images") {
      const { describeForPeople } = await import("../reporters/image-set.js");
      if (args.json) writeJson(io, found.images);
      else io.stdout.write(describeForPeople(args.path, found.images));
    } else {
      const { volume, series, notices } = found;
      const inspection = inspectVolume(volume, voxels);
      let picture: { path: string; axis: string; slice: number; width: number; height: number } | undefined;
      if (args.png !== undefined) {
        const { drawSlice } = await import("../run/inspect-slice.js");
        const { png, ...about } = drawSlice(volume, {
          axis: args.axis as "z" | "y" | "x",
          ...(slice !== undefined && { slice }),
          windowHu,
        });
        writeFileSync(args.png, png);
        picture = { path: args.png, ...about };
      }
      for (const notice of notices) io.stderr.write(`note: ${notice}\n`);
      if (args.json) writeJson(io, { ...inspection, ...(series && { series, notices }), ...(picture && { picture }) });
      else io.stdout.write(formatInspection(args.path, inspection, series?.id));
    }
  },
});
