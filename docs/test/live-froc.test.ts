import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { cpmRates, evaluateFroc, type FrocInput, type FrocOptions, matchFindings } from "@gleaner/froc";
import fc from "fast-check";
import { expect, test } from "vitest";
import { frocAnswer } from "../.vitepress/theme/live/froc-answer.js";
import { frocLimits, inputOf, missingTables, type ReadTable, readFrocFile } from "../.vitepress/theme/live/froc-files.js";
import { countReaching, marksByScan, standingOf, totalStanding } from "../.vitepress/theme/live/froc-marks.js";

const tableOf = (name: string): File => new File([readFileSync(new URL(`../live/froc-example/${name}`, import.meta.url))], name);
const names = ["seriesuids.csv", "annotations.csv", "annotations_excluded.csv", "candidates.csv"];
async function exampleInput(): Promise<FrocInput> {
  const tables = await Promise.all(names.map((name) => readFrocFile(tableOf(name))));
  return inputOf(new Map(tables.map((table) => [table.role, table])))!;
}

const sum = (values: ArrayLike<number>): number => Array.from(values).reduce((total, value) => total + value, 0);

/** The package's own count of what is there when only marks from a threshold on are handed in. */
function countedInNode(input: FrocInput, options: FrocOptions, threshold: number): number[] {
  const candidates = [...input.candidates].filter(({ probability }) => probability >= threshold);
  const { nodules, counts } = matchFindings({ ...input, candidates }, options);
  const found = Array.from(nodules.score).filter((score) => score > Number.NEGATIVE_INFINITY).length;
  return [found, nodules.score.length - found, sum(counts.falsePositives), sum(counts.ignored), sum(counts.duplicates)];
}

test("marks that come in any order are what the package counts at every threshold, under both rules and with a cap", () => {
  // Findings lie 20 mm apart, so that no mark is on two of them.
  const place = fc.integer({ min: 0, max: 5 }).map((i) => 20 * i);
  const scan = fc.constantFrom("a", "b", "c");
  const finding = fc.record({ scan, x: place, y: fc.constant(0), z: fc.constant(0), diameterMm: fc.constantFrom(-1, 5, 12) });
  const offset = fc.integer({ min: -8, max: 8 });
  const mark = fc.record({ scan, x: fc.tuple(place, offset).map(([a, b]) => a + b), y: offset, z: fc.constant(0) });
  const scored = fc.tuple(mark, fc.integer({ min: 0, max: 6 })).map(([at, score]) => ({ ...at, probability: score / 6 }));
  const placeOf = (one: { scan: string; x: number }): string => `${one.scan}${one.x}`;
  fc.assert(
    fc.property(
      fc.uniqueArray(finding, { selector: placeOf, maxLength: 12 }),
      fc.nat(12),
      fc.array(scored, { maxLength: 40 }),
      fc.constantFrom<FrocOptions>(
        { rule: "official" },
        { rule: "exact" },
        { rule: "official", maxCandidatesPerScan: 4 },
        { rule: "official", maxCandidatesPerScan: Number.POSITIVE_INFINITY },
      ),
      fc.integer({ min: 0, max: 6 }),
      (all, kept, candidates, options, level) => {
        const input = { scans: ["a", "b", "c"], findings: all.slice(0, kept), excluded: all.slice(kept), candidates };
        const { scans } = marksByScan(input, options);
        const total = totalStanding(
          scans,
          scans.map((one) => standingOf(one, level / 6)),
        );
        const { found, missed, falsePositives, ignored, duplicates } = total;
        expect([found, missed, falsePositives, ignored, duplicates]).toEqual(countedInNode(input, options, level / 6));
      },
    ),
  );
});

test("a scan that is listed twice counts twice under the official rule, as in its result", () => {
  const input = {
    scans: ["a", "a", "b"],
    findings: [{ scan: "a", x: 0, y: 0, z: 0, diameterMm: 6 }],
    candidates: [
      { scan: "a", x: 0, y: 0, z: 0, probability: 0.9 },
      { scan: "a", x: 50, y: 0, z: 0, probability: 0.8 },
    ],
  };
  const { scans } = marksByScan(input, {});
  const total = totalStanding(
    scans,
    scans.map((one) => standingOf(one, 0)),
  );
  const { truePositives, falsePositives } = evaluateFroc(input);
  expect([total.found, total.falsePositives]).toEqual([truePositives, falsePositives]);
  expect(total.falsePositives).toBe(2);
});

