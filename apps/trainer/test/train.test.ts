import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { loadCheckpoint, readEventLog, saveCheckpoint } from "@gleaner/training/node";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Config } from "../src/config.js";
import { runFiles } from "../src/run/run-folder.js";
import { startEngine } from "../src/run/start-engine.js";
import { type StepEvent, type TrainOptions, train } from "../src/run/train.js";
import { makeTrainingSet } from "./training-set.js";

const silent = { write: () => true };
const io = { stdout: silent, stderr: silent, env: {}, signal: new AbortController().signal };
let set: Awaited<ReturnType<typeof makeTrainingSet>>;
let environment: Record<string, unknown>;
beforeAll(async () => {
  set = await makeTrainingSet();
  environment = await startEngine("wasm", io);
});
afterAll(() => set.remove());

const start = (config: Config, run: string, options: Partial<TrainOptions> = {}) =>
  train(config, { run: set.at(run), preparedFolder: set.at("cache"), environment, source: "tiny.yaml", ...options });
const eventsOf = (run: string) => readEventLog(join(set.at(run), runFiles.events)) as unknown as StepEvent[];
const withoutTime = (run: string) => eventsOf(run).map(({ seconds: _, waited: __, ...event }) => event);
const checkpointOf = (run: string) => readFileSync(join(set.at(run), runFiles.checkpoint));
const complaint = async (work: Promise<unknown>): Promise<{ exitCode: unknown; message: string }> => {
  try {
    await work;
  } catch (error) {
    const { exitCode, tag, message } = error as Error & { exitCode?: number; tag?: string };
    expect(message).not.toContain("\n");
    return { exitCode: exitCode ?? (tag === undefined ? undefined : 2), message: message.replaceAll(set.home, "~") };
  }
  throw new Error("nothing was wrong");
};

