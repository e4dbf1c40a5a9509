import { describe, expect, test } from "vitest";
import { readOption, realNumber, realTriple, wholeNumber, wholeTriple } from "../src/options.js";

describe("readOption", () => {
  test("reads numbers and triples", () => {
    expect(readOption("--scans", wholeNumber(1), "12")).toBe(12);
    expect(readOption("--limit", realNumber(0, 1), "2.5e-1")).toBe(0.25);
    expect(readOption("--size", wholeTriple(1, 99), "1,2,3")).toEqual([1, 2, 3]);
    expect(readOption("--spacing", realTriple(0.1, 10), "1.5,.7,.7")).toEqual([1.5, 0.7, 0.7]);
  });

  test.each(["", " ", "1.5", "-1", "1e400", "0x10", "NaN", "12a"])("a whole number is not %j", (text) => {
    expect(() => readOption("--scans", wholeNumber(0), text)).toThrow(
      `--scans is ${JSON.stringify(text)}; expected a whole number of at least 0`,
    );
  });

  test.each(["1,2", "1,2,3,4", "1,,3", "1,2,300", "a,b,c"])("a triple is not %j", (text) => {
    expect(() => readOption("--size", wholeTriple(1, 99), text)).toThrow("expected three whole numbers z,y,x from 1 to 99");
  });
});