test("countReaching counts what is at a threshold too, from none to all", () => {
  const scores = [0.9, 0.5, 0.5, 0.1];
  expect([1, 0.9, 0.5, 0.4, 0.1, 0].map((threshold) => countReaching(scores, threshold))).toEqual([0, 1, 3, 3, 4, 4]);
  expect(countReaching([], 0.5)).toBe(0);
});

test("the example tells the stories that the page tells", async () => {
  const input = await exampleInput();
  const { official, exact, droppedByCap, cappedScans, variants, differences, marks } = frocAnswer(input, {
    rule: "official",
    cap: "100",
    exclusions: true,
  });
  expect([official.scans, official.nodules]).toEqual([16, 18]);
  expect(official.cpm.toFixed(3)).toBe("0.595");
  expect(exact.cpm).toBeLessThan(official.cpm);
  expect(cappedScans).toBe(1);
  expect(droppedByCap).toBeGreaterThan(0);
  expect(official.duplicates).toBeGreaterThan(0);
  expect(differences.map(({ at }) => at)).toEqual(["8", "cpm"]);
  expect(variants.map(({ name }) => name)).toEqual([
    "official, cap of 100",
    "official, cap of 100, no exclusions",
    "official, no cap",
    "exact",
  ]);
  expect(variants[1]!.cpm.toFixed(3)).toBe("0.571");
  const at = totalStanding(
    marks,
    marks.map((one) => standingOf(one, 0.6)),
  );
  expect([at.found, at.ignored]).toEqual([10, 4]);
  const wild = marks.find(({ scan }) => scan === "scan-11")!;
  expect(wild.findings.map(({ diameterMm, score }) => [diameterMm, score])).toEqual([
    [8.2, 0.88],
    [4.6, Number.NEGATIVE_INFINITY],
  ]);
  // The drawn curves pass through the seven sensitivities.
  const { lines } = frocAnswer(input, { rule: "exact", cap: "25", exclusions: false });
  const { official: capped } = frocAnswer(input, { rule: "exact", cap: "25", exclusions: false });
  for (const rate of cpmRates) {
    const heights = lines.official.filter(([x]) => x === rate).map(([, y]) => y);
    expect(Math.max(...heights)).toBeCloseTo(capped.sensitivity[String(rate) as "1"], 12);
  }
  expect(lines.exact.every(([x, y], i, all) => i === 0 || (x >= all[i - 1]![0] && y >= all[i - 1]![1]))).toBe(true);
});

test("files are told apart by their headers, gzipped or not", async () => {
  const tables = await Promise.all(names.map((name) => readFrocFile(tableOf(name))));
  expect(tables.map(({ role }) => role)).toEqual(["scans", "findings", "excluded", "candidates"]);
  const zipped = new File([gzipSync(readFileSync(new URL("../live/froc-example/candidates.csv", import.meta.url)))], "anything.gz");
  expect((await readFrocFile(zipped)).content).toEqual(tables[3]!.content);
  expect(missingTables(["candidates", "excluded"])).toEqual(["the list of scans", "the findings"]);
  expect(inputOf(new Map<"scans", ReadTable>([["scans", tables[0]!]]))).toBeUndefined();
});

const header = "seriesuid,coordX,coordY,coordZ,probability\n";
const gzip = gzipSync(header);
test.each([
  ["a word for a number", "marks.csv", `${header}a,1,2,3,0.5\na,1,two,3,0.5\n`, 'marks.csv, line 3: coordY is "two"; expected a number'],
  ["a column that is missing", "marks.csv", "seriesuid,x,y,z,probability\n", "marks.csv, line 1: the column coordX is missing"],
  ["an unknown table", "t.csv", "id,name\n", 't.csv, line 1: the header is "id,name"; expected a column probability (marks)'],
  ["a picture", "p.png", new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0]), 'p.png, line 1: the header is "?PNG?"; expected'],
  ["an empty file", "e.csv", "", "e.csv: the file is empty; expected a table"],
  ["a list without scans", "s.csv", "seriesuid\n", "s.csv: no scan is in it; expected one a line"],
  ["gzip data that is cut off", "g.gz", gzip.subarray(0, gzip.length - 9), "g.gz: the file cannot be read, its gzip data does not decode"],
  ["too many rows", "s.csv", "a\n".repeat(frocLimits.rows.scans + 1), "s.csv: more than 100,000 rows; expected at most that many"],
  ["too many bytes", "s.csv", `${"a".repeat(90)}\n`.repeat(90_000), "s.csv: more than 8,000,000 bytes; expected at most that many"],
])("%s is refused in one sentence", async (_, name, content, message) => {
  await expect(readFrocFile(new File([content], name))).rejects.toThrow(message);
});
