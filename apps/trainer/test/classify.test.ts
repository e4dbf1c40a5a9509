import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PNG } from "pngjs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { call } from "./helpers.js";

const home = mkdtempSync(join(tmpdir(), "classify-"));
const at = (name: string): string => join(home, name);
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** A picture of 20 × 16 pixels whose upper or lower half is bright. */
function writePicture(path: string, half: "upper" | "lower", seed: number): void {
  const png = new PNG({ width: 20, height: 16 });
  for (let i = 0; i < 20 * 16; i++) {
    const isBright = i < 20 * 8 === (half === "upper");
    const value = (isBright ? 170 : 20) + ((i * 31 + seed * 17) % 60);
    png.data.set([value, value, value, 255], 4 * i);
  }
  writeFileSync(path, PNG.sync.write(png));
}

beforeAll(async () => {
  for (const [folder, half] of [
    ["upper", "upper"],
    ["lower, dark", "lower"],
    ["unlabeled", "upper"],
  ] as const) {
    mkdirSync(join(at("set"), folder), { recursive: true });
    for (let i = 0; i < 12; i++) writePicture(join(at("set"), folder, `${i}.png`), folder === "unlabeled" && i % 2 ? "lower" : half, i);
  }
  writeFileSync(
    at("run.yaml"),
    stringify({
      task: "classification",
      method: "fixmatch",
      data: { path: "set", size: 8, channels: 1, labeled: 4, test: 8, validation: 4 },
      augmentation: { flip: true },
      training: { steps: 30, labeledBatch: 4, unlabeledRatio: 2 },
      evaluation: { every: 10 },
    }),
  );
  const { code, stderr } = await call("train", at("run.yaml"), "--out", at("run"), "--engine", "wasm");
  expect(code, stderr).toBe(0);
});

describe("a folder per class, from pictures to predictions", () => {
  test("is learned from with its unlabeled pictures, and judged", async () => {
    const { stdout } = await call("evaluate", at("run"), "--engine", "wasm", "--json");
    const { classNames, last, selected } = JSON.parse(stdout);
    expect(classNames).toEqual(["lower, dark", "upper"]);
    expect(last.images).toBe(8);
    expect(selected.error).toBeLessThan(0.3);
    expect(last.areaUnderRoc).toBeGreaterThan(0.7);
    const split = JSON.parse(readFileSync(at("run/split.json"), "utf8"));
    // 24 with a class and 12 without, less the held-out ones; no picture without a class judges.
    expect(split.images).toBe(36);
    expect(split.unlabeled).toHaveLength(36 - 8 - 4);
    expect([...split.test, ...split.validation].every((index: number) => index < 24)).toBe(true);
    const table = await call("evaluate", at("run"), "--engine", "wasm");
    expect(table.stdout).toMatch(/^class +precision +recall +F1 +images$/m);
    expect(table.stdout).toContain("chosen by validation, step ");
  });

  test("new pictures get a class each, in a CSV with the probability of every class", async () => {
    writePicture(at("a.png"), "upper", 40);
    writePicture(at("b.png"), "lower", 41);
    // The set may be gone: a run holds all that is needed to use it.
    const { code, stdout, stderr } = await call("classify", at("run"), at("a.png"), at("b.png"), "--out", at("p.csv"), "--engine", "wasm");
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/a\.png: upper, 0\.\d+\n.*b\.png: lower, dark, [01]\.\d+\nwrote .*p\.csv\n/);
    const [head, first, second] = readFileSync(at("p.csv"), "utf8").trimEnd().split("\n");
    expect(head).toBe('file,class,probability,"lower, dark",upper');
    expect(first).toMatch(/a\.png,upper,/);
    expect(second).toMatch(/b\.png,"lower, dark",/);
    const [low, high] = first!.split(",").slice(-2).map(Number);
    expect(low! + high!).toBeCloseTo(1, 5);
  });

  test.each<[string[], RegExp]>([
    [["nothing.png"], /nothing\.png does not exist; expected a PNG or JPEG file/],
    [["set"], /set is a folder; expected a PNG or JPEG file/],
    [["run.yaml"], /run\.yaml: it does not start like a PNG or JPEG file/],
  ])("%o is refused in one sentence, and no predictions are written", async (files, message) => {
    const { code, stderr } = await call("classify", at("run"), ...files.map(at), "--out", at("none.csv"), "--engine", "wasm");
    expect(code).toBe(2);
    expect(stderr.trimEnd().split("\n").at(-1)).toMatch(message);
    expect(existsSync(at("none.csv"))).toBe(false);
  });

  test("a folder of pictures needs a size", async () => {
    writeFileSync(
      at("no-size.yaml"),
      stringify({ task: "classification", method: "fixmatch", data: { path: "set", labeled: 4, test: 8 } }),
    );
    const { code, stderr } = await call("train", at("no-size.yaml"), "--out", at("no-size"), "--engine", "wasm");
    expect(code).toBe(2);
    expect(stderr.trimEnd().split("\n").at(-1)).toMatch(/no-size\.yaml: data\.size .*set/);
  });
});
