import { spawn } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { makeTrainingSet, tinySettings } from "./training-set.js";

const bin = fileURLToPath(new URL("../bin/gleaner.js", import.meta.url));
const built = existsSync(fileURLToPath(new URL("../dist/patch-worker.js", import.meta.url)));

describe.runIf(built)("training a detector as a process (runs when the trainer is built)", () => {
  let set: Awaited<ReturnType<typeof makeTrainingSet>>;
  beforeAll(async () => {
    set = await makeTrainingSet();
    for (const threads of [0, 2]) {
      // Two engines share the steps, whatever the machine has.
      const training = { steps: 40, checkpointEvery: 7, hardExamples: 0.5, threads, workers: 2 };
      writeFileSync(set.at(`${threads}.yaml`), stringify(tinySettings({ method: "focalmix", training })));
    }
  });
  afterAll(() => set.remove());

  const start = (threads: number, run: string, ...more: string[]) => {
    // On WASM, whose sums do not depend on what else the machine does.
    const words = ["train", set.at(`${threads}.yaml`), "--out", set.at(run), "--engine", "wasm", ...more];
    const child = spawn(process.execPath, [bin, ...words], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, GLEANER_CACHE: set.at("cache") },
    });
    const out = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const) child[name].on("data", (chunk) => void (out[name] += chunk));
    return {
      child,
      ended: new Promise<{ code: number | null } & typeof out>((done) => child.on("close", (code) => done({ code, ...out }))),
    };
  };
  const log = (run: string) =>
    readFileSync(set.at(`${run}/events.jsonl`), "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => ({ ...JSON.parse(line), seconds: 0, waited: 0 }));

  test("a run with threads that was killed outright and resumed equals one without threads that was not, to the bit", async () => {
    const whole = await start(0, "whole", "--json").ended;
    expect(whole.code, whole.stderr).toBe(0);
    const { waited } = JSON.parse(whole.stdout) as { waited: number };
    expect(waited > 0 && waited < 1).toBe(true);

    const { child, ended } = start(2, "killed");
    const events = set.at("killed/events.jsonl");
    const isFar = () => existsSync(events) && readFileSync(events, "utf8").includes('"step":24,');
    while (child.exitCode === null && !isFar()) await new Promise((done) => setTimeout(done, 2));
    child.kill("SIGKILL");
    expect((await ended).code).toBeNull();
    const again = await start(2, "killed", "--resume").ended;
    expect(again.code, again.stderr).toBe(0);
    const checkpoint = (run: string) => readFileSync(set.at(`${run}/checkpoint.safetensors`));
    expect(checkpoint("killed").equals(checkpoint("whole"))).toBe(true);
    expect(log("killed")).toEqual(log("whole"));
  });
});
