import { randAugment, weakView } from "@gleaner/augment";
import { type RandomSnapshot, restoreRandom } from "@gleaner/training";
import type { ClassificationConfig } from "./schema.js";

/** How views of a run are made; plain data, so that a thread can be told. */
export interface ViewRecipe {
  shape: readonly [height: number, width: number, channels: number];
  augmentation: ClassificationConfig["augmentation"];
  mean: readonly number[];
  deviation: readonly number[];
}

/** A piece of a batch: its pixels, what is made of them, and where its random stream stands. */
export interface ViewJob {
  images: Uint8Array;
  kind: "weak" | "strong";
  random: RandomSnapshot;
}

/** Pixels of 0..255 as the network takes them: (v / 255 − mean) / deviation, channel by channel. */
export function normalize(
  images: ArrayLike<number>,
  mean: readonly number[],
  deviation: readonly number[],
  out: Float32Array,
  at = 0,
): void {
  const channels = mean.length;
  for (let i = 0; i < images.length; i++) {
    const c = i % channels;
    out[at + i] = (images[i]! / 255 - mean[c]!) / deviation[c]!;
  }
}

/** The views of a job, normalized, in the order of its images. */
export function makeViews({ images, kind, random: snapshot }: ViewJob, recipe: ViewRecipe): Float32Array<ArrayBuffer> {
  const { shape, mean, deviation } = recipe;
  const { flip, pad, operations, count, cutout, order } = recipe.augmentation;
  const random = restoreRandom(snapshot);
  const size = shape[0] * shape[1] * shape[2];
  const out = new Float32Array(images.length);
  const weak = { random, flip, ...(pad !== undefined && { pad }) };
  const strong = { random, count, cutoutSide: cutout, ...(operations && { operations }) };
  for (let at = 0; at < images.length; at += size) {
    let image = { data: images.subarray(at, at + size), shape };
    if (kind === "strong" && order === "strong-first") image = randAugment(image, strong);
    image = weakView(image, weak);
    if (kind === "strong" && order === "weak-first") image = randAugment(image, strong);
    normalize(image.data, mean, deviation, out, at);
  }
  return out;
}
