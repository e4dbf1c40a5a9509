import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { callIn } from "./helpers.js";

const empty = mkdtempSync(join(tmpdir(), "backend-"));
afterAll(() => rmSync(empty, { recursive: true }));
const backend = (...argv: string[]) => callIn({ GLEANER_CACHE: empty }, "backend", ...argv);

describe("gleaner backend", () => {
  test("says which engine is used and why, and what would be faster", async () => {
    const { code, stdout, stderr } = await backend("--json");
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      engine: "wasm",
      why: expect.stringContaining("no TensorFlow is paired"),
      threads: expect.any(Number),
      faster: { name: "tensorflow", how: "Pair one with: gleaner backend install" },
    });
    expect(stderr).toMatch(/^engine: wasm \d.*\n$/);
    const plain = await backend();
    expect(plain).toMatchObject({ code: 0, stdout: "faster: tensorflow. Pair one with: gleaner backend install\n", stderr });
  });

  test("--engine asks for one; there is nothing faster to tell then", async () => {
    const { code, stdout } = await backend("--engine", "cpu", "--json");
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ engine: "cpu", why: "Plain JavaScript runs because it was asked for." });
    expect(JSON.parse(stdout)).not.toHaveProperty("faster");
  });

  test("--measure measures what is there, and later starts tell it", async () => {
    const cache = mkdtempSync(join(tmpdir(), "backend-"));
    try {
      const first = JSON.parse((await callIn({ GLEANER_CACHE: cache }, "backend", "--measure", "--json")).stdout);
      expect(first).toMatchObject({ engine: "wasm", measured: [{ name: "wasm", milliseconds: expect.any(Number) }] });
      expect(readdirSync(cache)).toEqual(["engines.json"]);
      const { stdout } = await callIn({ GLEANER_CACHE: cache }, "backend");
      expect(stdout).toContain(`measured: wasm ${first.measured[0].milliseconds} ms for a step of the probe\n`);
    } finally {
      rmSync(cache, { recursive: true });
    }
  });

  test("check tells each operator's status", async () => {
    const { code, stdout, stderr } = await backend("check", "--engine", "wasm", "--json");
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringMatching(/^engine: wasm .*\n$/) });
    const { engine, operators } = JSON.parse(stdout);
    expect(engine).toBe("wasm");
    expect(operators.length).toBeGreaterThan(10);
    for (const { operator, status } of operators) expect([operator, status]).toEqual([operator, "right"]);
  });

  test.each([
    [["instal"], 2, '"instal" is nothing that backend does; expected install, check or nothing'],
    [["--engine", "banana"], 2, '--engine is "banana"; expected native, webgpu, wasm, cpu'],
    [["check", "--engine", "webgl"], 2, '--engine is "webgl"; expected native, webgpu, wasm, cpu'],
    [["--engine", "native"], 1, "No TensorFlow is paired on this machine; pair one with: gleaner backend install"],
    [["check", "--measure"], 2, "--measure is an option of `gleaner backend` alone; expected neither an action nor --engine"],
    [["--measure", "--engine", "wasm"], 2, "--measure is an option of `gleaner backend` alone; expected neither an action nor --engine"],
    [["--gpu"], 2, "--gpu is an option of `gleaner backend install`; expected install before it"],
    [["check", "--wheel", "x.whl"], 2, "--wheel is an option of `gleaner backend install`; expected install before it"],
    [["install", "--tensorflow", "newest"], 2, '--tensorflow is "newest"; expected a version such as '],
    [["install", "--wheel", "/nowhere/x.whl"], 2, "--wheel is /nowhere/x.whl, which does not exist; expected a wheel of TensorFlow"],
  ])("refuses %j in one sentence", async (argv, code, sentence) => {
    const found = await backend(...argv);
    expect(found).toMatchObject({ code, stdout: "", stderr: expect.stringContaining(`gleaner: ${sentence}`) });
    expect(found.stderr.trimEnd().split("\n")).toHaveLength(1);
    expect(readdirSync(empty)).toEqual([]);
  });

  test("install fails in one sentence for a file that is no wheel, and leaves nothing", async () => {
    const wheel = join(mkdtempSync(join(tmpdir(), "wheel-")), "not-a-wheel.whl");
    writeFileSync(wheel, "nothing");
    const { code, stdout, stderr } = await backend("install", "--wheel", wheel);
    rmSync(dirname(wheel), { recursive: true });
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr.trimEnd().split("\n").at(-1)).toMatch(/^gleaner: .*not-a-wheel\.whl .*wheel/);
    expect(readdirSync(empty)).toEqual([]);
  });
});
