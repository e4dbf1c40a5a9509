// The share of its time that a training step of 100 ms waits for its patches: pnpm --filter @gleaner/trainer bench
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createRandom } from "@gleaner/training";
import { createVolume, voxelToWorld } from "@gleaner/volumes";
import { writeVolume } from "@gleaner/volumes/node";
import * as tf from "@tensorflow/tfjs";
import { expect, test } from "vitest";
import { type Config, validateConfig } from "../src/config.js";
import { createPatchBatches } from "../src/run/batches.js";
import { type DataSplit, resolveSplit } from "../src/run/data-split.js";
import { createNetwork } from "../src/run/network.js";
import { createPatchMaker, defaultPatchThreads } from "../src/run/patch-threads.js";
import { prepareScans } from "../src/run/prepare-scans.js";

// The thread's built script; build the trainer first.
const script = fileURLToPath(new URL("../dist/patch-worker.js", import.meta.url));
/** Before those that are measured, without an engine: the threads start, and what fits into memory comes there, once in a run. */
const warmUpSteps = 25;
const steps = warmUpSteps + 40;
const stepMs = 100;

/** Holds this thread as an engine does: one on a graphics card leaves the processors alone, one on the processor takes this thread's. */
const engines = {
  "on a graphics card": () => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, stepMs),
  "on this thread": () => {
    for (const start = performance.now(); performance.now() - start < stepMs; );
  },
};

async function measure(config: Config, split: DataSplit, folder: string, memoryBytes: number, engine: () => void) {
  const { patch: size, foreground, symmetries } = config.training;
  const network = createNetwork(config, 0);
  const { windowHu } = config.preprocessing;
  const maker = createPatchMaker(
    {
      patches: { size, windowHu, foreground, symmetries, anchors: network.anchorsOf([size, size, size]), matching: config.matching },
      preprocessing: config.preprocessing,
      preparedFolder: folder,
      memoryBytes,
    },
    defaultPatchThreads(),
    script,
  );
  network.detector.dispose();
  const batches = createPatchBatches(config, split, maker, createRandom(0), { needsUnlabeled: () => true });
  let [waited, stacking, started, cpu] = [0, 0, 0, process.cpuUsage()];
  for (let step = 0; step < steps; step++) {
    if (step === warmUpSteps) [waited, stacking, started, cpu] = [0, 0, performance.now(), process.cpuUsage()];
    const asked = performance.now();
    const batch = await batches.next(step);
    waited += batch.waited;
    stacking += (performance.now() - asked) / 1000 - batch.waited;
    if (step >= warmUpSteps) engine();
    tf.dispose([...Object.values(batch.labeled), batch.unlabeled!]);
  }
  const seconds = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  await maker.close();
  const percent = (share: number): string => `${((100 * share) / seconds).toFixed(1)} %`;
  return {
    waited: percent(waited),
    "tensors made": percent(stacking),
    "processor time a step": `${Math.round((user + system) / 1000 / (steps - warmUpSteps))} ms`,
  };
}

/** Scans as large as lungs are at the default spacing, of lung with the noise of a scanner (which is what makes chunks slow to unpack), a nodule in each. */
async function writeScans(folder: string, count: number): Promise<void> {
  const random = createRandom(1);
  const shape = [200, 190, 250] as const;
  const rows = ["seriesuid,coordX,coordY,coordZ,diameter_mm"];
  for (let i = 0; i < count; i++) {
    const data = new Int16Array(shape[0] * shape[1] * shape[2]).map(() => Math.round(-850 + 60 * (random() + random() + random() - 1.5)));
    const volume = createVolume({ data, shape, spacingMm: [1.5, 1.5, 1.5] });
    await writeVolume(join(folder, `1.2.${i}.mhd`), volume, { compressed: false });
    rows.push([`1.2.${i}`, ...voxelToWorld(volume, [50 + 7 * i, 90, 100]), 8].join());
  }
  writeFileSync(join(folder, "annotations.csv"), `${rows.join("\n")}\n`);
}

test(`a step of ${stepMs} ms with ${defaultPatchThreads()} thread(s) on ${availableParallelism()} processors, 8 labeled and 8 unlabeled patches`, async () => {
  expect(existsSync(script), "the trainer is built").toBe(true);
  const home = mkdtempSync(join(tmpdir(), "loader-"));
  try {
    await tf.setBackend("cpu");
    await writeScans(home, 12);
    const configOf = (patch: number): Config =>
      validateConfig(
        {
          method: "focalmix",
          data: { root: home, labeled: 4, unlabeled: 8 },
          preprocessing: { lungMask: false },
          training: { steps, patch },
        },
        "bench",
      );
    const split = await resolveSplit(configOf(32), { folder: join(home, "prepared") });
    const settings = configOf(32).preprocessing;
    const { failed } = await prepareScans([...split.labeled, ...split.unlabeled], { settings, folder: join(home, "prepared") });
    expect(failed).toEqual([]);
    for (const patch of [32, 64]) {
      for (const [where, engine] of Object.entries(engines)) {
        for (const [scans, bytes] of [
          ["in memory", 2 ** 31],
          ["read again for each patch", 1],
        ] as const) {
          const row = await measure(configOf(patch), split, join(home, "prepared"), bytes, engine);
          console.log(`patches of ${patch}³, engine ${where}, scans ${scans}:`, JSON.stringify(row));
        }
      }
    }
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}, 600_000);
