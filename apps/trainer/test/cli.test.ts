import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
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
  test("exits 0 for --version and 2 for a wrong call", async () => {
    const run = promisify(execFile);
    expect((await run(process.execPath, [bin, "--version"])).stdout).toMatch(/^\d/);
    await expect(run(process.execPath, [bin, "nope"])).rejects.toMatchObject({
      code: 2,
      stdout: "",
      stderr: expect.stringContaining("gleaner: "),
    });
  });
});
