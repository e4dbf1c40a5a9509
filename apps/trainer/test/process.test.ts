import { spawn } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readLuna16 } from "@gleaner/volumes/node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { makeImageSet } from "./image-set.js";
import { makeTrainingSet, tinySettings } from "./training-set.js";

const bin = fileURLToPath(new URL("../bin/gleaner.js", import.meta.url));
const built = existsSync(fileURLToPath(new URL("../dist/cli.js", import.meta.url)));

// In a process of its own, because libraries write to its standard error past every stream that a test could give.
describe.runIf(built)("the command as a process, on the fastest engine here (runs when the trainer is built)", () => {
  let set: Awaited<ReturnType<typeof makeTrainingSet>>;
  beforeAll(async () => {
    set = await makeTrainingSet();
    writeFileSync(set.at("tiny.yaml"), stringify(tinySettings()));
    writeFileSync(set.at("long.yaml"), stringify(tinySettings({ training: { steps: 1e6, checkpointEvery: 1e6 } })));
  });
  afterAll(() => set.remove());

  const start = (...argv: string[]) => {
    const child = spawn(process.execPath, [bin, ...argv], { stdio: ["ignore", "pipe", "pipe"] });
    const out = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const) {
      child[name].on("data", (chunk) => {
        out[name] += chunk;
      });
    }
    return {
      child,
      ended: new Promise<{ code: number | null; stdout: string; stderr: string }>((done) =>
        child.on("close", (code) => done({ code, ...out })),
      ),
    };
  };

  test("with --json standard output is one document, and standard error has nothing but our own lines", async () => {
    const run = set.at("run");
    const scan = readLuna16(set.at("phantoms")).scans[0]!.path;
    const calls = [
      ["train", set.at("tiny.yaml"), "--out", run],
      ["detect", run, scan, "--out", set.at("candidates.csv")],
      ["evaluate", run],
      ["backend"],
      ["prepare", set.at("tiny.yaml")],
      ["report", run, "--out", set.at("report.html")],
      ["inspect", scan],
    ];
    for (const call of calls) {
      const { code, stdout, stderr } = await start(...call, "--json").ended;
      expect(code, stderr).toBe(0);
      expect(JSON.parse(stdout), call[0]).toBeTypeOf("object");
      // An engine, progress and notes; no advice and no log of a library.
      for (const line of stderr.split("\n").filter(Boolean)) expect(line).toMatch(/^(engine|prepare|supervised|detect|evaluate|note)\b.*/);
    }
  });

  test.runIf(process.platform !== "win32")("Ctrl-C saves what was learnt, and the run goes on from there", async () => {
    const run = set.at("stopped");
    const { child, ended } = start("train", set.at("long.yaml"), "--out", run);
    const events = join(run, "events.jsonl");
    while (child.exitCode === null && !(existsSync(events) && readFileSync(events, "utf8").includes("\n")))
      await new Promise((done) => setTimeout(done, 50));
    child.kill("SIGINT");
    const { code, stdout, stderr } = await ended;
    expect(code, stderr).toBe(130);
    expect(stdout).toBe("");
    const steps = Number(/stopped after (\d+) of 1000000 steps, all saved; add --resume to go on\n/.exec(stderr)?.[1]);
    expect(readFileSync(events, "utf8").trimEnd().split("\n")).toHaveLength(steps);
    expect(existsSync(join(run, "checkpoint.safetensors"))).toBe(true);

    const again = start("train", set.at("long.yaml"), "--out", run, "--resume");
    while (again.child.exitCode === null && readFileSync(events, "utf8").trimEnd().split("\n").length <= steps)
      await new Promise((done) => setTimeout(done, 50));
    again.child.kill("SIGINT");
    expect((await again.ended).code).toBe(130);
  });

  describe("of a classifier", () => {
    let images: ReturnType<typeof makeImageSet>;
    beforeAll(() => {
      images = makeImageSet();
      const whole = { training: { steps: 60, checkpointEvery: 7 }, evaluation: { every: 20 } };
      writeFileSync(images.at("tiny.yaml"), stringify(images.settings(whole)));
    });
    afterAll(() => images.remove());

    test("with --json standard output is one document, and standard error has nothing but our own lines", async () => {
      const run = images.at("run");
      const calls = [
        ["train", images.at("tiny.yaml"), "--out", run],
        ["evaluate", run],
        ["report", run, "--out", images.at("report.html")],
        ["images", "describe", images.folder],
      ];
      for (const call of calls) {
        const { code, stdout, stderr } = await start(...call, "--json").ended;
        expect(code, stderr).toBe(0);
        expect(JSON.parse(stdout), call[0]).toBeTypeOf("object");
        for (const line of stderr.split("\n").filter(Boolean)) expect(line).toMatch(/^(engine|flexmatch|note)\b.*/);
      }
    });

    test("runs of a table share the processors, and a part that fails says why", async () => {
      const digits = images.at("digits.csv");
      writeFileSync(
        digits,
        `${Array.from({ length: 560 }, (_, i) => [...Array.from({ length: 64 }, (_, p) => (p * i) % 17), i % 10].join(",")).join("\n")}\n`,
      );
      const words = [
        "reproduce",
        "digits",
        "--data",
        digits,
        "--methods",
        "supervised",
        "--seeds",
        "2",
        "--steps",
        "2",
        "--engine",
        "wasm",
        "--parallel",
        "2",
      ];
      const { code, stdout, stderr } = await start(...words, "--out", images.at("table"), "--json").ended;
      expect(code, stderr).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({ rows: [{ method: "supervised", seeds: [0, 1] }] });
      for (const part of [1, 2]) expect(stderr).toContain(`${part}: run 1 of 1: 10-labels/supervised/seed${part - 1} starts\n`);
      const failed = await start(...words, "--labels", "7", "--out", images.at("failed")).ended;
      expect(failed.code).toBe(1);
      expect(failed.stderr.trimEnd().split("\n").at(-1)).toContain("labeled must be a multiple of the 10 classes, got 7");
    });

    test("a run that was killed outright goes on from its checkpoint and equals the one that was not, to the bit", async () => {
      // On WASM, whose sums do not depend on what else the machine does; views are made in threads.
      const words = (run: string, ...more: string[]) => [
        "train",
        images.at("tiny.yaml"),
        "--out",
        images.at(run),
        "--engine",
        "wasm",
        ...more,
      ];
      expect((await start(...words("whole")).ended).code).toBe(0);
      const { child, ended } = start(...words("killed"));
      const events = images.at("killed/events.jsonl");
      const isFar = () => existsSync(events) && readFileSync(events, "utf8").includes('"step":23,');
      while (child.exitCode === null && !isFar()) await new Promise((done) => setTimeout(done, 2));
      child.kill("SIGKILL");
      await ended;
      expect((await start(...words("killed", "--resume")).ended).code).toBe(0);
      const checkpoint = (run: string) => readFileSync(images.at(`${run}/checkpoint.safetensors`));
      expect(checkpoint("killed").equals(checkpoint("whole"))).toBe(true);
      const log = (run: string) =>
        readFileSync(images.at(`${run}/events.jsonl`), "utf8")
          .trimEnd()
          .split("\n")
          .map((line) => ({ ...JSON.parse(line), seconds: 0, waited: 0 }));
      expect(log("killed")).toEqual(log("whole"));
    });
  });
});
