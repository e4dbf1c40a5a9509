import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { ClassificationBatch, ClassificationStatistics } from "@gleaner/methods";
import { createRandom } from "@gleaner/training";
import { readEventLog } from "@gleaner/training/node";
import * as tf from "@tensorflow/tfjs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createClassifierEngines, openClassifierThreads } from "../src/classification/classifier-engines.js";
import { openClassificationData } from "../src/classification/data.js";
import type { ClassificationEvent } from "../src/classification/events.js";
import { createMethod } from "../src/classification/method.js";
import { createClassifier } from "../src/classification/network.js";
import type { ClassificationConfig } from "../src/classification/schema.js";
import { type TrainClassifierOptions, trainClassifier } from "../src/classification/train.js";
import { runFiles } from "../src/run/run-folder.js";
import { makeImageSet } from "./image-set.js";
import { startWasm } from "./wasm-engine.js";

const engineScript = fileURLToPath(new URL("../dist/classifier-engine-worker.js", import.meta.url));
const shape = [8, 8, 1] as const;
const [classes, labeled, unlabeled] = [3, 4, 9];

/** The largest difference in parts of the largest number. */
const apart = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  expect(a.length).toBe(b.length);
  const numbers = Array.from(a, (value, i) => [Math.abs(value - b[i]!), Math.abs(value)] as const);
  return Math.max(...numbers.map(([d]) => d)) / Math.max(1e-6, ...numbers.map(([, v]) => v));
};

