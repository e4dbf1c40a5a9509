import { cpSync, existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createRandom } from "@gleaner/training";
import { worldToVoxel } from "@gleaner/volumes";
import { readLuna16, readVolume } from "@gleaner/volumes/node";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Config } from "../src/config.js";
import { mixPatches } from "../src/run/batch-mixture.js";
import { createPatchBatches } from "../src/run/batches.js";
import { resolveSplit } from "../src/run/data-split.js";
import { evaluate } from "../src/run/evaluate.js";
import type { MixturePictures } from "../src/run/mixture-pictures.js";
import { createNetwork } from "../src/run/network.js";
import { makePatch } from "../src/run/patches.js";
import { grayPlane } from "../src/run/picture-planes.js";
import { createScanStore } from "../src/run/prepared-scans.js";
import { runFiles } from "../src/run/run-folder.js";
import { startEngine } from "../src/run/start-engine.js";
import type { TargetPictures } from "../src/run/target-pictures.js";
import { train } from "../src/run/train.js";
import { loadTrainedDetector } from "../src/run/trained-detector.js";
import { createTrainingState, restoreTrainingState } from "../src/run/training-state.js";
import { makeTrainingSet } from "./training-set.js";

const silent = { write: () => true };
const io = { stdout: silent, stderr: silent, env: {}, signal: new AbortController().signal };
let set: Awaited<ReturnType<typeof makeTrainingSet>>;
let environment: Record<string, unknown>;
const notes: string[] = [];
// Nothing is learnt in six steps: what counts as an object must be next to nothing.
const settings = { detection: { scoreThreshold: 0, maxPerScan: 10 }, objects: { threshold: 0.01 } };
const mixUp = { mixUp: "image+object", mixUpAlpha: 1, temperature: 0.5 };

beforeAll(async () => {
  set = await makeTrainingSet();
  environment = await startEngine("wasm", io);
  await runOf("focalmix", { method: "focalmix", focalmix: mixUp });
});
afterAll(() => set.remove());

async function runOf(name: string, values: Record<string, unknown>): Promise<Config> {
  const config = set.config({ ...settings, ...values });
  await train(config, { run: set.at(name), preparedFolder: set.at("cache"), environment, source: "tiny.yaml" });
  await evaluate({ run: set.at(name), preparedFolder: set.at("cache"), onNote: (note) => notes.push(note) });
  expect(tf.memory().numTensors).toBe(0);
  return config;
}
const path = (name: string, file: string) => join(set.at(name), runFiles.evaluation, file);
const targetsOf = (name: string): TargetPictures => JSON.parse(readFileSync(path(name, "targets.json"), "utf8"));
const mixturesOf = (name: string): MixturePictures => JSON.parse(readFileSync(path(name, "mixup.json"), "utf8"));
const bytes = (text: string): number[] => [...Buffer.from(text, "base64")];
/** Of the only unlabeled scan of the set, from its file. */
async function unlabeledScan() {
  const { unlabeled } = JSON.parse(readFileSync(join(set.at("focalmix"), runFiles.split), "utf8"));
  const findings = readLuna16(set.at("phantoms")).annotations.filter(({ scan }) => scan === unlabeled[0].id);
  return { id: unlabeled[0].id as string, path: unlabeled[0].path as string, volume: await readVolume(unlabeled[0].path), findings };
}

