import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { createCtAugment } from "@gleaner/augment";
import { imageSource } from "@gleaner/images";
import { createRandom } from "@gleaner/training";
import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createBatchSource } from "../src/classification/batches.js";
import type { ClassificationData } from "../src/classification/data.js";
import type { ClassificationConfig } from "../src/classification/schema.js";
import { createViewMaker } from "../src/classification/view-threads.js";
import { makeViews, type ViewRecipe } from "../src/classification/views.js";
import { validateAnyConfig } from "../src/config.js";

const recipe: ViewRecipe = {
  shape: [8, 8, 1],
  augmentation: { flip: true, pad: 2, operations: undefined, count: 3, cutout: 0.5, order: "strong-first" },
  mean: [0.25],
  deviation: [0.5],
};
const pixels = (count: number): Uint8Array => Uint8Array.from({ length: 64 * count }, (_, i) => (i * 37) % 256);

test("a view is its image normalized, where nothing is changed", () => {
  const still = { ...recipe, augmentation: { ...recipe.augmentation, flip: false, pad: 0, count: 0, cutout: 0 } };
  for (const kind of ["weak", "strong"] as const) {
    const views = makeViews({ images: pixels(2), kind, random: createRandom(1).snapshot() }, still);
    for (const [i, value] of views.entries()) expect(value).toBeCloseTo((pixels(2)[i]! / 255 - 0.25) / 0.5, 6);
  }
});

test("views are drawn from the job's own stream, and stay within what pixels can be", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 1e6 }),
      fc.constantFrom("weak" as const, "strong" as const),
      fc.integer({ min: 1, max: 5 }),
      (seed, kind, count) => {
        const job = { images: pixels(count), kind, random: createRandom(seed).snapshot() };
        const views = makeViews(job, recipe);
        expect(views).toEqual(makeViews(job, recipe));
        expect(views).toHaveLength(64 * count);
        expect(views.every((value) => value >= -0.5 - 1e-6 && value <= 1.5 + 1e-6)).toBe(true);
      },
    ),
    { numRuns: 30 },
  );
});

test("a policy of CTAugment takes the place of RandAugment", () => {
  const still = { ...recipe, augmentation: { ...recipe.augmentation, flip: false, pad: 0 } };
  const [inverted, same] = [[{ operation: "Invert" as const, values: [1] }], []];
  const views = makeViews({ images: pixels(2), kind: "strong", random: createRandom(1).snapshot(), policies: [inverted, same] }, still);
  expect(views[5]).toBeCloseTo(((255 - pixels(2)[5]!) / 255 - 0.25) / 0.5, 6);
  expect(views[64 + 5]).toBeCloseTo((pixels(2)[64 + 5]! / 255 - 0.25) / 0.5, 6);
});

const script = fileURLToPath(new URL("../dist/view-worker.js", import.meta.url));
describe.runIf(existsSync(script))("threads (when the trainer is built)", () => {
  test("any number of them makes the same views, whatever order they finish in", async () => {
    const jobs = Array.from({ length: 12 }, (_, i) => ({
      images: pixels(1 + (i % 5)),
      kind: i % 2 ? ("weak" as const) : ("strong" as const),
      random: createRandom(i).snapshot(),
    }));
    const expected = jobs.map((job) => makeViews(job, recipe));
    for (const threads of [1, 3]) {
      const maker = createViewMaker(recipe, threads, script);
      expect(maker.threads).toBe(threads);
      expect(await Promise.all(jobs.map((job) => maker.make(job)))).toEqual(expected);
      await maker.close();
    }
  });

  test("a job that cannot be done fails, and so do those after it", async () => {
    const maker = createViewMaker({ ...recipe, deviation: [0] }, 1, script);
    const job = { images: pixels(1), kind: "weak" as const, random: createRandom(1).snapshot() };
    await expect(maker.make(job)).rejects.toThrow("deviation[0] is 0; expected a number above 0");
    await expect(maker.make(job)).rejects.toThrow();
    await maker.close();
  });
});

