import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { TableRow } from "../src/reproduce/rows.js";
import { callIn } from "./helpers.js";

const data = process.env["GLEANER_DATA"];
const home = mkdtempSync(join(tmpdir(), "real-digits-"));
afterAll(() => rmSync(home, { recursive: true, force: true }));

describe.runIf(data)("real digits (with GLEANER_DATA)", () => {
  test("with 10 labels FlexMatch trains on all of its first batch, soon uses most images, and leaves supervised training behind", async () => {
    const words = [
      "reproduce",
      "digits",
      "--methods",
      "supervised,flexmatch",
      "--seeds",
      "1",
      "--first-seed",
      "1",
      "--steps",
      "400",
      "--out",
      join(home, "runs"),
      "--json",
    ];
    const { code, stdout, stderr } = await callIn(
      { ...process.env, GLEANER_CACHE: process.env["GLEANER_CACHE"] ?? join(home, "cache") },
      ...words,
    );
    expect(code, stderr).toBe(0);
    const [alone, flexMatch] = (JSON.parse(stdout) as { rows: TableRow[] }).rows as [TableRow, TableRow];
    expect(flexMatch.firstMaskRate).toEqual([1]);
    expect(flexMatch.lastMaskRate[0]).toBeGreaterThan(0.5);
    expect(flexMatch.lastError[0]).toBeLessThan(alone.lastError[0]! - 3);
  }, 240_000);
});
