import { test } from "vitest";
import { madeUpSubmission, seeded } from "./made-up-submission.mjs";

// The built code: sources that a test runner transforms call each other through getters, which costs more than some of what is measured.
const { bootstrapFroc, createMarkReader, evaluateFroc, matchFindings }: typeof import("../src/index.js") = await import(
  new URL("../dist/index.js", import.meta.url).href
);

const time = 1000;

// Cost grows as n log n: ten times the marks should take little more than ten times as long.
for (const marks of [50, 500]) {
  const input = madeUpSubmission(888, marks);
  for (const rule of ["official", "exact"] as const) {
    test(`888 scans, ${marks} marks each, ${rule} rule`, async ({ bench }) => {
      await bench("evaluateFroc", () => void evaluateFroc(input, { rule })).run({ time, iterations: 3 });
    });
  }
  test(`1000 bootstrap samples of 888 scans, ${marks} marks each`, async ({ bench }) => {
    const matches = matchFindings(input, { rule: "exact" });
    await bench("bootstrapFroc", () => void bootstrapFroc(matches, { samples: 1000, random: seeded(1) })).run({ time, iterations: 3 });
  });
}

test("100 000 rows of CSV", async ({ bench }) => {
  const { candidates } = madeUpSubmission(100, 1000);
  const text = candidates.map((c) => `${c.scan},${c.x},${c.y},${c.z},${c.probability}\n`).join("");
  const bytes = new TextEncoder().encode(`seriesuid,coordX,coordY,coordZ,probability\n${text}`);
  const read = (): void => {
    const reader = createMarkReader(() => undefined);
    for (let at = 0; at < bytes.length; at += 2 ** 18) reader.push(bytes.subarray(at, at + 2 ** 18));
    reader.end();
  };
  await bench("createMarkReader", read).run({ time, iterations: 3 });
});
