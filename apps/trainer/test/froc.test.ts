import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { afterAll, describe, expect, test } from "vitest";
import { call } from "./helpers.js";

const home = mkdtempSync(join(tmpdir(), "froc-"));
afterAll(() => rmSync(home, { recursive: true }));

// The made-up cases are fixtures of @gleaner/froc; those of LUNA16 data lie next to the folder of real data.
const fixtures = fileURLToPath(new URL("../../../packages/froc/test/fixtures", import.meta.url));
const data = process.env["GLEANER_DATA"];
const shared = data && existsSync(join(data, "../froc-cases")) ? join(data, "../froc-cases") : undefined;
const argumentsOf = (folder: string): string[] => [
  "--annotations",
  join(folder, "annotations.csv"),
  "--scans",
  join(folder, "seriesuids.csv"),
  "--excluded",
  join(folder, "annotations_excluded.csv"),
  "--candidates",
  join(folder, "submission.csv"),
];
const free = join(fixtures, "free-seed11-40scans");
const hand = join(fixtures, "hand-rules-4scans");
const rates = ["0.125", "0.25", "0.5", "1", "2", "4", "8"];

async function reproduces(folder: string): Promise<void> {
  const { code, stdout } = await call("froc", ...argumentsOf(folder), "--json");
  expect(code).toBe(0);
  const own = JSON.parse(stdout);
  const { counts, numScans, sens_interp, CPM_interp } = JSON.parse(readFileSync(join(folder, "result.json"), "utf8"));
  expect(Object.keys(own)).toEqual([
    "scans",
    "nodules",
    "truePositives",
    "falsePositives",
    "missed",
    "ignored",
    "duplicates",
    "sensitivity",
    "cpm",
    "unknownScans",
  ]);
  expect(own).toMatchObject({
    scans: numScans,
    nodules: counts.nodules,
    truePositives: counts.TP,
    falsePositives: counts.FP,
    missed: counts.FN,
    ignored: counts.ignoredExcluded,
    duplicates: counts.ignoredDouble,
  });
  for (const [i, rate] of rates.entries()) expect(own.sensitivity[rate]).toBeCloseTo(sens_interp[i], 12);
  expect(own.cpm).toBeCloseTo(CPM_interp, 12);
}

