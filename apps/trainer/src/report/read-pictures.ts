import { existsSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { MixturePictures } from "../run/mixture-pictures.js";
import type { TargetPictures } from "../run/target-pictures.js";
import { pictureFiles } from "../run/teacher-pictures.js";
import { amount, readChecked } from "./read-checked.js";

const edge = z.int().min(1).max(4096);
const share = z.number().min(0).max(1);
/** The corners of a box on a slice. */
export const rectangle = z.tuple([z.number(), z.number(), z.number(), z.number()]);
const shares = z.array(share).max(2 ** 20);

const targets = z.object({
  step: amount,
  method: z.enum(["supervised", "focalmix", "mean-teacher"]),
  views: amount,
  temperature: z.number().nullable(),
  patches: z
    .array(
      z.object({
        choice: z.enum(["confident", "random"]),
        scan: z.string(),
        world: z.tuple([z.number(), z.number(), z.number()]),
        size: edge,
        spacingMm: z.number().positive(),
        pixels: z.base64(),
        grid: z.tuple([edge, edge]),
        mean: shares,
        target: shares,
        truth: z.array(rectangle).nullable(),
      }),
    )
    .max(100),
}) satisfies z.ZodType<TargetPictures>;

const patch = { scan: z.string(), labeled: z.boolean() };
const mixtures = z.object({
  step: amount,
  mixUp: z.enum(["none", "image", "image+object"]),
  alpha: z.number(),
  patches: z
    .array(
      z.object({
        ...patch,
        partner: z.object(patch),
        lambda: share,
        size: edge,
        spacingMm: z.number().positive(),
        before: z.base64(),
        other: z.base64(),
        mixed: z.base64(),
        objectsMixed: z.base64().nullable(),
        objects: z.array(
          z.object({
            box: rectangle.nullable(),
            diameterMm: z.number(),
            lambda: share,
            donor: z.object({ ...patch, diameterMm: z.number() }),
          }),
        ),
      }),
    )
    .max(100),
}) satisfies z.ZodType<MixturePictures>;

/** What `gleaner evaluate` left of a run's teacher, where the run has one. */
export interface TeacherPictures {
  targets?: TargetPictures;
  mixtures?: MixturePictures;
}

export function readTeacherPictures(evaluation: string): TeacherPictures {
  const read = <S extends z.ZodType>(file: string, schema: S): z.output<S> | undefined => {
    const path = join(evaluation, file);
    return existsSync(path) ? readChecked(path, schema) : undefined;
  };
  const [ofTargets, ofMixtures] = [read(pictureFiles.targets, targets), read(pictureFiles.mixtures, mixtures)];
  return { ...(ofTargets && { targets: ofTargets }), ...(ofMixtures && { mixtures: ofMixtures }) };
}
