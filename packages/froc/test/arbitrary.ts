import fc from "fast-check";
import type { Candidate, Finding } from "../src/index.js";

/** A made-up submission as property tests draw it. */
export interface Submission {
  scans: string[];
  findings: Finding[];
  excluded: Finding[];
  candidates: Candidate[];
}

const ids = ["a", "b", "c", "d", "e"];
const scan = fc.constantFrom(...ids);
// A coarse grid makes hits, shared marks and distances of exactly the radius likely.
const place = fc.integer({ min: -12, max: 12 });
const diameterMm = fc.constantFrom(-1, 4, 6, 10);
const finding = fc.record({ scan, x: place, y: place, z: fc.constant(0), diameterMm });
/** Few values, so that ties are likely. */
const probability = fc.integer({ min: 0, max: 20 }).map((n) => n / 20);

export const submissions: fc.Arbitrary<Submission> = fc.record({
  scans: fc.constantFrom(ids, ids.slice(0, 4), ids.slice(0, 3)),
  findings: fc.array(finding, { minLength: 1, maxLength: 8 }),
  excluded: fc.array(finding, { maxLength: 4 }),
  candidates: fc.array(fc.record({ scan, x: place, y: place, z: fc.constant(0), probability }), { maxLength: 60 }),
});

export const rules: fc.Arbitrary<"official" | "exact"> = fc.constantFrom("official", "exact");
export const caps: fc.Arbitrary<number | undefined> = fc.constantFrom(undefined, 1, 3, 10);

// The generator of the benches serves the tests too.
export { seeded } from "../bench/made-up-submission.mjs";
