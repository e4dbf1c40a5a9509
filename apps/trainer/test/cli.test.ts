import { execFile, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, describe, expect, test } from "vitest";
import { commands } from "../src/commands.js";
import { call } from "./helpers.js";

describe("gleaner", () => {
  test("--help lists the commands", async () => {
    const { code, stdout, stderr } = await call("--help");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    for (const name of Object.keys(commands)) expect(stdout).toContain(name);
  });

  test("--version is the one of the package", async () => {
    expect(await call("--version")).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
  });

  test("no command shows the usage as an error", async () => {
    expect(await call()).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining("USAGE") });
  });

  test.each(["dmeo", "constructor", "--nope"])("%s is no command", async (name) => {
    const { code, stdout, stderr } = await call(name);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(new RegExp(`^gleaner: "${name}" is no command; expected .*inspect.*\\n$`));
  });

  test("--help of every command shows its usage without escape codes", async () => {
    for (const name of Object.keys(commands)) {
      const { code, stdout, stderr } = await call(name, "--help");
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      expect(stdout).toContain(`USAGE gleaner ${name}`);
      expect(stdout).not.toContain("\u001b");
    }
  });

  test("an unknown option is refused with a hint", async () => {
    const { code, stderr } = await call("inspect", "x.mhd", "--voxels", "1,2,3");
    expect(code).toBe(2);
    expect(stderr).toBe("gleaner: Unknown option '--voxels'; `gleaner inspect --help` lists what inspect takes\n");
  });
});

const bin = fileURLToPath(new URL("../bin/gleaner.js", import.meta.url));
const built = existsSync(fileURLToPath(new URL("../dist/cli.js", import.meta.url)));

describe.runIf(built)("bin/gleaner.js (runs when the trainer is built)", () => {
  const home = mkdtempSync(join(tmpdir(), "gleaner-bin-"));
  afterAll(() => rmSync(home, { recursive: true }));
  const run = (...args: string[]) => promisify(execFile)(process.execPath, [bin, ...args]);
  const phantoms = (out: string, scans: number, threads: number): string[] =>
    ["phantom", "--scans", String(scans), "--out", out, "--size", "32,32,32", "--threads", String(threads)]; // biome-ignore format: one call

  test("exits 0 for --version and 2 for a wrong call", async () => {
    expect((await run("--version")).stdout).toMatch(/^\d/);
    await expect(run("nope")).rejects.toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining("gleaner: ") });
  });

  test("threads draw the same phantoms as one", async () => {
    const [one, two] = [join(home, "one"), join(home, "two")];
    await run(...phantoms(one, 3, 1));
    await run(...phantoms(two, 3, 2));
    const files = (readdirSync(one, { recursive: true }) as string[]).filter((name) => name.includes(".") && !name.endsWith(".jsonl"));
    expect(files).toHaveLength(9);
    for (const file of files) expect(readFileSync(join(two, file)).equals(readFileSync(join(one, file))), file).toBe(true);
  });

  test.runIf(process.platform !== "win32")("Ctrl-C stops the work at a safe point", async () => {
    const out = join(home, "stopped");
    const child = spawn(process.execPath, [bin, ...phantoms(out, 100_000, 1)], { stdio: ["ignore", "ignore", "pipe"] });
    let stderr = "";
    child.stderr.on("data", (chunk) => {
      stderr += chunk;
    });
    const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
    while (!existsSync(join(out, "phantoms.jsonl"))) await new Promise((resolve) => setTimeout(resolve, 50));
    child.kill("SIGINT");
    expect(await ended).toBe(130);
    expect(stderr).toContain("gleaner: stopping; press Ctrl-C again to stop at once");
    expect(stderr.trimEnd()).toMatch(/gleaner: stopped$/);
    expect(existsSync(join(out, "annotations.csv"))).toBe(false);
  });
});