describe("targets.json", () => {
  test("shows slices of the unlabeled scans, with the nodules that lie on them", async () => {
    const { id, volume, findings } = await unlabeledScan();
    const { patches, method, views, temperature, step } = targetsOf("focalmix");
    expect([method, views, temperature, step]).toEqual(["focalmix", 2, 0.5, 6]);
    expect(patches.map(({ choice }) => choice)).toEqual(["confident", "random", "random", "random"]);
    for (const { scan, world, size, spacingMm, pixels, truth } of patches) {
      expect([scan, size, spacingMm]).toEqual([id, 16, 2]);
      const [z, middleY, middleX] = worldToVoxel(volume, world) as [number, number, number];
      const [y0, x0] = [middleY - 7.5, middleX - 7.5];
      const gray = Array.from({ length: size * size }, (_, i) => {
        const [y, x] = [y0 + Math.floor(i / size), x0 + (i % size)];
        const hu = volume.data[Math.round((z * volume.shape[1] + y) * volume.shape[2] + x)]!;
        return Math.round(255 * Math.max(0, Math.min(1, (hu + 1000) / 1400)));
      });
      for (const [i, value] of bytes(pixels).entries()) expect(Math.abs(value - gray[i]!)).toBeLessThanOrEqual(1);
      const onSlice = findings.filter((finding) => {
        const [fz, fy, fx] = worldToVoxel(volume, [finding.x, finding.y, finding.z]) as [number, number, number];
        const isIn = fy >= y0 - 0.5 && fy < y0 + 15.5 && fx >= x0 - 0.5 && fx < x0 + 15.5;
        return isIn && Math.abs(fz - z) <= finding.diameterMm / 2 / 2;
      });
      expect(truth).toHaveLength(onSlice.length);
    }
  });

  test("the target is the mean of the views, sharpened", () => {
    for (const { grid, mean, target } of targetsOf("focalmix").patches) {
      expect([grid, mean.length, target.length]).toEqual([[4, 4], 16, 16]);
      for (const [i, m] of mean.entries()) {
        expect(m > 0 && m < 1).toBe(true);
        expect(target[i]).toBeCloseTo(m ** 2 / (m ** 2 + (1 - m) ** 2), 3);
      }
    }
  });

  test("the first patch lies around the teacher's best mark, moved into the scan", async () => {
    const { id, path: file, volume } = await unlabeledScan();
    const teacher = loadTrainedDetector(set.at("focalmix"));
    const [best] = await teacher.detect({ id, volume: await readVolume(file) });
    teacher.dispose();
    const mark = worldToVoxel(volume, [best!.x, best!.y, best!.z]);
    const middle = worldToVoxel(volume, targetsOf("focalmix").patches[0]!.world);
    for (const axis of [1, 2]) {
      const inside = Math.max(7.5, Math.min(volume.shape[axis]! - 8.5, mark[axis]!));
      expect(Math.abs(middle[axis]! - inside)).toBeLessThanOrEqual(0.5 + 1e-6);
    }
  });

  test("a mean teacher's targets are hard, and of one view", async () => {
    await runOf("mean-teacher", { method: "mean-teacher" });
    const { views, temperature, patches } = targetsOf("mean-teacher");
    expect([views, temperature]).toEqual([1, null]);
    expect(new Set(patches.flatMap(({ target }) => target))).toEqual(new Set([0, 1]));
    expect(existsSync(path("mean-teacher", "mixup.json"))).toBe(false);
  });

  test("scans without an annotation have no truth; supervised runs have no targets", async () => {
    const { id } = await unlabeledScan();
    const [header, ...rows] = readFileSync(join(set.at("phantoms"), "annotations.csv"), "utf8")
      .trim()
      .split("\n") as [string, ...string[]];
    const annotations = set.at("blind.csv");
    writeFileSync(annotations, [header, ...rows.filter((row) => !row.startsWith(id))].join("\n"));
    await runOf("blind", { method: "focalmix", data: { annotations }, focalmix: { mixUp: "none" } });
    expect(targetsOf("blind").patches.map(({ truth }) => truth)).toEqual([null, null, null, null]);
    expect(existsSync(path("blind", "mixup.json"))).toBe(false);
    await runOf("supervised", {});
    expect(existsSync(path("supervised", "targets.json"))).toBe(false);
  });
});

