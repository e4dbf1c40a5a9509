import { readFileSync } from "node:fs";
import { checkEngine } from "@gleaner/engine";
import { describe, expect, test } from "vitest";
import { countRows, engineRows, judgmentOf, type RecordedRuns } from "../.vitepress/theme/live/engine-judgments.js";
import { startPageEngine } from "../.vitepress/theme/live/engine-start.js";

const textOf = (name: string): string => readFileSync(new URL(`../live/${name}`, import.meta.url), "utf8");
const recorded = JSON.parse(textOf("engine-runs.json")) as RecordedRuns;
const statusOf = (judgment: string): string => judgment.split(" ")[0]!;

describe("the recorded runs are what the package finds now", () => {
  // The stock backend first: kernels that were replaced stay replaced.
  test.each(["stock", "wasm", "cpu"] as const)("%s", async (engine) => {
    await startPageEngine(engine);
    const checks = await checkEngine();
    expect(recorded.operators).toEqual(checks.map(({ operator }) => operator));
    expect(recorded.runs[engine]!.map(statusOf)).toEqual(checks.map(({ status }) => status));
  });
});

test("the page's text tells what was recorded", () => {
  const counts = countRows(engineRows(recorded, "stock", undefined));
  const text = textOf("engine.md");
  expect(text).toContain(`the ${recorded.operators.length} operators`);
  expect(text).toContain(`${counts.wrong} operators wrong and ${counts.missing} missing`);
  expect(textOf("index.md")).toContain(`runs ${recorded.operators.length} operators`);
  expect(countRows(engineRows(recorded, "wasm", undefined))).toMatchObject({ right: recorded.operators.length, wrong: 0, missing: 0 });
});

describe("rows", () => {
  const some: RecordedRuns = {
    node: "24",
    tensorflow: "4.22.0",
    operators: ["a", "b", "c"],
    runs: { wasm: ["right 1e-7", "right 3e-7", "right 0"], stock: ["wrong 0.5", "wrong", "missing"] },
  };

  test("show the recorded run, with stock beside it", () => {
    expect(engineRows(some, "wasm", undefined)).toEqual([
      { operator: "a", status: "right", largestError: "1e-7", stock: "wrong" },
      { operator: "b", status: "right", largestError: "3e-7", stock: "wrong" },
      { operator: "c", status: "right", largestError: "0", stock: "missing" },
    ]);
  });

  test("show what was found here once it was asked for, and nothing of what was recorded", () => {
    const rows = engineRows(some, "wasm", new Map([["b", "wrong 0.25"]]));
    expect(rows.map(({ status, largestError }) => [status, largestError])).toEqual([
      ["…", "–"],
      ["wrong", "0.25"],
      ["…", "–"],
    ]);
    expect(countRows(rows)).toEqual({ right: 0, wrong: 1, missing: 0, largestError: 0 });
  });

  test("say of an engine without a recorded run that it was not checked", () => {
    expect(engineRows(some, "webgl", undefined).map(({ status }) => status)).toEqual(["not checked", "not checked", "not checked"]);
    expect(countRows(engineRows(some, "stock", undefined))).toEqual({ right: 0, wrong: 2, missing: 1, largestError: 0 });
    expect(countRows(engineRows(some, "wasm", undefined)).largestError).toBe(3e-7);
  });
});

test("a judgment is the status and the error to two digits", () => {
  expect(judgmentOf({ operator: "a", status: "right", largestError: 4.1132e-7 })).toBe("right 4.1e-7");
  expect(judgmentOf({ operator: "a", status: "wrong", largestError: 1, error: "The value differs by 1.0 of the largest." })).toBe(
    "wrong 1",
  );
  expect(judgmentOf({ operator: "a", status: "wrong", error: "The value is not a number." })).toBe("wrong");
  expect(judgmentOf({ operator: "a", status: "missing", error: "No kernel." })).toBe("missing");
});
