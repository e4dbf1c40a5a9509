import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  compareConventions,
  compareRules,
  diameterBand,
  type FrocResult,
  parseCandidates,
  parseFindings,
  parseScans,
  stratifyByFinding,
} from "@gleaner/froc";
import { afterAll, describe, expect, test } from "vitest";
import { call } from "./helpers.js";

const home = mkdtempSync(join(tmpdir(), "froc-details-"));
afterAll(() => rmSync(home, { recursive: true }));

const fixtures = fileURLToPath(new URL("../../../packages/froc/test/fixtures", import.meta.url));
const [free, hand] = [join(fixtures, "free-seed11-40scans"), join(fixtures, "hand-rules-4scans")];

const read = (folder: string, name: string): string => readFileSync(join(folder, name), "utf8");
const write = (name: string, lines: string[]): string => {
  writeFileSync(join(home, name), `${lines.join("\n")}\n`);
  return join(home, name);
};
const inputOf = (folder: string) => ({
  scans: parseScans(read(folder, "seriesuids.csv")),
  findings: parseFindings(read(folder, "annotations.csv")),
  excluded: parseFindings(read(folder, "annotations_excluded.csv")),
  candidates: parseCandidates(read(folder, "submission.csv")),
});
const argumentsOf = (folder: string, annotations = join(folder, "annotations.csv")): string[] => [
  "--annotations",
  annotations,
  ...["--scans", join(folder, "seriesuids.csv"), "--excluded", join(folder, "annotations_excluded.csv")],
  ...["--candidates", join(folder, "submission.csv")],
];
/** The texture of every third finding is not known. */
const textured = (folder: string): string[] =>
  read(folder, "annotations.csv")
    .trim()
    .split("\n")
    .map((row, i) => `${row.trim()},${i === 0 ? "texture" : ["", "solid", "ground glass"][i % 3]}`);
async function document(...argv: string[]) {
  const { code, stdout } = await call("froc", ...argv, "--json");
  expect(code).toBe(0);
  return JSON.parse(stdout);
}
/** As JSON holds it: no NaN, no curve. */
const plain = (value: unknown) => JSON.parse(JSON.stringify(value, (key, inner) => (key === "curve" ? undefined : inner)));
const withoutScans = ({ unknownScans: _, ...counts }: FrocResult) => counts;
const sum = (rows: FrocResult[], of: "nodules" | "truePositives" | "missed"): number => rows.reduce((total, row) => total + row[of], 0);

