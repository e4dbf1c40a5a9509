import type { z } from "zod";
import { flag, fraction, number, oneOf, section, whole } from "./setting-types.js";

/** The section `matching` of a configuration of detection. */
export const matchingSection = section({
  method: oneOf("center", "iou", "atss")
    .default("center")
    .describe(
      "How anchors get their objects: by distance of the centers, by overlap, or adaptively (ATSS). The settings below are each of one method.",
    ),
  positiveRadius: number(0, 1000)
    .optional()
    .describe("Of center: anchors of the object's size are positive nearer than this many of its radii; by default 0.7 …"),
  minPositiveVoxels: number(0, 1000).optional().describe("… or nearer than this many voxels, whichever is more; by default 2.3."),
  ignoredRadius: number(0, 1000).optional().describe("Of center: other anchors are ignored nearer than this many radii; by default 1.2 …"),
  minIgnoredVoxels: number(0, 1000).optional().describe("… or nearer than this many voxels, whichever is more; by default 3.6."),
  ignoredSizes: oneOf("all", "own")
    .optional()
    .describe("Of center: whether anchors of all sizes are ignored there, or those of the object's own; by default all."),
  high: fraction.optional().describe("Of iou: an anchor is positive from this IoU on; by default 0.5."),
  low: fraction.optional().describe("Of iou: an anchor is background below this IoU, and ignored between low and high; by default 0.4."),
  allowLowQuality: flag
    .optional()
    .describe("Of iou: whether the best anchors of an object are positive however small their IoU; by default true."),
  candidates: whole(1, 1000).optional().describe("Of atss: nearest locations of each level that are looked at; by default 4."),
  centerInside: flag.optional().describe("Of atss: whether the center of a positive anchor must lie in the object; by default false."),
});

/** Which method each of the other settings is of. */
export const matchingMethodOf = {
  positiveRadius: "center",
  minPositiveVoxels: "center",
  ignoredRadius: "center",
  minIgnoredVoxels: "center",
  ignoredSizes: "center",
  high: "iou",
  low: "iou",
  allowLowQuality: "iou",
  candidates: "atss",
  centerInside: "atss",
} as const satisfies Record<Exclude<keyof z.output<typeof matchingSection>, "method">, string>;
