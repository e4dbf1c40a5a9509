import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { explainError, inputError, workError } from "../src/errors.js";

describe("explainError", () => {
  test("tells users' errors as they are", () => {
    expect(explainError(inputError("a is 1; expected 2"))).toEqual({ text: "a is 1; expected 2", exitCode: 2 });
    expect(explainError(workError("no space"))).toEqual({ text: "no space", exitCode: 1 });
  });

  test("takes a reader's tagged error for wrong input", () => {
    expect(explainError(Object.assign(new Error("x.mhd: cut short"), { tag: "Truncated" }))).toEqual({
      text: "x.mhd: cut short",
      exitCode: 2,
    });
  });

  test("a full disk and an engine that does not load are failures of the work", () => {
    const full = Object.assign(
      new Error("x.mhd: it cannot be written (ENOSPC)", { cause: Object.assign(new Error(), { code: "ENOSPC" }) }),
      { tag: "Unreadable" },
    );
    expect(explainError(full)).toEqual({ text: "x.mhd: it cannot be written (ENOSPC)", exitCode: 1 });
    const native = Object.assign(new Error("no C++ compiler was found"), { name: "NativeError", code: "no-compiler" });
    expect(explainError(native)).toEqual({ text: "no C++ compiler was found", exitCode: 1 });
  });

  test("names the file that is missing", async () => {
    const error = await readFile("/nowhere/a.csv").catch((e: unknown) => e);
    expect(explainError(error)).toEqual({ text: "/nowhere/a.csv does not exist", exitCode: 2 });
  });

  test("an abort is no failure", () => {
    expect(explainError(AbortSignal.abort().reason)).toEqual({ text: "stopped", exitCode: 130 });
  });

  test("shows the stack of what nobody foresaw", () => {
    const { text, exitCode } = explainError(new RangeError("odd"));
    expect(exitCode).toBe(1);
    expect(text).toMatch(/RangeError: odd\n\s+at /);
    expect(explainError("a string")).toEqual({ text: "a string", exitCode: 1 });
  });
});