describe("gleaner froc, in detail", () => {
  for (const folder of [free, hand]) {
    const name = folder.split("/").at(-1);

    test(`fields come only when they are asked for, and the others stay: ${name}`, async () => {
      const without = await document(...argumentsOf(folder));
      const asked = await document(...argumentsOf(folder), "--by", "diameter", "--compare-rules", "--conventions");
      const { strata, rules, conventions, ...rest } = asked;
      expect(JSON.stringify(rest)).toBe(JSON.stringify(without));
      expect([strata, rules, conventions]).not.toContain(undefined);
    });

    for (const rule of ["official", "exact"] as const) {
      test(`strata by diameter add up, and are the API's: ${name}, ${rule}`, async () => {
        const whole = await document(...argumentsOf(folder), "--rule", rule, "--by", "diameter:5,8,15");
        const { strata } = whole;
        for (const of of ["nodules", "truePositives", "missed"] as const) expect(sum(strata, of)).toBe(whole[of]);
        for (const { falsePositives } of strata) expect(falsePositives).toBe(whole.falsePositives);
        const expected = stratifyByFinding(inputOf(folder), diameterBand([5, 8, 15]), { rule });
        const order = ["< 5 mm", "5 to 8 mm", "8 to 15 mm", "≥ 15 mm"];
        expect(strata).toEqual(
          order.flatMap((band) =>
            expected.filter((one) => one.name === band).map((one) => ({ name: band, ...plain(withoutScans(one.result)) })),
          ),
        );
      });
    }

    test(`the rules are the API's: ${name}`, async () => {
      const { rules, ...official } = await document(...argumentsOf(folder), "--compare-rules");
      const { rules: again, ...exact } = await document(...argumentsOf(folder), "--compare-rules", "--rule", "exact");
      expect(rules).toEqual(plain(compareRules(inputOf(folder))));
      expect([rules.official, rules.exact]).toEqual([official, exact]);
      expect(again).toEqual(rules);
    });

    test(`the conventions are the API's, the first two those of the rules: ${name}`, async () => {
      const { conventions, ...official } = await document(...argumentsOf(folder), "--conventions");
      const exact = await document(...argumentsOf(folder), "--rule", "exact");
      expect(conventions).toEqual(plain(compareConventions(inputOf(folder))));
      for (const [i, [rule, result]] of Object.entries({ official, exact }).entries()) {
        const { nodules, truePositives, falsePositives, sensitivity, cpm } = result;
        expect(conventions[i]).toMatchObject({ name: rule, nodules, truePositives, falsePositives, sensitivity, cpm });
      }
    });
  }

  test("the edges are 6 and 10 mm if none are given", async () => {
    const { strata } = await document(...argumentsOf(hand), "--by", "diameter");
    // Diameters of 10, 10, 8, 6 and 20 mm.
    expect(strata.map((one: FrocResult & { name: string }) => [one.name, one.nodules])).toEqual([
      ["6 to 10 mm", 2],
      ["≥ 10 mm", 3],
    ]);
  });

  test("strata by a column, for people", async () => {
    const annotations = write("textured.csv", textured(hand));
    const { stdout, code } = await call("froc", ...argumentsOf(hand, annotations), "--rule", "exact", "--by", "texture");
    expect(code).toBe(0);
    // The finding of 8 mm (no texture) and that of 20 mm (ground glass) are missed, see the hand-made case.
    expect(stdout.slice(stdout.indexOf("submission by"))).toMatchInlineSnapshot(`
      "submission by texture; the false positives are all of them in every row
                                    1/8    1/4    1/2      1      2      4      8      CPM   found  missed
      (empty)                     0.000  0.000  0.000  0.000  0.000  0.000  0.000    0.000       0       1
      ground glass                0.000  0.500  0.500  0.500  0.500  0.500  0.500    0.429       1       1
      solid                       0.000  0.500  1.000  1.000  1.000  1.000  1.000    0.786       2       0
      "
    `);
  });

  test("the cap as the only difference, for people", async () => {
    // The second finding lies below 120 false positives of its scan, of which 20 and itself do not fit under the cap: 120 in 40 scans are 3 a scan.
    const scans = Array.from({ length: 40 }, (_, i) => `s${i}`);
    const marks = Array.from({ length: 120 }, (_, i) => `s1,${50 + 10 * i},0,0,${0.9 - i / 1000}`);
    const args = [
      ...["--scans", write("scans.csv", scans)],
      ...["--annotations", write("two.csv", ["seriesuid,coordX,coordY,coordZ,diameter_mm", "s0,0,0,0,6", "s1,0,0,0,6"])],
      ...["--candidates", write("marks.csv", ["seriesuid,coordX,coordY,coordZ,probability", "s0,0,0,0,0.99", ...marks, "s1,0,0,0,0.1"])],
    ];
    const { rules } = await document(...args, "--compare-rules");
    expect(rules).toMatchObject({ cappedScans: 1, droppedByCap: 21 });
    const half = { official: 0.5, exact: 1, byArithmetic: 0, byCap: 0.5 };
    expect(rules.differences.slice(0, 2)).toEqual([
      { at: "4", ...half },
      { at: "8", ...half },
    ]);
    expect(rules.differences[2].byCap).toBeCloseTo(1 / 7, 12);
    const { stdout } = await call("froc", ...args, "--compare-rules");
    expect(stdout.slice(stdout.indexOf("marks by"))).toMatchInlineSnapshot(`
      "marks by both rules; exact − official is split by cause; the official cap dropped 21 marks on 1 scan
                                    1/8    1/4    1/2      1      2      4      8      CPM
      official                    0.500  0.500  0.500  0.500  0.500  0.500  0.500    0.500
      exact                       0.500  0.500  0.500  0.500  0.500  1.000  1.000    0.643
        by arithmetic                 0      0      0      0      0      0      0        0
        by the cap                    0      0      0      0      0 +0.500 +0.500   +0.143
      "
    `);
  });

  test("several submissions have a table each, and the conventions are explained once", async () => {
    const copy = write("copy.csv", [read(free, "submission.csv").trim()]);
    const { stdout } = await call("froc", ...argumentsOf(free), copy, "--conventions", "--by", "diameter");
    for (const name of ["submission", "copy"]) {
      expect(stdout).toContain(`\n${name} by diameter;`);
      expect(stdout).toContain(`\n${name} by other conventions\n`);
    }
    expect(stdout.match(/official: The LUNA16 script, to the bit/g)).toHaveLength(1);
    const { submissions } = await document(...argumentsOf(free), copy, "--conventions");
    expect(submissions[1].conventions).toEqual(submissions[0].conventions);
  });

  test("refuses in one sentence, with nothing on standard output", async () => {
    const edges = "expected diameter, diameter: with rising edges above 0 mm (diameter:6,10), or a column of the annotations";
    for (const [by, message] of [
      [
        "texture",
        '/annotations.csv has no column "texture" for --by; expected diameter[:EDGES] or one of seriesuid, coordX, coordY, coordZ, diameter_mm',
      ],
      ["diameter:10,6", `--by is "diameter:10,6"; ${edges}`],
      ["diameter:0", `--by is "diameter:0"; ${edges}`],
      ["diameter:6,x", `--by is "diameter:6,x"; ${edges}`],
      ["diameter:", `--by is "diameter:"; ${edges}`],
    ] as const) {
      const { code, stdout, stderr } = await call("froc", ...argumentsOf(free), "--by", by);
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
      expect(stderr).toContain(message);
      expect(stderr.trim().split("\n")).toHaveLength(1);
    }
  });
});
