import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readEventLog } from "@gleaner/training/node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Config } from "../src/config.js";
import { runFiles } from "../src/run/run-folder.js";
import { type StepEvent, type TrainOptions, train } from "../src/run/train.js";
import { makeTrainingSet } from "./training-set.js";
import { startWasm } from "./wasm-engine.js";

const engineScript = fileURLToPath(new URL("../dist/engine-worker.js", import.meta.url));

describe.runIf(existsSync(engineScript))("training on several engines (runs when the trainer is built)", () => {
  let set: Awaited<ReturnType<typeof makeTrainingSet>>;
  let environment: Record<string, unknown>;
  beforeAll(async () => {
    set = await makeTrainingSet();
    environment = await startWasm();
  });
  afterAll(() => set.remove());

  const configOf = (workers: number): Config =>
    set.config({ method: "focalmix", training: { steps: 5, workers, labeledBatch: 3, unlabeledBatch: 2, hardExamples: 0.5 } });
  const start = (workers: number, run: string, options: Partial<TrainOptions> = {}) =>
    train(configOf(workers), {
      run: set.at(run),
      preparedFolder: set.at("cache"),
      environment,
      source: "tiny.yaml",
      engineScript,
      ...options,
    });
  const eventsOf = (run: string) => readEventLog(join(set.at(run), runFiles.events)) as unknown as StepEvent[];
  const checkpointOf = (run: string) => readFileSync(join(set.at(run), runFiles.checkpoint));

  test("learns what one engine does, is stopped and resumed to the bit, and survives an engine that dies", async () => {
    await start(1, "one");
    await start(2, "two");
    const losses = (run: string) => eventsOf(run).map(({ loss }) => loss);
    for (const [i, loss] of losses("two").entries()) expect(Math.abs(loss / losses("one")[i]! - 1)).toBeLessThan(1e-4);
    const workersOf = (run: string) => JSON.parse(readFileSync(join(set.at(run), runFiles.environment), "utf8")).workers;
    expect([workersOf("one"), workersOf("two")]).toEqual([1, 2]);

    const stop = new AbortController();
    await start(2, "stopped", { signal: stop.signal, onStep: ({ step }) => step === 3 && stop.abort() });
    const saved = checkpointOf("stopped");
    const dying = set.at("dying.mjs");
    writeFileSync(
      dying,
      `import { parentPort } from "node:worker_threads";
       parentPort.on("message", ({ kind }) => (kind === "open" ? parentPort.postMessage({ kind: "ready" }) : process.exit(3)));`,
    );
    await expect(start(2, "stopped", { resume: true, engineScript: dying })).rejects.toMatchObject({
      exitCode: 1,
      message:
        "an engine beside the training stopped (replica 1 failed: its thread ended with code 3); the last checkpoint is whole, --resume goes on from it",
    });
    expect(checkpointOf("stopped").equals(saved)).toBe(true);
    await start(2, "stopped", { resume: true });
    expect(checkpointOf("stopped").equals(checkpointOf("two"))).toBe(true);
    expect(losses("stopped")).toEqual(losses("two"));
  });
});
