import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { call, callIn } from "./helpers.js";
import { makeImageSet } from "./image-set.js";

let set: ReturnType<typeof makeImageSet>;
const home = mkdtempSync(join(tmpdir(), "images-command-"));
beforeAll(() => {
  set = makeImageSet({ train: 6, test: 3 });
});
afterAll(() => {
  set.remove();
  rmSync(home, { recursive: true, force: true });
});

describe("gleaner images describe", () => {
  test("says what a set is, for people and as JSON", async () => {
    const { code, stdout } = await call("images", "describe", set.folder);
    expect(code).toBe(0);
    expect(stdout).toContain("format      mnist\n");
    expect(stdout).toContain("part        train (there are train, test)\n");
    expect(stdout).toContain("images      6, of 8 x 8 pixels with 1 channel\n");
    const json = await call("images", "describe", set.folder, "--part", "test", "--json");
    expect(JSON.parse(json.stdout)).toMatchObject({ format: "mnist", split: "test", images: 3, perClass: [1, 1, 1] });
  });

  test.each<[string[], string]>([
    [["images", "look", "x"], '"look" is nothing that images does; expected describe or fetch'],
    [["images", "fetch", "cifar"], '"cifar" is no set that can be fetched; expected digits'],
    [["images", "fetch", "digits", "--part", "test"], "--part is an option of `gleaner images describe`; expected describe before it"],
    [["images", "describe", "/nowhere"], "/nowhere: it does not exist"],
  ])("%o is refused in one sentence", async (words, message) => {
    expect(await call(...words)).toEqual({ code: 2, stdout: "", stderr: `gleaner: ${message}\n` });
  });
});

test("gleaner images fetch digits: a Python that is not there is the work's failure, and leaves no set", async () => {
  const { code, stderr } = await callIn({ GLEANER_CACHE: home }, "images", "fetch", "digits", "--python", "no-python-here");
  expect([code, stderr.trim().split("\n").length]).toEqual([1, 1]);
  expect(stderr).toContain("no-python-here");
  expect(existsSync(join(home, "digits", "digits.csv.gz"))).toBe(false);
});