describe("mixup.json", () => {
  test("the mixture is λ of the patch and 1 − λ of its partner", () => {
    const { alpha, patches, mixUp: kind } = mixturesOf("focalmix");
    expect([alpha, kind, patches.length]).toEqual([1, "image+object", 3]);
    for (const { lambda, before, other, mixed } of patches) {
      expect(lambda >= 0.5 && lambda <= 1).toBe(true);
      const [own, partner] = [bytes(before), bytes(other)];
      for (const [i, value] of bytes(mixed).entries())
        expect(Math.abs(value - (lambda * own[i]! + (1 - lambda) * partner[i]!))).toBeLessThan(1.01);
    }
  });

  test("outside of the boxes on the plane, objects change nothing", () => {
    const withObjects = mixturesOf("focalmix").patches.filter(({ objectsMixed }) => objectsMixed !== null);
    expect(withObjects.length).toBeGreaterThan(0);
    for (const { size, mixed, objectsMixed, objects } of withObjects) {
      expect(objects.length).toBeGreaterThan(0);
      const [without, with_] = [bytes(mixed), bytes(objectsMixed!)];
      for (let i = 0; i < size * size; i++) {
        const [y, x] = [Math.floor(i / size), i % size];
        const isInside = objects.some(({ box }) => box && x >= box[0] && x <= box[2] && y >= box[1] && y <= box[3]);
        if (!isInside) expect(with_[i]).toBe(without[i]);
      }
    }
  });

  test("is what training itself makes of its last batch with these weights", async () => {
    const config = JSON.parse(readFileSync(join(set.at("focalmix"), runFiles.config), "utf8")) as Config;
    const split = await resolveSplit(config, { folder: set.at("cache"), savedIn: set.at("focalmix") });
    const network = createNetwork(config, config.seed);
    const counts = { labeled: split.labeled.length, unlabeled: split.unlabeled.length };
    const fresh = createTrainingState(config, network.variables, counts);
    const state = restoreTrainingState(join(set.at("focalmix"), runFiles.checkpoint), config, fresh, counts);
    const size = config.training.patch;
    const { foreground, symmetries } = config.training;
    const { matching, preprocessing } = config;
    const recipe = {
      size,
      windowHu: preprocessing.windowHu,
      foreground,
      symmetries,
      anchors: network.anchorsOf([size, size, size]),
      matching,
    };
    const store = createScanStore(preprocessing, set.at("cache"));
    const random = createRandom(config.seed);
    const make = { threads: 0, make: (job: Parameters<typeof makePatch>[0]) => makePatch(job, recipe, store) };
    const patches = await createPatchBatches(config, split, make, random, { needsUnlabeled: () => true }).next(5);
    const { batch } = mixPatches(config, network, state, patches, 1, random.fork("mixture").fork(5));
    const voxels = batch.patches.dataSync<"float32">();
    tf.dispose(Object.values(batch));
    for (const part of [fresh.optimizer, fresh.ema, network.detector]) part.dispose();
    const planes = new Set<string>();
    const length = size ** 3;
    for (let i = 0; i < voxels.length / length; i++) {
      for (let z = 0; z < size; z++) planes.add(grayPlane(voxels.slice(i * length, (i + 1) * length), size, z));
    }
    for (const { mixed, objectsMixed } of mixturesOf("focalmix").patches) expect(planes.has(objectsMixed ?? mixed)).toBe(true);
  });
});

test("an unlabeled scan that is gone leaves the judgment whole, and a note", async () => {
  const { path: file } = await unlabeledScan();
  cpSync(set.at("focalmix"), set.at("gone"), { recursive: true });
  renameSync(file, `${file}.moved`);
  notes.length = 0;
  try {
    const { student } = await evaluate({ run: set.at("gone"), preparedFolder: set.at("cache"), onNote: (note) => notes.push(note) });
    expect(student).toBeDefined();
    expect(notes).toEqual([expect.stringMatching(/^no pictures of unlabeled patches: .*\.mhd/)]);
    expect([path("gone", "targets.json"), path("gone", "mixup.json")].map(existsSync)).toEqual([false, false]);
  } finally {
    renameSync(`${file}.moved`, file);
  }
  expect(tf.memory().numTensors).toBe(0);
});