describe("gleaner froc", () => {
  for (const folder of [free, hand]) test(`reproduces ${folder.split("/").at(-1)}`, () => reproduces(folder));
  for (const name of ["real-deeplung-20scans", "synth-seed1-50", "synth-seed3-nofp-30scans"]) {
    test.runIf(shared)(`reproduces ${name} (left out without GLEANER_DATA)`, () => reproduces(join(shared!, name)));
  }

  test("a table for people, what was noticed on standard error", async () => {
    const { stdout, stderr, code } = await call("froc", ...argumentsOf(hand), "--rule", "exact");
    expect(code).toBe(0);
    expect(stdout).toMatchInlineSnapshot(`
      "4 scans, 5 nodules, exact rule

                                   found  missed  false positives  ignored  duplicates
      submission                       3       2                4        2           1

      false positives per scan      1/8    1/4    1/2      1      2      4      8      CPM
      submission                  0.000  0.400  0.600  0.600  0.600  0.600  0.600    0.486
      "
    `);
    expect(stderr).toMatchInlineSnapshot(`
      "warning: submission: 1 finding is excluded as well, for example B (0, 0, 0); a mark there is a true positive
      note: submission: 1 finding overlaps another one, for example A (6, 0, 0); one mark can find both
      warning: submission: 1 mark on 1 scan that is not listed, for example Z; it does not count
      note: submission: 1 mark on more than one finding: each of them counts as found
      "
    `);
  });

  test("a bootstrap is seeded and in the document", async () => {
    const run = async (seed: string) =>
      JSON.parse((await call("froc", ...argumentsOf(free), "--bootstrap", "50", "--seed", seed, "--json")).stdout);
    const [one, again, other] = [await run("7"), await run("7"), await run("8")];
    expect(one).toEqual(again);
    expect(other.bootstrap).not.toEqual(one.bootstrap);
    expect(Object.keys(one.bootstrap)).toEqual(["samples", "confidence", "mean", "lower", "upper", "cpm", "undefinedSamples"]);
    expect(one.bootstrap.cpm.lower).toBeLessThan(one.cpm);
    expect(one.bootstrap.cpm.upper).toBeGreaterThan(one.cpm);
  });

  test("several submissions are compared, drawn and listed", async () => {
    const rows = readFileSync(join(free, "submission.csv"), "utf8").trim().split("\n");
    // Every other mark only: fewer nodules are found.
    const half = join(home, "half.csv.gz");
    writeFileSync(half, gzipSync(rows.filter((_, i) => i % 2 === 0).join("\n")));
    const files = ["--svg", join(home, "froc.svg"), "--csv", join(home, "froc.csv"), "--errors", join(home, "errors.csv")];
    const { stdout, code } = await call("froc", ...argumentsOf(free), half, "--bootstrap", "100", ...files);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /half against submission: CPM -0\.\d{3} \(-0\.\d{3} to -0\.\d{3}\), p = 0\.0\d+, paired bootstrap of 100 samples/,
    );

    const svg = readFileSync(join(home, "froc.svg"), "utf8");
    expect(svg).toMatch(/^<svg xmlns=/);
    for (const label of ["1/8", "8", "submission, CPM 0.690", "sensitivity"]) expect(svg).toContain(`>${label}`);
    expect(svg).not.toContain("NaN");

    const table = readFileSync(join(home, "froc.csv"), "utf8").trim().split("\n");
    expect(table[0]).toBe("submission,rate,sensitivity,mean,lower,upper");
    expect(table).toHaveLength(1 + 2 * 8);
    expect(table[1]).toMatch(/^submission,0\.125,0\.4375,0\.\d+,0\.\d+,0\.\d+$/);

    const errors = readFileSync(join(home, "errors.csv"), "utf8").trim().split("\n");
    expect(errors[0]).toBe("submission,error,seriesuid,coordX,coordY,coordZ,diameter_mm,probability");
    expect(errors.filter((row) => row.startsWith("submission,missed,"))).toHaveLength(9);
    const listed = errors.filter((row) => row.startsWith("submission,false positive,")).map((row) => Number(row.split(",").at(-1)));
    expect(listed).toHaveLength(100);
    expect(listed).toEqual(listed.toSorted((a, b) => b - a));
    // Whole files only: nothing temporary is left.
    expect(readdirSync(home).filter((name) => name.includes(".tmp"))).toEqual([]);
  });

  test("--json of several submissions is a list with the comparisons", async () => {
    const copy = join(home, "copy.csv");
    writeFileSync(copy, readFileSync(join(free, "submission.csv")));
    const { stdout } = await call("froc", ...argumentsOf(free), "--candidates", copy, "--bootstrap", "20", "--json");
    const { submissions, comparisons } = JSON.parse(stdout);
    expect(submissions.map((s: { name: string; cpm: number }) => [s.name, s.cpm.toFixed(6)])).toEqual([
      ["submission", "0.690476"],
      ["copy", "0.690476"],
    ]);
    expect(comparisons).toHaveLength(1);
    expect(comparisons[0]).toMatchObject({ a: "submission", b: "copy", cpm: { difference: 0, pValue: 1 } });
  });

  test("refuses in one sentence, with nothing on standard output", async () => {
    const broken = join(home, "broken.csv");
    writeFileSync(broken, "seriesuid,coordX,coordY,coordZ,probability\na,1,2,x,0.5\n");
    const without = (name: string): string[] =>
      argumentsOf(free).flatMap((word, i, words) => (word === name || words[i - 1] === name ? [] : [word]));
    for (const [args, message] of [
      [without("--candidates"), "--candidates is missing"],
      [without("--scans"), "--scans is missing"],
      [[...without("--candidates"), "--candidates", join(home, "none.csv")], "none.csv: the file does not exist"],
      [[...without("--candidates"), "--candidates", broken], 'broken.csv, line 2: coordZ is "x"; expected a number'],
      [[...argumentsOf(free), join(free, "submission.csv")], "are given twice"],
      [[...argumentsOf(free), "--rule", "nearly"], '--rule is "nearly"; expected official or exact'],
      [[...argumentsOf(free), "--bootstrap", "0"], '--bootstrap is "0"; expected a whole number from 1 to 1000000'],
      [[...argumentsOf(free), "--svg", join(home, "no/where.svg")], "does not exist"],
    ] as const) {
      const { code, stdout, stderr } = await call("froc", ...args);
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
      expect(stderr).toContain(message);
      expect(stderr.trim().split("\n")).toHaveLength(1);
    }
  });

  test("--strict refuses a submission with a warning and writes nothing", async () => {
    const { code, stdout, stderr } = await call("froc", ...argumentsOf(hand), "--strict", "--csv", join(home, "strict.csv"));
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain("warning: submission: 1 mark on 1 scan that is not listed, for example Z; it does not count");
    expect(stderr).toContain("gleaner: submission is refused: 2 warnings, and --strict allows none");
    expect(existsSync(join(home, "strict.csv"))).toBe(false);
    expect((await call("froc", ...argumentsOf(free), "--strict")).code).toBe(0);
  });
});