describe("train", () => {
  test("logs each step once, and leaves what resuming, detection and the report need", async () => {
    const seen: number[] = [];
    const result = await start(set.config(), "first", { onStep: ({ step }, total) => seen.push(step / total) });
    expect(result).toMatchObject({ run: set.at("first"), method: "supervised", steps: 6, stopped: false, highestPseudoPositives: 0 });
    expect(seen).toEqual([1, 2, 3, 4, 5, 6].map((step) => step / 6));
    const events = eventsOf("first");
    expect(events.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(events.at(-1)!.loss).toBe(result.lastLoss);
    const sum = (name: "seconds" | "waited") => events.reduce((all, event) => all + event[name], 0);
    expect(result.waited).toBeCloseTo(sum("waited") / sum("seconds"), 10);
    expect(result.waited > 0 && result.waited < 1).toBe(true);
    for (const event of events) {
      expect(event).toMatchObject({ kind: "step", unlabeled: 0, unlabeledWeight: 0, pseudoPositives: 0 });
      for (const name of ["loss", "classification", "box", "learningRate", "gradientNorm", "seconds"] as const)
        expect(event[name]).toBeGreaterThan(0);
      expect(event.loss).toBeCloseTo(event.classification + 0.5 * event.box, 4);
    }
    expect(readdirSync(set.at("first")).sort()).toEqual([...Object.values(runFiles)].filter((name) => name !== "evaluation").sort());
    expect(JSON.parse(readFileSync(join(set.at("first"), runFiles.environment), "utf8"))).toMatchObject({
      engine: "wasm",
      threads: expect.any(Number),
    });
    const split = JSON.parse(readFileSync(join(set.at("first"), runFiles.split), "utf8")) as Record<string, { path: string }[]>;
    expect([split["labeled"]!.length, split["unlabeled"]!.length, split["test"]!.length]).toEqual([2, 1, 1]);
    expect(existsSync(split["labeled"]![0]!.path)).toBe(true);
    expect(loadCheckpoint(join(set.at("first"), runFiles.checkpoint)).meta).toMatchObject({ step: 6 });
    expect(tf.memory().numTensors).toBe(0);
  });

  test("is the same for the same seed, and another for another one", async () => {
    await start(set.config(), "same");
    expect(checkpointOf("same").equals(checkpointOf("first"))).toBe(true);
    await start(set.config({ seed: 1 }), "other");
    expect(checkpointOf("other").equals(checkpointOf("first"))).toBe(false);
  });

  test("the learning rate rises, then falls to almost nothing", async () => {
    await start(set.config({ training: { steps: 12, warmUp: 0.25, checkpointEvery: 50 } }), "rate");
    const rates = eventsOf("rate").map(({ learningRate }) => learningRate);
    expect(rates.indexOf(Math.max(...rates))).toBe(3);
    expect(Math.max(...rates)).toBeLessThanOrEqual(2e-3);
    expect(rates.at(-1)).toBeLessThan(0.05 * Math.max(...rates));
    expect(rates[0]).toBeGreaterThan(0);
  });

  test("FocalMix begins supervised, then raises the weight of the unlabeled patches", async () => {
    const { highestPseudoPositives } = await start(
      set.config({
        method: "focalmix",
        training: { steps: 10 },
        focalmix: { supervisedUntil: 0.3, rampOver: 0.4, unlabeledWeight: 8, teacher: "live" },
      }),
      "weights",
    );
    const events = eventsOf("weights");
    expect(events.map(({ unlabeledWeight }) => unlabeledWeight)).toEqual([0, 0, 0, 0, 2, 4, 6, 8, 8, 8]);
    for (const { loss, classification, box, unlabeled, unlabeledWeight, meanTarget } of events) {
      expect(loss).toBeCloseTo(classification + 0.5 * box + unlabeledWeight * unlabeled, 3);
      expect(unlabeled > 0).toBe(unlabeledWeight > 0);
      expect(meanTarget > 0 && meanTarget < 1).toBe(unlabeledWeight > 0);
    }
    expect(highestPseudoPositives).toBe(0);
    expect(tf.memory().numTensors).toBe(0);
  });

  test("a mean teacher learns from what it is confident of, and flexible thresholds are logged", async () => {
    const objects = { threshold: 0.0095, floor: 0.009, thresholds: "flexible", bandsMm: [9] };
    await start(
      set.config({ method: "mean-teacher", training: { steps: 8 }, meanTeacher: { supervisedUntil: 0.25, rampOver: 0 }, objects }),
      "mean-teacher",
    );
    const events = eventsOf("mean-teacher");
    expect(events.map(({ unlabeledWeight }) => unlabeledWeight)).toEqual([0, 0, 0, 1, 1, 1, 1, 1]);
    const used = events.slice(3);
    expect(used.every(({ thresholds }) => thresholds!.length === 2 && thresholds!.every((t) => t >= 0.009 && t <= 0.0095))).toBe(true);
    // Before anything is known the curriculum asks for nothing, and the floor holds.
    expect(used[0]!.thresholds).toEqual([0.009, 0.009]);
    expect(used.some(({ objects: found, pseudoPositives }) => found! > 0 && pseudoPositives > 0)).toBe(true);
    expect(tf.memory().numTensors).toBe(0);
  });

  test("the loss falls on an easy set", async () => {
    await start(set.config({ training: { steps: 80, labeledBatch: 4, learningRate: 0.01, checkpointEvery: 100 } }), "falls");
    const losses = eventsOf("falls").map(({ loss }) => loss);
    const mean = (values: number[]): number => values.reduce((a, b) => a + b) / values.length;
    expect(mean(losses.slice(-8))).toBeLessThan(0.6 * mean(losses.slice(0, 8)));
  });
});

describe.each([
  { name: "supervised", method: "supervised", training: {} },
  { name: "focalmix", method: "focalmix", training: {} },
  { name: "hard-examples", method: "focalmix", training: { hardExamples: 0.5, steps: 10 } },
  // Of an untrained network every prediction is near 0.01: some count as objects, and thresholds move.
  {
    name: "objects",
    method: "focalmix",
    training: { intensity: 0.5 },
    more: { focalmix: { mixUp: "image+object", boxes: true }, objects: { threshold: 0.0095, floor: 0.009, thresholds: "flexible" } },
  },
  {
    name: "mean-teacher",
    method: "mean-teacher",
    training: {},
    more: { meanTeacher: { supervisedUntil: 0.2, rampOver: 0 }, objects: { threshold: 0.0095, floor: 0.009, thresholds: "flexible" } },
  },
] as const)(
  "a run of $name that was stopped and resumed equals the one that was not, to the bit",
  ({ name, method, training, ...rest }) => {
    const config = () => set.config({ method, training: { steps: 7, ...training }, ...("more" in rest ? rest.more : {}) });
    beforeAll(async () => {
      await start(config(), `${name}-whole`);
    });
    const expectSame = (run: string): void => {
      expect(withoutTime(run)).toEqual(withoutTime(`${name}-whole`));
      expect(checkpointOf(run).equals(checkpointOf(`${name}-whole`))).toBe(true);
    };

    test("stopped by a signal between two checkpoints", async () => {
      const run = `${name}-stopped`;
      const stop = new AbortController();
      const stopped = await start(config(), run, { signal: stop.signal, onStep: ({ step }) => step === 3 && stop.abort() });
      expect(stopped).toMatchObject({ steps: 3, stopped: true });
      expect(eventsOf(run)).toHaveLength(3);
      expect(await start(config(), run, { resume: true })).toMatchObject({ steps: config().training.steps, stopped: false });
      expectSame(run);
    });

    test("killed after its checkpoint, in the middle of a line", async () => {
      const run = `${name}-killed`;
      // The folder as it is at step 5 is what a kill would leave: the checkpoint is of step 4.
      const copy = ({ step }: StepEvent): void => {
        if (step === 5) cpSync(set.at(`${name}-alive`), set.at(run), { recursive: true });
      };
      await start(config(), `${name}-alive`, { onStep: copy });
      writeFileSync(
        join(set.at(run), runFiles.events),
        `${readFileSync(join(set.at(run), runFiles.events), "utf8")}{"kind":"step","step":6,"lo`,
      );
      expect(loadCheckpoint(join(set.at(run), runFiles.checkpoint)).meta).toMatchObject({ step: 4 });
      await start(config(), run, { resume: true });
      expectSame(run);
    });

    test("killed before its first checkpoint, it begins anew", async () => {
      const run = `${name}-early`;
      await start(config(), `${name}-alive-too`, {
        onStep: ({ step }) => void (step === 1 && cpSync(set.at(`${name}-alive-too`), set.at(run), { recursive: true })),
      });
      expect(existsSync(join(set.at(run), runFiles.checkpoint))).toBe(false);
      await start(config(), run);
      expectSame(run);
    });

    test("done already", async () => {
      await start(config(), `${name}-whole`, { resume: true });
      expect(eventsOf(`${name}-whole`)).toHaveLength(config().training.steps);
    });
  },
);

test("hard examples change the batches once something is known of the scans, and are a part of the checkpoint", async () => {
  const training = { steps: 10, labeledBatch: 1, checkpointEvery: 50 };
  await start(set.config({ training }), "all-alike");
  await start(set.config({ training: { ...training, hardExamples: 1 } }), "hard-ones");
  const losses = (run: string) => eventsOf(run).map(({ loss }) => loss);
  expect(losses("hard-ones").slice(0, 5)).toEqual(losses("all-alike").slice(0, 5));
  expect(losses("hard-ones")).not.toEqual(losses("all-alike"));
  const { hardExamples } = loadCheckpoint(join(set.at("hard-ones"), runFiles.checkpoint)).meta as {
    hardExamples: { steps: number; losses: number[]; counts: number[] };
  };
  expect(hardExamples.steps).toBe(10);
  expect(hardExamples.counts.reduce((a, b) => a + b)).toBe(10);
  // With one patch a step the loss of the patch is that of the step.
  expect(Math.min(...hardExamples.losses)).toBeGreaterThanOrEqual(Math.min(...losses("hard-ones")) - 1e-5);
  expect(Math.max(...hardExamples.losses)).toBeLessThanOrEqual(Math.max(...losses("hard-ones")) + 1e-5);
  expect(tf.memory().numTensors).toBe(0);
});

describe("train refuses in one sentence", () => {
  beforeAll(async () => {
    await start(set.config(), "used");
  });

  test("a folder in use", async () => {
    expect(await complaint(start(set.config(), "used"))).toEqual({
      exitCode: 2,
      message: "~/used holds a run already; expected a new folder, or --resume to go on with it",
    });
    expect(await complaint(start(set.config(), "phantoms"))).toEqual({
      exitCode: 2,
      message: "~/phantoms holds annotations.csv, which is no part of a run; expected a new or empty folder",
    });
    writeFileSync(set.at("file"), "");
    expect((await complaint(start(set.config(), "file"))).message).toBe("~/file is a file; expected a folder for the run");
  });

  test("to resume what is not there, or is of other settings", async () => {
    expect(await complaint(start(set.config(), "nothing", { resume: true }))).toEqual({
      exitCode: 2,
      message: "~/nothing/checkpoint.safetensors does not exist; expected the checkpoint of a run to resume",
    });
    expect(existsSync(set.at("nothing"))).toBe(false);
    const before = checkpointOf("used");
    expect(await complaint(start(set.config({ training: { steps: 9 } }), "used", { resume: true }))).toEqual({
      exitCode: 2,
      message: "~/used/config.json: training.steps is 9 now and was 6; expected the settings that the run was started with",
    });
    expect((await complaint(start(set.config({ network: { channels: [8, 8] } }), "used", { resume: true }))).message).toContain(
      "network.channels is [8,8] now and was [4,8]",
    );
    expect(checkpointOf("used").equals(before)).toBe(true);
  });

  test("to resume from a broken checkpoint, and leaves it and the log as they are", async () => {
    const broken = (name: string, bytes: Uint8Array): string => {
      cpSync(set.at("used"), set.at(name), { recursive: true });
      writeFileSync(join(set.at(name), runFiles.checkpoint), bytes);
      return name;
    };
    const whole = checkpointOf("used");
    const noise = new Uint8Array(5000).map((_, i) => (i * 37) % 251);
    const cases = { cut: whole.subarray(0, whole.length - 100), head: whole.subarray(0, 5), empty: new Uint8Array(), noise };
    for (const [name, bytes] of Object.entries(cases)) {
      const found = await complaint(start(set.config(), broken(name, bytes), { resume: true }));
      expect(found.exitCode).toBe(2);
      expect(found.message).toMatch(new RegExp(`^~/${name}/checkpoint\\.safetensors: `));
      expect(eventsOf(name)).toHaveLength(6);
    }
    const { tensors } = loadCheckpoint(join(set.at("used"), runFiles.checkpoint));
    saveCheckpoint(join(set.at(broken("bare", whole)), runFiles.checkpoint), { tensors, meta: {} });
    expect((await complaint(start(set.config(), "bare", { resume: true }))).message).toBe(
      "~/bare/checkpoint.safetensors holds no state to resume from; expected a checkpoint of `gleaner train`",
    );
    const hard = set.config({ training: { hardExamples: 0.5 } });
    await start(hard, "hard");
    const { meta } = loadCheckpoint(join(set.at("hard"), runFiles.checkpoint));
    saveCheckpoint(join(set.at("hard"), runFiles.checkpoint), { tensors, meta: { ...(meta as object), hardExamples: { losses: [] } } });
    expect(await complaint(start(hard, "hard", { resume: true }))).toEqual({
      exitCode: 2,
      message: `~/hard/checkpoint.safetensors does not fit its run: the hard examples are {"losses":[]}; expected a snapshot of 2 scans`,
    });
    await start(set.config({ network: { channels: [8, 8] } }), "wide");
    const found = await complaint(start(set.config(), broken("foreign", checkpointOf("wide")), { resume: true }));
    expect(found).toMatchObject({ exitCode: 2 });
    expect(found.message).toMatch(
      /^~\/foreign\/checkpoint\.safetensors does not fit the network of its configuration: the tensor stage1_\S+ is float32 \[/,
    );
    expect(tf.memory().numTensors).toBe(0);
  });

  test("FocalMix without unlabeled scans", async () => {
    expect(await complaint(start(set.config({ method: "focalmix", data: { unlabeled: 0 } }), "alone"))).toEqual({
      exitCode: 2,
      message: "tiny.yaml: data.unlabeled names no scan; expected at least one for the method focalmix",
    });
  });

  test("nodules outside of their scans; a few are noted and left out", async () => {
    const table = readFileSync(join(set.at("phantoms"), "annotations.csv"), "utf8");
    const [header, ...rows] = table.trim().split("\n") as [string, ...string[]];
    const far = (row: string): string => row.replace(/,[^,]+/, ",5000");
    const annotations = set.at("far.csv");
    writeFileSync(annotations, [header, ...rows.map(far)].join("\n"));
    const found = await complaint(start(set.config({ data: { annotations } }), "far"));
    expect(found).toEqual({
      exitCode: 2,
      message: expect.stringMatching(
        /^~\/far\.csv: every nodule lies outside of its scan, such as the one at 5000, .* mm of 2\.25\.\d+; expected world/,
      ),
    });
    const { labeled } = JSON.parse(readFileSync(join(set.at("used"), runFiles.split), "utf8")) as { labeled: { id: string }[] };
    const lost = rows.findIndex((row) => row.startsWith(labeled[0]!.id));
    writeFileSync(annotations, [header, ...rows.map((row, i) => (i === lost ? far(row) : row))].join("\n"));
    const notes: string[] = [];
    await start(set.config({ data: { annotations }, training: { steps: 1 } }), "one-far", { onNote: (note) => notes.push(note) });
    expect(notes).toEqual([expect.stringMatching(/^1 of \d nodules lie outside of the scans .* are left out, such as the one at 5000, /)]);
  });

  test("a loss that is no number, and keeps the last good checkpoint", async () => {
    // A weight that nobody would give: the unlabeled loss overflows when it sets in, after 5 of 10 steps.
    const focalmix = { supervisedUntil: 0.5, unlabeledWeight: 1e38 };
    const config = set.config({ method: "focalmix", training: { steps: 10, checkpointEvery: 1 }, focalmix });
    const { exitCode, message } = await complaint(start(config, "diverged"));
    expect(exitCode).toBe(1);
    expect(message).toMatch(
      /^~\/diverged: the (loss|norm of the gradient) is (NaN|Infinity|-Infinity) at step \d+; expected a number \(a lower training\.learningRate may help\)$/,
    );
    const { tensors, meta } = loadCheckpoint(join(set.at("diverged"), runFiles.checkpoint));
    expect(meta).toMatchObject({ step: eventsOf("diverged").length });
    for (const { data } of Object.values(tensors)) expect(Array.from(data as Float32Array).every(Number.isFinite)).toBe(true);
    expect(tf.memory().numTensors).toBe(0);
  });

  test("a folder that cannot be made", async () => {
    mkdirSync(set.at("plain"), { recursive: true });
    writeFileSync(join(set.at("plain"), "file"), "");
    await expect(start(set.config(), "plain/file/run")).rejects.toThrow(/file/);
  });
});
