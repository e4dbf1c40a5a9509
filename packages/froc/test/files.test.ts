import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, describe, expect, test } from "vitest";
import { evaluateFroc, isFrocFileError } from "../src/index.js";
import { evaluateFrocFiles, readMarks, readScans } from "../src/node.js";
import { type CaseResult, fixtures, readCase, readJson, sharedCases } from "./cases.js";

const scratch = mkdtempSync(join(tmpdir(), "gleaner-froc-"));
afterAll(() => rmSync(scratch, { recursive: true }));
const file = (name: string, content: string | Uint8Array): string => {
  writeFileSync(join(scratch, name), content);
  return join(scratch, name);
};
const filesOf = (folder: string) => ({
  scans: join(folder, "seriesuids.csv"),
  annotations: join(folder, "annotations.csv"),
  excluded: join(folder, "annotations_excluded.csv"),
  candidates: join(folder, "submission.csv"),
});

const folders = ["hand-rules-4scans", "free-seed11-40scans"].map((name) => join(fixtures, name));
for (const folder of [
  ...folders,
  ...(sharedCases ? [join(sharedCases, "real-deeplung-20scans"), join(sharedCases, "synth-seed1-50")] : []),
]) {
  test(`files give what arrays give: ${folder.split("/").at(-1)}`, async () => {
    const { result, marks } = await evaluateFrocFiles(filesOf(folder));
    const expected = readCase(folder);
    expect(result).toEqual(evaluateFroc(expected));
    expect(marks).toBe(expected.candidates.length);
    expect(result.cpm).toBeCloseTo(readJson<CaseResult>(folder, "result.json").CPM_interp, 12);
    const exact = await evaluateFrocFiles(filesOf(folder), { rule: "exact" });
    expect({ ...exact.result, curve: [] }).toEqual({ ...evaluateFroc(expected, { rule: "exact" }), curve: [] });
  });
}

test("gzipped files are known by their bytes", async () => {
  const folder = folders[1]!;
  const files = filesOf(folder);
  const zipped = Object.fromEntries(Object.entries(files).map(([name, path]) => [name, file(`${name}.csv`, gzipSync(readFileSync(path)))]));
  expect((await evaluateFrocFiles(zipped as typeof files)).result).toEqual((await evaluateFrocFiles(files)).result);
});

describe("what goes wrong is told apart", () => {
  const tagOf = async (work: Promise<unknown>): Promise<unknown> => {
    try {
      await work;
    } catch (error) {
      return isFrocFileError(error) ? [error.tag, error.message] : error;
    }
    return "nothing was thrown";
  };
  test("a missing file", async () => {
    const path = join(scratch, "nowhere.csv");
    expect(await tagOf(readScans(path))).toEqual(["NotFound", `${path}: the file does not exist`]);
  });
  test("a folder", async () => {
    expect(await tagOf(readScans(scratch))).toEqual(["Unreadable", `${scratch}: the file cannot be read (EISDIR)`]);
  });
  test("cut gzip data", async () => {
    const path = file("cut.csv.gz", gzipSync("seriesuid,coordX,coordY,coordZ,probability\na,1,2,3,0.5\n").subarray(0, 40));
    expect(await tagOf(readMarks(path, () => undefined))).toEqual(["Corrupt", `${path}: the gzip data does not decode`]);
  });
});

test("memory is bounded without a cap: most of 200 000 marks are counted and forgotten", async () => {
  const row = (i: number): string =>
    `${i % 2 ? "a" : "b"},${(i * 7) % 900},${200 + ((i * 31) % 700)},0,${((i * 7919) % 200_003) / 200_003}\n`;
  const candidates = file(
    "many.csv",
    `seriesuid,coordX,coordY,coordZ,probability\n${Array.from({ length: 200_000 }, (_, i) => row(i)).join("")}`,
  );
  const { result, matches } = await evaluateFrocFiles(
    {
      scans: file("two.csv", "a\nb\n"),
      annotations: file("one.csv", "seriesuid,coordX,coordY,coordZ,diameter_mm\na,7,231,0,3\n"),
      candidates,
    },
    { rule: "exact" },
  );
  expect(result.truePositives).toBe(1);
  expect(result.falsePositives + result.duplicates + 1).toBe(200_000);
  expect(matches.falsePositives.score.length).toBeLessThan(100);
  expect(matches.horizon).toBe(8);
});
