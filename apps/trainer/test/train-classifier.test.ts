import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeIdx } from "@gleaner/images/node";
import { loadCheckpoint, readEventLog } from "@gleaner/training/node";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { evaluateClassifier } from "../src/classification/evaluate.js";
import type { ClassificationEvent, ClassificationStepEvent, CurriculumEvent, EvaluationEvent } from "../src/classification/events.js";
import { type ClassificationConfig, methodNames, usesUnlabeled } from "../src/classification/schema.js";
import { type TrainClassifierOptions, trainClassifier } from "../src/classification/train.js";
import { bestCheckpoint, runFiles } from "../src/run/run-folder.js";
import { startEngine } from "../src/run/start-engine.js";
import { makeImageSet } from "./image-set.js";

const silent = { write: () => true };
const io = { stdout: silent, stderr: silent, env: {}, signal: new AbortController().signal };
let set: ReturnType<typeof makeImageSet>;
let environment: Record<string, unknown>;
beforeAll(async () => {
  set = makeImageSet();
  environment = await startEngine("wasm", io);
});
afterAll(() => set.remove());

const start = (config: ClassificationConfig, run: string, options: Partial<TrainClassifierOptions> = {}) =>
  trainClassifier(config, { run: set.at(run), environment, source: "tiny.yaml", ...options });
const eventsOf = (run: string) => readEventLog(join(set.at(run), runFiles.events)) as unknown as ClassificationEvent[];
const stepsOf = (run: string) => eventsOf(run).filter((event): event is ClassificationStepEvent => event.kind === "step");
const checkpointOf = (run: string) => readFileSync(join(set.at(run), runFiles.checkpoint));
const withoutTime = (run: string) =>
  eventsOf(run).map((event) => {
    const { seconds: _, waited: __, ...rest } = event as ClassificationStepEvent;
    return rest;
  });
const complaint = async (work: () => Promise<unknown>): Promise<{ exitCode: unknown; message: string }> => {
  try {
    await work();
  } catch (error) {
    const { exitCode, message } = error as Error & { exitCode?: number };
    expect(message).not.toContain("\n");
    return { exitCode, message: message.replaceAll(set.home, "~") };
  }
  throw new Error("nothing was wrong");
};

describe("trainClassifier", () => {
  test.each(methodNames)("%s: logs each step, and leaves what resuming, evaluation and the report need", async (method) => {
    const result = await start(set.config({ method }), method);
    expect(result).toMatchObject({ task: "classification", method, steps: 6, stopped: false, error: { on: "test" } });
    const steps = stepsOf(method);
    expect(steps.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6]);
    for (const event of steps) {
      expect(event.loss).toBeCloseTo(event.supervised + event.unsupervisedWeight * event.unsupervised, 4);
      expect(event.maskRate === null).toBe(!usesUnlabeled(method));
      if (event.maskRate !== null) expect(event.maskRate).toBeGreaterThanOrEqual(event.confidentRate! - 1e-9);
    }
    if (method.startsWith("flex")) expect(steps[0]!.maskRate).toBe(1);
    const evaluations = eventsOf(method).filter((event): event is EvaluationEvent => event.kind === "evaluation");
    expect(evaluations.map(({ step, on, images }) => [step, on, images])).toEqual([
      [3, "test", 30],
      [6, "test", 30],
    ]);
    const curricula = eventsOf(method).filter((event): event is CurriculumEvent => event.kind === "curriculum");
    expect(curricula.length > 0).toBe(method.startsWith("flex"));
    expect(readdirSync(set.at(method)).sort()).toEqual([...Object.values(runFiles)].filter((name) => name !== "evaluation").sort());
    const split = JSON.parse(readFileSync(join(set.at(method), runFiles.split), "utf8")) as { labeled: number[] };
    expect(split.labeled).toHaveLength(method === "full" ? 0 : 6);
    expect(tf.memory().numTensors).toBe(0);

    const { last, selected, classNames } = await evaluateClassifier(set.at(method));
    expect(last.error).toBeCloseTo(evaluations[1]!.error, 10);
    expect(last.step).toBe(6);
    expect(last.confusion.flat().reduce((a, b) => a + b)).toBe(30);
    expect([selected, classNames]).toEqual([null, ["0", "1", "2"]]);
    expect(tf.memory().numTensors).toBe(0);
  });

  test("is the same for the same seed, and another for another one", async () => {
    await start(set.config(), "same");
    expect(checkpointOf("same").equals(checkpointOf("flexmatch"))).toBe(true);
    await start(set.config({ seed: 1 }), "other");
    expect(checkpointOf("other").equals(checkpointOf("flexmatch"))).toBe(false);
  });

  test("learns an easy set from six labels", async () => {
    await start(set.config({ training: { steps: 60 }, evaluation: { every: 60 } }), "learns");
    expect((await evaluateClassifier(set.at("learns"))).last.error).toBeLessThan(0.2);
  });

  test("a long run logs means of several steps, the first alone", async () => {
    const steps = 20_000;
    const stop = new AbortController();
    await start(set.config({ method: "supervised", training: { steps, checkpointEvery: steps } }), "long", {
      signal: stop.signal,
      onStep: (done) => done === 7 && stop.abort(),
    });
    expect(stepsOf("long").map(({ step }) => step)).toEqual([1, 2, 4, 6]);
  });
});

