import { test } from "vitest";
import {
  applyPolicy,
  type ByteImage,
  createCtAugment,
  normalizeImages,
  randAugment,
  strongView,
  viewBatch,
  weakView,
} from "../src/index.js";
import { drawnImages, seeded } from "./drawn-images.mjs";

// A batch of FlexMatch on CIFAR-10: 64 · 7 images of 32 × 32 pixels.
const count = 448;
const shape = [count, 32, 32, 3] as const;
const images = drawnImages(count);
const size = images.length / count;
const batch = Array.from({ length: count }, (_, i): ByteImage => ({ data: images.subarray(i * size, (i + 1) * size), shape: [32, 32, 3] }));
const normalization = { mean: [0.4914, 0.4824, 0.4467], deviation: [0.2471, 0.2435, 0.2616] };

test(`views of ${count} images of 32 × 32 × 3`, async ({ bench }) => {
  const random = seeded(2);
  const control = createCtAugment();
  const each = (view: (image: ByteImage) => unknown) => () => {
    for (const image of batch) view(image);
  };
  // What any view costs at least: its memory.
  await bench(
    "a copy (lower bound)",
    each(({ data }) => data.slice()),
  ).run({ time: 500 });
  await bench("normalizeImages", () => void normalizeImages(images, shape, normalization)).run({ time: 500 });
  await bench(
    "weakView",
    each((image) => weakView(image, { random })),
  ).run({ time: 500 });
  await bench(
    "randAugment",
    each((image) => randAugment(image, { random })),
  ).run({ time: 1000 });
  await bench(
    "CTAugment",
    each((image) => applyPolicy(image, control.policy(random))),
  ).run({ time: 1000 });
  await bench(
    "viewBatch of strongView",
    () => void viewBatch({ images, shape }, (image) => strongView(image, { random }), normalization),
  ).run({ time: 1000 });
});