describe.runIf(existsSync(engineScript))("a classifier on several engines (runs when the trainer is built)", () => {
  let set: ReturnType<typeof makeImageSet>;
  let environment: Record<string, unknown>;
  beforeAll(async () => {
    set = makeImageSet();
    environment = await startWasm();
  });
  afterAll(() => set.remove());

  /** Two steps with the same weights, the second with what the method remembers of the first. */
  async function compute(values: Record<string, unknown>, workers: number) {
    const config = set.config({ ...values, training: { labeledBatch: labeled, workers, steps: 10 } });
    const data = await openClassificationData(config, "tiny.yaml");
    const threads = openClassifierThreads(config, { shape, classes }, engineScript);
    const classifier = createClassifier(config, shape, classes, threads.sumAcross);
    const engines = await createClassifierEngines(classifier, threads);
    const method = createMethod(config, data);
    const random = createRandom(7);
    // The strong views are darker and the labeled images brighter, so that no share has the statistics of the whole.
    const drawn = (count: number, offset: number) =>
      tf.tensor(
        Float32Array.from({ length: count * 64 }, () => random() + offset),
        [count, ...shape],
      );
    const found: { gradients: Record<string, Float32Array>; statistics: ClassificationStatistics }[] = [];
    try {
      expect(engines.count).toBe(workers);
      for (const step of [0, 1]) {
        const batch: ClassificationBatch = {
          labeled: drawn(labeled, 1),
          labels: tf.tensor1d([0, 1, 2, 0], "int32"),
          weak: drawn(unlabeled, 0),
          strong: drawn(unlabeled, -2),
        };
        const { value, gradients, loss } = await engines.gradients(method, batch, step);
        const statistics = await method.observe(
          loss,
          Array.from({ length: unlabeled }, (_, i) => i),
        );
        found.push({
          gradients: Object.fromEntries(
            Object.entries(gradients).map(([name, gradient]) => [name, gradient.dataSync<"float32">().slice()]),
          ),
          statistics,
        });
        tf.dispose([value, ...Object.values(gradients), ...Object.values(batch)]);
      }
      const running = Object.entries(classifier.variables)
        .filter(([name]) => name.includes("moving_"))
        .map(([, variable]) => variable.dataSync<"float32">().slice());
      return { found, running, remembered: method.snapshot() };
    } finally {
      await engines.close();
      classifier.dispose();
      data.close();
    }
  }

  const wideResNet = { network: { kind: "wide-resnet", depth: 10, widen: 1 } };
  test.each([
    { name: "flexmatch", values: { method: "flexmatch", semi: { threshold: 0.3 } }, workers: [2, 4] },
    { name: "flexmatch, Wide ResNet", values: { method: "flexmatch", semi: { threshold: 0.3 }, ...wideResNet }, workers: [2] },
    {
      name: "uda with TSA and aligned distributions",
      values: { method: "uda", semi: { threshold: 0.3, tsa: "linear", distributionAlignment: true } },
      workers: [3],
    },
    {
      name: "flex-pl, whose unlabeled images have a pass of their own",
      values: { method: "flex-pl", semi: { threshold: 0.3 } },
      workers: [3],
    },
    { name: "supervised", values: { method: "supervised" }, workers: [2] },
  ])("$name: gradients, statistics and what is remembered are those of one engine, to float32's rounding", async ({ values, workers }) => {
    const alone = await compute(values, 1);
    for (const count of workers) {
      const shared = await compute(values, count);
      for (const [step, { gradients, statistics }] of shared.found.entries()) {
        const one = alone.found[step]!;
        expect(Object.keys(gradients)).toEqual(Object.keys(one.gradients));
        const largest = Math.max(...Object.values(one.gradients).flatMap((gradient) => Array.from(gradient, Math.abs)));
        // A bias before a normalization has no gradient but rounding: nothing is compared with less than a hundredth of the largest.
        for (const [name, gradient] of Object.entries(gradients)) {
          const scale = Math.max(1e-2 * largest, ...Array.from(one.gradients[name]!, Math.abs));
          expect(Math.max(...gradient.map((value, i) => Math.abs(value - one.gradients[name]![i]!))) / scale, name).toBeLessThan(1e-5);
        }
        for (const [name, value] of Object.entries(statistics)) {
          const expected = one.statistics[name as keyof ClassificationStatistics];
          if (Number.isNaN(expected)) expect(value, name).toBeNaN();
          else expect(value, name).toBeCloseTo(expected, 5);
        }
      }
      for (const [i, values] of shared.running.entries()) expect(apart(values, alone.running[i]!)).toBeLessThan(1e-5);
      expect(shared.remembered.curriculum).toEqual(alone.remembered.curriculum);
      if (alone.remembered.meanPrediction)
        expect(apart(shared.remembered.meanPrediction!, alone.remembered.meanPrediction)).toBeLessThan(1e-5);
    }
  });

  const configOf = (workers: number): ClassificationConfig => set.config({ training: { workers }, semi: { threshold: 0.4 } });
  const start = (workers: number, run: string, options: Partial<TrainClassifierOptions> = {}) =>
    trainClassifier(configOf(workers), { run: set.at(run), environment, source: "tiny.yaml", engineScript, ...options });
  const checkpointOf = (run: string) => readFileSync(join(set.at(run), runFiles.checkpoint));
  const lossesOf = (run: string) =>
    (readEventLog(join(set.at(run), runFiles.events)) as unknown as ClassificationEvent[]).flatMap((event) =>
      event.kind === "step" ? [event.loss] : [],
    );
  const curriculaOf = (run: string) => readEventLog(join(set.at(run), runFiles.events)).filter(({ kind }) => kind === "curriculum");

  test("a run learns what one engine does, and stopped and resumed equals itself to the bit", async () => {
    await start(1, "one");
    await start(2, "two");
    expect(lossesOf("two")).toHaveLength(6);
    for (const [i, loss] of lossesOf("two").entries()) expect(Math.abs(loss / lossesOf("one")[i]! - 1)).toBeLessThan(1e-4);
    expect(curriculaOf("two")).toEqual(curriculaOf("one"));
    const workersOf = (run: string) => JSON.parse(readFileSync(join(set.at(run), runFiles.environment), "utf8")).workers;
    expect([workersOf("one"), workersOf("two")]).toEqual([1, 2]);

    const stop = new AbortController();
    await start(2, "stopped", { signal: stop.signal, onStep: (done) => done === 3 && stop.abort() });
    await start(2, "stopped", { resume: true });
    expect(checkpointOf("stopped").equals(checkpointOf("two"))).toBe(true);
    expect(lossesOf("stopped")).toEqual(lossesOf("two"));
  });

  test.each([
    ["its thread ended with code 3", "process.exit(3)"],
    ["no room for the weights", 'Atomics.load = () => { throw new RangeError("no room for the weights"); }'],
    ["no room for the statistics", 'Float32Array.of = () => { throw new RangeError("no room for the statistics"); }'],
  ])("an engine that fails in a step ends the run with one sentence and leaves its checkpoint: %s", async (reason, fault) => {
    const run = reason.replaceAll(" ", "-");
    const stop = new AbortController();
    await start(3, run, { signal: stop.signal, onStep: (done) => done === 2 && stop.abort() });
    const saved = checkpointOf(run);
    const script = set.at(`${run}.mjs`);
    writeFileSync(
      script,
      `import { parentPort } from "node:worker_threads";
       await import(${JSON.stringify(pathToFileURL(engineScript).href)});
       parentPort.on("message", ({ kind }) => { if (kind === "task") ${fault}; });`,
    );
    // The third engine waits for the statistics when the second one fails, and is ended with the run.
    await expect(start(3, run, { resume: true, engineScript: script })).rejects.toMatchObject({
      exitCode: 1,
      message: `an engine beside the training stopped (replica 1 failed: ${reason}); the last checkpoint is whole, --resume goes on from it`,
    });
    expect(checkpointOf(run).equals(saved)).toBe(true);
  });

  test("an engine that does not start is told before the run begins", async () => {
    const script = set.at("no-engine.mjs");
    writeFileSync(
      script,
      `import { parentPort } from "node:worker_threads";
       parentPort.on("message", () => parentPort.postMessage({ kind: "failed", text: "no engine here" }));`,
    );
    await expect(start(2, "not-started", { engineScript: script })).rejects.toMatchObject({
      exitCode: 1,
      message: "an engine beside the training did not start (replica 1 failed: no engine here); training.workers: 1 does without",
    });
    expect(existsSync(set.at("not-started"))).toBe(false);
  });
});
