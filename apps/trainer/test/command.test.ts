import { describe, expect, test } from "vitest";
import { defineCommand, parseCommandLine } from "../src/command.js";
import type { Io } from "../src/io.js";

const io = {} as Io;
const command = defineCommand({
  args: {
    run: { type: "positional", required: true },
    scans: { type: "positional", required: true },
    out: { type: "string", required: true, alias: "o" },
    rule: { type: "enum", options: ["official", "exact"], default: "official" },
    "max-kept": { type: "string", default: "100" },
    voxel: { type: "string" },
    json: { type: "boolean" },
  },
  variadic: "scans",
  repeatable: ["voxel"],
  run() {},
});
const parse = (...words: string[]) => parseCommandLine("detect", command, words, io);
const single = defineCommand({ args: { path: { type: "positional", required: true } }, run() {} });

describe("parseCommandLine", () => {
  test("gives values, defaults, repeated options and variadic arguments", () => {
    const { args, all } = parse("a", "b", "c", "-o", "file", "--voxel", "1,2,3", "--voxel=4,5,6", "--json");
    expect(args).toMatchObject({ run: "a", scans: "b", _: ["a", "b", "c"], out: "file", rule: "official", json: true, "max-kept": "100" });
    expect(all("voxel")).toEqual(["1,2,3", "4,5,6"]);
    expect(all("rule")).toEqual([]);
  });

  test.each([
    [["a", "b", "--out", "f", "--nope"], "Unknown option '--nope'"],
    [["a", "b", "--out", "f", "--no-nope"], "Unknown option '--no-nope'"],
    [["a", "b", "--out"], "Option '-o, --out <value>' argument missing"],
    [["a", "b"], "--out is missing"],
    [["a", "--out", "f"], "SCANS is missing"],
    [["a", "b", "--out", "f", "--out", "g"], "--out is given 2 times"],
    [["a", "b", "--out", "f", "--rule", "mine"], '--rule is "mine"; expected official or exact'],
    [["a", "b", "--out", "f", "--json=1"], "Option '--json' does not take an argument"],
  ])("refuses %j", (words, message) => {
    expect(() => parse(...words)).toThrowError(
      expect.objectContaining({ name: "InputError", exitCode: 2, message: expect.stringContaining(message) }),
    );
  });

  test("refuses a surplus argument", () => {
    expect(() => parseCommandLine("inspect", single, ["a", "b"], io)).toThrow('"b" is one argument too many; `gleaner inspect --help`');
  });

  test("takes everything after -- as arguments", () => {
    expect(parseCommandLine("inspect", single, ["--", "--odd-name"], io).args["path"]).toBe("--odd-name");
  });
});
