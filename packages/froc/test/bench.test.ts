import { expect, test } from "vitest";
import { madeUpSubmission } from "../bench/made-up-submission.mjs";
import { evaluateFroc } from "../src/index.js";

// The benches are only worth something if what they time is what they say.
test("the submission that the benches time has the asked size, is the same each time, and is judged as it was made", () => {
  const input = madeUpSubmission(60, 50);
  expect(input.scans.length).toBe(60);
  expect(new Set(input.scans).size).toBe(60);
  expect(input.findings.length).toBe(80);
  expect(input.candidates.length).toBe(60 * 50);
  expect(madeUpSubmission(60, 50)).toEqual(input);
  // Nine of ten findings get a mark 1.4 mm from their center, and none is smaller than that.
  const { truePositives, nodules, unknownScans } = evaluateFroc(input);
  expect(nodules).toBe(80);
  expect(truePositives / nodules).toBeGreaterThan(0.8);
  expect(unknownScans).toEqual([]);
});