describe("the validation protocol", () => {
  test("never looks at the test images, keeps the best weights, and both are judged", async () => {
    await start(set.config({ data: { validation: 9 }, evaluation: { protocol: "validation", every: 2 } }), "validated");
    const evaluations = eventsOf("validated").filter((event): event is EvaluationEvent => event.kind === "evaluation");
    expect(evaluations.map(({ on, images }) => [on, images])).toEqual(Array(3).fill(["validation", 9]));
    const best = evaluations.reduce((a, b) => (b.error < a.error ? b : a));
    expect(loadCheckpoint(join(set.at("validated"), bestCheckpoint)).meta).toMatchObject({
      step: best.step,
      best: { step: best.step, error: best.error },
    });
    const { last, selected } = await evaluateClassifier(set.at("validated"));
    expect([last.step, selected!.step]).toEqual([6, best.step]);
  });

  test("without validation images nothing is looked at, and there is one judgment", async () => {
    const { error } = await start(set.config({ evaluation: { protocol: "validation" } }), "unseen");
    expect(error).toBeNull();
    expect(existsSync(join(set.at("unseen"), bestCheckpoint))).toBe(false);
    expect((await evaluateClassifier(set.at("unseen"))).selected).toBeNull();
  });

  test("no image is in two parts", async () => {
    await start(set.config({ data: { validation: 9, test: 12 } }), "parts");
    const split = JSON.parse(readFileSync(join(set.at("parts"), runFiles.split), "utf8")) as Record<
      "labeled" | "validation" | "test" | "unlabeled",
      number[]
    >;
    const held = [...split.validation, ...split.test];
    expect(new Set(held).size).toBe(21);
    expect(split.unlabeled).toHaveLength(60 - 21);
    expect(split.unlabeled.some((index) => held.includes(index))).toBe(false);
    expect(split.labeled.every((index) => split.unlabeled.includes(index))).toBe(true);
  });
});

describe.each([
  { name: "flexmatch", values: { method: "flexmatch" } },
  { name: "uda with TSA and alignment", values: { method: "uda", semi: { tsa: "linear", distributionAlignment: true } } },
  { name: "flex-pl, drawn with replacement", values: { method: "flex-pl", data: { sampling: "replacement" } } },
  { name: "fixmatch with CTAugment", values: { method: "fixmatch", augmentation: { strong: "ctaugment" } } },
])("$name: a run that was stopped at any step and resumed equals the one that was not, to the bit", ({ name, values }) => {
  const id = name.replaceAll(" ", "-");
  beforeAll(async () => {
    await start(
      set.config({
        ...values,
        data: { validation: 9, ...(values as { data?: object }).data },
        evaluation: { protocol: "validation", every: 2 },
      }),
      `${id}-whole`,
    );
  });
  test.each([1, 3, 4, 5])("after step %i", async (at) => {
    const run = `${id}-${at}`;
    const config = set.config({
      ...values,
      data: { validation: 9, ...(values as { data?: object }).data },
      evaluation: { protocol: "validation", every: 2 },
    });
    const stop = new AbortController();
    const first = await start(config, run, { signal: stop.signal, onStep: (done) => done === at && stop.abort() });
    expect([first.stopped, first.steps]).toEqual([true, at]);
    const second = await start(config, run, { resume: true });
    expect([second.stopped, second.steps]).toEqual([false, 6]);
    expect(withoutTime(run)).toEqual(withoutTime(`${id}-whole`));
    expect(checkpointOf(run).equals(checkpointOf(`${id}-whole`))).toBe(true);
    expect(tf.memory().numTensors).toBe(0);
  });
});

