import { applyPolicy, type ByteImage, type Policy, randAugment, viewBatch, weakView } from "@gleaner/augment";
import { type RandomSnapshot, restoreRandom } from "@gleaner/training";
import type { ClassificationConfig } from "./schema.js";

/** How views of a run are made; plain data, so that a thread can be told. */
export interface ViewRecipe {
  shape: readonly [height: number, width: number, channels: number];
  augmentation: Pick<ClassificationConfig["augmentation"], "flip" | "pad" | "operations" | "count" | "cutout" | "order">;
  mean: readonly number[];
  deviation: readonly number[];
}

/** A piece of a batch: its pixels, what is made of them, and where its random stream stands. */
export interface ViewJob {
  images: Uint8Array;
  kind: "weak" | "strong";
  random: RandomSnapshot;
  /** A policy of CTAugment for each image, in place of RandAugment. */
  policies?: readonly Policy[];
}

/** The views of a job, normalized, in the order of its images. */
export function makeViews({ images, kind, random: snapshot, policies }: ViewJob, recipe: ViewRecipe): Float32Array {
  const { shape, augmentation } = recipe;
  const { flip, pad, operations, count, cutout, order } = augmentation;
  const random = restoreRandom(snapshot);
  const move = (image: ByteImage): ByteImage => weakView(image, { random, flip, ...(pad !== undefined && { pad }) });
  const change = (image: ByteImage, i: number): ByteImage =>
    policies
      ? applyPolicy(image, policies[i]!)
      : randAugment(image, { random, count, cutoutSide: cutout, ...(operations && { operations }) });
  const makers = {
    weak: move,
    "strong-first": (image: ByteImage, i: number) => move(change(image, i)),
    "weak-first": (image: ByteImage, i: number) => change(move(image), i),
  };
  const batch = { images, shape: [images.length / (shape[0] * shape[1] * shape[2]), ...shape] as const };
  return viewBatch(batch, makers[kind === "weak" ? "weak" : order], recipe);
}
