import { cpSync, existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { evaluateFroc, parseCandidates } from "@gleaner/froc";
import { loadCheckpoint, saveCheckpoint } from "@gleaner/training/node";
import { readLuna16 } from "@gleaner/volumes/node";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { evaluate } from "../src/run/evaluate.js";
import { runFiles } from "../src/run/run-folder.js";
import { startEngine } from "../src/run/start-engine.js";
import { train } from "../src/run/train.js";
import { callIn } from "./helpers.js";
import { makeTrainingSet } from "./training-set.js";

const silent = { write: () => true };
const io = { stdout: silent, stderr: silent, env: {}, signal: new AbortController().signal };
let set: Awaited<ReturnType<typeof makeTrainingSet>>;
let environment: Record<string, unknown>;
const detection = { scoreThreshold: 0, maxPerScan: 30 };
beforeAll(async () => {
  set = await makeTrainingSet();
  environment = await startEngine("wasm", io);
  await runOf("supervised", {});
});
afterAll(() => set.remove());

async function runOf(name: string, settings: Record<string, unknown>): Promise<string> {
  const run = set.at(name);
  await train(set.config({ detection, ...settings }), { run, preparedFolder: set.at("cache"), environment, source: "tiny.yaml" });
  return run;
}
const judge = (name: string, options: Partial<Parameters<typeof evaluate>[0]> = {}) =>
  evaluate({ run: set.at(name), preparedFolder: set.at("cache"), ...options });
const left = (name: string, file: string) => readFileSync(join(set.at(name), runFiles.evaluation, file), "utf8");

describe("the average of the weights and the student", () => {
  beforeAll(async () => {
    await judge("supervised");
  });

  test("the student is judged as the weights of the last step are: a run whose average they are has its numbers", async () => {
    cpSync(set.at("supervised"), set.at("swapped"), { recursive: true });
    const path = join(set.at("swapped"), runFiles.checkpoint);
    const { tensors, meta } = loadCheckpoint(path);
    const live = Object.entries(tensors).filter(([name]) => name.startsWith("model/"));
    const asAverage = Object.fromEntries(live.map(([name, tensor]) => [name.replace("model/", "ema/average/"), tensor]));
    expect(Object.keys(tensors)).toEqual(expect.arrayContaining(Object.keys(asAverage)));
    saveCheckpoint(path, { tensors: { ...tensors, ...asAverage }, meta });
    await judge("swapped");
    expect(left("swapped", "candidates.csv")).toBe(left("supervised", "student-candidates.csv"));
    expect(left("supervised", "candidates.csv")).not.toBe(left("supervised", "student-candidates.csv"));
    const { step: _, student, ...average } = JSON.parse(left("swapped", "froc.json"));
    expect(JSON.parse(left("supervised", "froc.json")).student).toEqual(average);
    expect(student).toEqual(average);
    expect(tf.memory().numTensors).toBe(0);
  });

  test("what is said of each is what its candidates are worth", () => {
    const froc = JSON.parse(left("supervised", "froc.json"));
    const [scan] = JSON.parse(readFileSync(join(set.at("supervised"), runFiles.split), "utf8")).test;
    const { annotations, excluded } = readLuna16(set.at("phantoms"));
    const ofScan = <T extends { scan: string }>(rows: readonly T[]): T[] => rows.filter((row) => row.scan === scan.id);
    for (const [file, judged] of [["candidates.csv", froc] as const, ["student-candidates.csv", froc.student] as const]) {
      const candidates = parseCandidates(left("supervised", file));
      const expected = evaluateFroc({ scans: [scan.id], findings: ofScan(annotations), excluded: ofScan(excluded), candidates });
      expect(judged).toMatchObject(JSON.parse(JSON.stringify(expected)));
      const { found, falsePositives } = judged.scores;
      const sum = (counts: number[]): number => counts.reduce((a, b) => a + b, 0);
      expect([sum(found), sum(falsePositives)]).toEqual([expected.truePositives, expected.falsePositives]);
    }
  });

  test("the average alone leaves nothing of a student, not even of an evaluation before", async () => {
    cpSync(set.at("supervised"), set.at("alone"), { recursive: true });
    const { student } = await judge("alone", { weights: "ema" });
    expect(student).toBeUndefined();
    expect(readdirSync(join(set.at("alone"), runFiles.evaluation)).sort()).toEqual(["candidates.csv", "froc.json", "slices.json"]);
    const { student: before, ...both } = JSON.parse(left("supervised", "froc.json"));
    expect(before).toBeDefined();
    expect(JSON.parse(left("alone", "froc.json"))).toEqual(both);
  });

  test("on the command line", async () => {
    const gleaner = (...argv: string[]) =>
      callIn({ GLEANER_CACHE: set.home }, "evaluate", set.at("supervised"), "--engine", "wasm", ...argv);
    const said = JSON.parse((await gleaner("--json")).stdout);
    expect(said.student.cpm).toEqual(JSON.parse(left("supervised", "froc.json")).student.cpm);
    expect(said).not.toHaveProperty("student.curve");
    const table = (await gleaner()).stdout.trimEnd().split("\n");
    expect(table.filter((line) => /^(sensitivity|of the student) /.test(line))).toHaveLength(2);
    expect(new Set(table.slice(1, 4).map((line) => line.length)).size).toBe(1);
    expect((await gleaner("--weights", "ema")).stdout).not.toContain("student");
    expect(existsSync(join(set.at("supervised"), runFiles.evaluation, "student-candidates.csv"))).toBe(false);
    const { code, stderr } = await gleaner("--weights", "live");
    expect(code).toBe(2);
    expect(stderr).toMatch(/^gleaner: --weights is "live"; expected .*both.*ema.*\n$/);
  });
});