describe("batches", () => {
  const labels = Uint8Array.from({ length: 20 }, (_, i) => i % 2);
  const pool = imageSource({ images: pixels(20), shape: [20, 8, 8, 1], labels });
  const judging = { source: pool, indices: Int32Array.of() };
  const data: ClassificationData = {
    pool,
    labeled: Int32Array.of(3, 8),
    unlabeled: Int32Array.from({ length: 18 }, (_, i) => i + 2),
    validation: judging,
    test: judging,
    classes: 2,
    classNames: ["0", "1"],
    mean: [0],
    deviation: [1],
    close: () => {},
  };
  const config = (training: object = {}): ClassificationConfig =>
    validateAnyConfig(
      {
        task: "classification",
        method: "fixmatch",
        data: { path: "x", labeled: 2 },
        training: { steps: 9, labeledBatch: 3, unlabeledRatio: 20, ...training },
      },
      "test",
    ) as ClassificationConfig;
  const maker = (threads: number) => ({
    ...createViewMaker({ ...recipe, augmentation: { ...recipe.augmentation, flip: false } }, 0),
    threads,
  });
  const source = (threads = 0, ct?: ReturnType<typeof createCtAugment>) =>
    createBatchSource(config(), data, ["weak", "strong"], maker(threads), createRandom(4), ct);

  test("are functions of seed and step: made ahead, in any order, or after a restart", async () => {
    const inOrder = source();
    const expected: number[][] = [];
    for (let step = 0; step < 9; step++) expected.push(await digest(inOrder.next(step)));
    const ahead = source(2);
    for (let step = 0; step < 9; step++) expect(await digest(ahead.next(step))).toEqual(expected[step]);
    for (const step of [7, 2, 8]) expect(await digest(source().next(step))).toEqual(expected[step]);
  });

  test("hold labeled images with their labels, and unlabeled ones by their place in the pool", async () => {
    const { batch, indices, truth, probe } = await source().next(0);
    expect(batch.labeled.shape).toEqual([3, 8, 8, 1]);
    expect([batch.weak!.shape, batch.strong!.shape]).toEqual([
      [60, 8, 8, 1],
      [60, 8, 8, 1],
    ]);
    expect([...batch.labels.dataSync()].every((label) => label === 0 || label === 1)).toBe(true);
    // 60 draws from 18 images: three whole passes and a part of the fourth.
    const times = Array.from({ length: 18 }, (_, place) => indices.filter((index) => index === place).length);
    expect(new Set(times)).toEqual(new Set([3, 4]));
    expect([...truth]).toEqual([...indices].map((i) => labels[i + 2]));
    expect(probe).toBeUndefined();
    tf.dispose(Object.values(batch));
  });

  test("with CTAugment come with probes of the labeled images, and follow what has been learnt", async () => {
    const control = createCtAugment();
    const { batch, probe } = await source(2, control).next(0);
    expect([probe!.images.shape, probe!.policies.length]).toEqual([[3, 8, 8, 1], 3]);
    expect(probe!.labels).toEqual(batch.labels.dataSync());
    tf.dispose([...Object.values(batch), probe!.images]);
    const before = await digest(source(2, control).next(1));
    for (let i = 0; i < 400; i++) control.observe(control.probe(createRandom(i)), 0);
    expect(await digest(source(2, control).next(1))).not.toEqual(before);
  });

  async function digest(next: ReturnType<ReturnType<typeof source>["next"]>): Promise<number[]> {
    const { batch, indices, probe } = await next;
    const sums = Object.values(batch).map((tensor) =>
      Array.from(tensor.dataSync() as Float32Array).reduce((sum, value, i) => sum + value * (1 + (i % 97)), 0),
    );
    tf.dispose([...Object.values(batch), ...(probe ? [probe.images] : [])]);
    return [...sums, ...indices];
  }
});
