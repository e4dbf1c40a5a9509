import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { createRandom } from "@gleaner/training";
import * as tf from "@tensorflow/tfjs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createPatchBatches, type PatchBatchOptions } from "../src/run/batches.js";
import { type DataSplit, resolveSplit } from "../src/run/data-split.js";
import { createNetwork } from "../src/run/network.js";
import { createPatchMaker, type PatchMaker } from "../src/run/patch-threads.js";
import { makeTrainingSet } from "./training-set.js";

const script = fileURLToPath(new URL("../dist/patch-worker.js", import.meta.url));
let set: Awaited<ReturnType<typeof makeTrainingSet>>;
let split: DataSplit;
let maker: PatchMaker;
const config = () => set.config({ method: "focalmix", training: { steps: 9, labeledBatch: 3, unlabeledBatch: 2, hardExamples: 0.5 } });
const openMaker = (threads: number, change = {}): PatchMaker => {
  const { training, matching, preprocessing } = config();
  const network = createNetwork(config(), 0);
  const size = training.patch;
  const patches = {
    size,
    windowHu: preprocessing.windowHu,
    foreground: training.foreground,
    symmetries: training.symmetries,
    anchors: network.anchorsOf([size, size, size]),
    matching,
    ...change,
  };
  network.detector.dispose();
  return createPatchMaker({ patches, preprocessing, preparedFolder: set.at("cache") }, threads, script);
};
beforeAll(async () => {
  await tf.setBackend("cpu");
  set = await makeTrainingSet();
  split = await resolveSplit(config(), { folder: set.at("cache") });
  maker = openMaker(0);
});
afterAll(() => set.remove());

const source = (from: Pick<PatchMaker, "make" | "threads">, options: Partial<PatchBatchOptions> = {}, seed = 4) =>
  createPatchBatches(config(), split, from, createRandom(seed), { needsUnlabeled: (step) => step >= 2, ...options });
type Source = ReturnType<typeof source>;

/** All there is of a batch, as plain numbers. */
async function read(next: ReturnType<Source["next"]>) {
  const { labeled, unlabeled, places } = await next;
  const values = Object.values(labeled).map((tensor) => [...tensor.dataSync()]);
  const found = { values, unlabeled: unlabeled ? [...unlabeled.dataSync()] : undefined, places: [...places] };
  tf.dispose([...Object.values(labeled), ...(unlabeled ? [unlabeled] : [])]);
  return found;
}
async function readAll(batches: Source) {
  const all: Awaited<ReturnType<typeof read>>[] = [];
  for (let step = 0; step < 9; step++) all.push(await read(batches.next(step)));
  return all;
}

describe("batches of patches", () => {
  test("are functions of seed and step: made ahead, in any order, or after a restart", async () => {
    const expected = await readAll(source(maker));
    expect(await readAll(source({ ...maker, threads: 2 }))).toEqual(expected);
    for (const step of [7, 2, 8]) expect(await read(source(maker).next(step))).toEqual(expected[step]);
    expect(new Set(expected.map((batch) => JSON.stringify(batch.values[0]))).size).toBe(9);
    expect(await readAll(source(maker, {}, 5))).not.toEqual(expected);
    expect(tf.memory().numTensors).toBe(0);
  });

  test("hold unlabeled patches where they are needed, and visit every labeled scan equally often", async () => {
    const all = await readAll(source(maker));
    expect(all.map(({ unlabeled }) => unlabeled?.length)).toEqual([undefined, undefined, ...Array(7).fill(2 * 16 ** 3)]);
    const places = all.flatMap((batch) => batch.places);
    expect(places).toHaveLength(27);
    for (let at = 0; at + 1 < places.length; at += 2) expect(places.slice(at, at + 2).sort()).toEqual([0, 1]);
  });

  test("take the chosen share of the labeled patches from the hard scans", async () => {
    const steps = 300;
    const labels = Array.from({ length: 10 }, (_, i) => ({ ...split.labeled[i % 2]!, id: `${i}` }));
    const made = {
      voxels: new Float32Array(16 ** 3),
      targets: (await maker.make({ scan: split.labeled[0]!, random: createRandom(0).snapshot(), findings: [] })).targets!,
    };
    const settings = config();
    settings.training = { ...settings.training, steps, labeledBatch: 4 };
    const batches = createPatchBatches(settings, { ...split, labeled: labels }, { threads: 0, make: async () => made }, createRandom(1), {
      needsUnlabeled: () => false,
      hardExamples: { forStep: (step) => (step < 100 ? [] : [3, 7]) },
    });
    const counts = { before: 0, after: 0 };
    for (let step = 0; step < steps; step++) {
      const { places, labeled } = await batches.next(step);
      counts[step < 100 ? "before" : "after"] += places.filter((place) => place === 3 || place === 7).length;
      tf.dispose(Object.values(labeled));
    }
    // 2 of 10 scans: 20 % of 400 patches, and 60 % of 800 (binomial: 480 ± 3 × 14).
    expect(counts.before).toBe(80);
    expect(Math.abs(counts.after - 480)).toBeLessThan(42);
  });

  test("say how long they were waited for, and fail when they are asked for, not before", async () => {
    const slow = source({ ...maker, threads: 1, make: (job) => new Promise((done) => setTimeout(() => done(maker.make(job)), 60)) });
    const { waited, labeled } = await slow.next(0);
    expect(waited).toBeGreaterThan(0.05);
    tf.dispose(Object.values(labeled));
    const broken = source({
      threads: 1,
      make: async (job) => {
        if (!job.findings) throw new Error("no such scan");
        return maker.make(job);
      },
    });
    await read(broken.next(0));
    await read(broken.next(1));
    await expect(broken.next(2)).rejects.toThrow("no such scan");
  });
});

describe.runIf(existsSync(script))("threads that make patches (when the trainer is built)", () => {
  test("any number of them gives the same batches as this thread alone", async () => {
    const expected = await readAll(source(maker));
    for (const threads of [1, 3]) {
      const other = openMaker(threads);
      expect(other.threads).toBe(threads);
      expect(await readAll(source(other))).toEqual(expected);
      await other.close();
    }
  });

  test("say in one sentence what is wrong with a scan, and go on with the others", async () => {
    const other = openMaker(1);
    const random = createRandom(0).snapshot();
    const missing = other.make({ scan: { id: "x", path: set.at("no.mhd") }, random });
    await expect(missing).rejects.toMatchObject({ exitCode: 2, message: expect.stringContaining("no.mhd") });
    expect((await other.make({ scan: split.labeled[0]!, random })).voxels).toHaveLength(16 ** 3);
    await other.close();
  });
});