describe("refuses in one sentence", () => {
  test.each<[string, Record<string, unknown>, string]>([
    [
      "labels that the classes do not share",
      { data: { labeled: 7 } },
      "tiny.yaml: data: labeled must be a multiple of the 3 classes, got 7",
    ],
    ["more labels than there are", { data: { labeled: 300 } }, "tiny.yaml: data: class 0 has 20 images where 100 are to be labeled"],
    [
      "a test set larger than the set",
      { data: { test: 100 } },
      "tiny.yaml: data: validation must be at most the 60 images with a label, got 100",
    ],
    [
      "a normalization of other channels",
      { preprocessing: { mean: [0, 0, 0] } },
      "tiny.yaml: preprocessing.mean has 3 numbers; expected 1, one for each channel of ~/set",
    ],
  ])("%s", async (_, values, message) => {
    expect(await complaint(() => start(set.config(values), "refused"))).toEqual({ exitCode: 2, message });
    expect(existsSync(set.at("refused"))).toBe(false);
    expect(tf.memory().numTensors).toBe(0);
  });

  test.each<[Record<string, unknown>, string]>([
    [{ method: "mixmatch" }, `tiny.yaml: method is "mixmatch"; expected ${methodNames.join(" or ")}`],
    [
      { data: { labeled: undefined } },
      "tiny.yaml: data.labeled is missing; expected how many images keep their labels, for the method flexmatch",
    ],
    [{ network: { kind: "wide-resnet", depth: 30 } }, "tiny.yaml: network.depth is 30; expected 10, 16, 22, 28 … (6n + 4)"],
    [{ semi: { treshold: 1 } }, "tiny.yaml: semi.treshold is no setting; expected one of threshold"],
    [{ augmentation: { operations: ["Blur"] } }, 'tiny.yaml: augmentation.operations[0] is "Blur"; expected AutoContrast or'],
  ])("%o", (values, message) => {
    expect(() => set.config(values)).toThrow(message);
  });

  test("a run that goes on with other settings or another set", async () => {
    await start(set.config({ training: { steps: 2 } }), "goes-on");
    expect(
      await complaint(() => start(set.config({ training: { steps: 2 }, semi: { threshold: 0.9 } }), "goes-on", { resume: true })),
    ).toMatchObject({
      exitCode: 2,
      message: expect.stringContaining("semi.threshold is 0.9 now and was 0.95"),
    });
    const other = makeImageSet();
    writeIdx(join(other.folder, "train-labels-idx1-ubyte.gz"), {
      shape: [60],
      data: Uint8Array.from({ length: 60 }, (_, i) => (i + 1) % 3),
    });
    const moved = { ...set.config({ training: { steps: 2 } }) };
    // The same place, other labels: what a set that was replaced looks like.
    const path = set.at("moved");
    await start({ ...moved, data: { ...moved.data, path: other.folder } }, "moved");
    writeIdx(join(other.folder, "train-labels-idx1-ubyte.gz"), {
      shape: [60],
      data: Uint8Array.from({ length: 60 }, (_, i) => (i + 2) % 3),
    });
    expect(
      await complaint(() => start({ ...moved, data: { ...moved.data, path: other.folder } }, "moved", { resume: true })),
    ).toMatchObject({
      exitCode: 2,
      message: expect.stringContaining("is not the set that"),
    });
    expect(existsSync(path)).toBe(true);
    other.remove();
  });

  test("a checkpoint of something else", async () => {
    await start(set.config({ training: { steps: 2 } }), "foreign");
    writeFileSync(join(set.at("foreign"), runFiles.checkpoint), "no checkpoint");
    expect((await complaint(() => start(set.config({ training: { steps: 2 } }), "foreign", { resume: true }))).message).toContain(
      "checkpoint.safetensors",
    );
    expect(tf.memory().numTensors).toBe(0);
  });
});
