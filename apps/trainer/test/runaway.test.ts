import { join } from "node:path";
import { readEventLog } from "@gleaner/training/node";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runFiles } from "../src/run/run-folder.js";
import { runawayAbove, watchPseudoPositives } from "../src/run/runaway-guard.js";
import { train } from "../src/run/train.js";
import { makeTrainingSet } from "./training-set.js";
import { startWasm } from "./wasm-engine.js";

let set: Awaited<ReturnType<typeof makeTrainingSet>>;
let environment: Record<string, unknown>;
beforeAll(async () => {
  set = await makeTrainingSet();
  environment = await startWasm();
});
afterAll(() => set.remove());

test("the guard looks at means of 50 steps and speaks once, when the mean first passes 1.2", () => {
  const seen = { highest: 0, recent: [] as number[] };
  const speaks = (values: number[]): number[] => values.flatMap((value, i) => (watchPseudoPositives(seen, value) ? [i] : []));
  expect(runawayAbove).toBe(1.2);
  // A single wild step, or 49 of them, are no mean of 50.
  expect(speaks([60, ...new Array<number>(48).fill(0)])).toEqual([]);
  expect(speaks([0])).toEqual([]);
  expect(seen.highest).toBeCloseTo(1.2, 10);
  expect(speaks(new Array<number>(50).fill(1.19))).toEqual([]);
  // (45 · 1.19 + 5 · 1.3) / 50 is the first mean above 1.2.
  expect(speaks(new Array<number>(60).fill(1.3))).toEqual([4]);
  expect(seen.highest).toBeCloseTo(1.3, 9);
});

test("a teacher that takes everything for an object is noted once, in the log and to the caller, naming step and value", async () => {
  const notes: string[] = [];
  // An untrained network says 0.01 everywhere: with a threshold below it every anchor becomes a pseudo-positive.
  const config = set.config({
    method: "mean-teacher",
    training: { steps: 56, checkpointEvery: 100, learningRate: 1e-6 },
    meanTeacher: { supervisedUntil: 0, rampOver: 0 },
    objects: { threshold: 0.005 },
  });
  const run = set.at("runs-away");
  const result = await train(config, { run, preparedFolder: set.at("cache"), environment, onNote: (text) => notes.push(text) });
  expect(result.highestPseudoPositives).toBeGreaterThan(runawayAbove);
  const warnings = notes.filter((note) => note.includes("pseudo-positives"));
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toMatch(/^step 50: \d+\.\d\d confident pseudo-positives an unlabeled patch \(mean of 50 steps, more than 1\.2\)/);
  const logged = readEventLog(join(run, runFiles.events)).filter(({ kind }) => kind === "warning");
  expect(logged).toEqual([expect.objectContaining({ step: 50, text: warnings[0] })]);
});
