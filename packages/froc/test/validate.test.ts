import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type Candidate, type FrocInput, type FrocIssueCode, validateSubmission } from "../src/index.js";
import { seeded } from "./arbitrary.js";
import { fixtures, readCase, sharedCases } from "./cases.js";

const random = seeded(3);
const around = (center: number, spread: number): number => center + (random() - 0.5) * spread;
const scans = Array.from({ length: 20 }, (_, i) => `s${i}`);
const findings = scans.map((scan) => ({ scan, x: around(0, 200), y: around(0, 200), z: around(-150, 200), diameterMm: 8 }));
const good: Candidate[] = [
  ...findings.map(({ scan, x, y, z }) => ({ scan, x: x + 1, y, z, probability: around(0.7, 0.5) })),
  ...scans.flatMap((scan) =>
    Array.from({ length: 5 }, () => ({ scan, x: around(0, 300), y: around(0, 300), z: around(-150, 300), probability: random() / 2 })),
  ),
];
const input: FrocInput = { scans, findings, candidates: good };
const codes = (changed: Partial<FrocInput>, options = {}): FrocIssueCode[] =>
  validateSubmission({ ...input, ...changed }, options).map((issue) => issue.code);
const only = (changed: Partial<FrocInput>, code: FrocIssueCode, options = {}) => {
  const issues = validateSubmission({ ...input, ...changed }, options);
  expect(issues.map((issue) => issue.code)).toEqual([code]);
  return issues[0]!;
};

test("a good submission gives no word", () => expect(codes({})).toEqual([]));

describe("each mistake is counted and said", () => {
  test("scans that match nothing", () => {
    const issue = only({ candidates: [...good, { ...good[0]!, scan: "S0" }, { ...good[0]!, scan: "S1" }] }, "unknownScans");
    expect(issue).toMatchObject({ level: "warning", count: 2 });
    expect(issue.message).toBe("2 marks on 2 scans that are not listed, for example S0; they do not count");
  });
  test("findings on scans that are not listed: a fold is a note, nothing at all a warning", () => {
    const fold = { scans: scans.slice(0, 10), candidates: good.filter((mark) => scans.indexOf(mark.scan) < 10) };
    expect(only(fold, "unknownFindingScans")).toMatchObject({ level: "note", count: 10 });
    const wrong = validateSubmission({ ...input, scans: ["x"] });
    expect(wrong.find((issue) => issue.code === "unknownFindingScans")).toMatchObject({ level: "warning", count: 20 });
  });
  test("a scan listed twice", () => expect(only({ scans: [...scans, "s3"] }, "repeatedScans").message).toContain("for example s3"));
  test("a finding listed twice", () =>
    expect(codes({ findings: [...findings, findings[4]!] })).toEqual(["repeatedFindings", "sharedMarks"]));
  test("a finding that is excluded as well", () => expect(only({ excluded: [findings[4]!] }, "findingAlsoExcluded").count).toBe(1));
  test("findings that overlap", () =>
    expect(only({ findings: [...findings, { ...findings[4]!, x: findings[4]!.x + 7.9 }] }, "overlappingFindings").level).toBe("note"));
  test("findings without a size", () =>
    expect(codes({ findings: [...findings.slice(1), { ...findings[0]!, diameterMm: 0 }] })).toContain("findingsWithoutSize"));
  test("marks that repeat", () => expect(only({ candidates: [...good, good[7]!, good[8]!] }, "repeatedMarks").count).toBe(2));
  test("scans without any mark", () =>
    expect(only({ candidates: good.filter((mark) => mark.scan !== "s5") }, "scansWithoutMarks").level).toBe("note"));
  test("marks outside of their scan, by its extent or by a meter", () => {
    expect(only({ candidates: [...good, { scan: "s1", x: 0, y: 0, z: 2000, probability: 0.1 }] }, "marksOutsideScans").count).toBe(1);
    const extents = { s1: { min: [-200, -200, -350], max: [200, 200, 50] } } as const;
    expect(codes({}, { extents })).toEqual([]);
    expect(
      only({ candidates: [...good, { scan: "s1", x: 0, y: 0, z: 60, probability: 0.1 }] }, "marksOutsideScans", { extents }).count,
    ).toBe(1);
  });
  test("probabilities outside of 0..1", () => {
    const logits = good.map((mark) => ({ ...mark, probability: 10 * mark.probability - 5 }));
    expect(only({ candidates: logits }, "probabilityRange").message).toMatch(/probability outside 0..1; the lowest is -\d/);
  });
  test("columns in the order z, y, x", () => {
    expect(codes({ candidates: good.map((mark) => ({ ...mark, x: mark.z, z: mark.x })) })).toContain("swappedColumns");
  });
  test("axes of the other handedness", () => {
    expect(codes({ candidates: good.map((mark) => ({ ...mark, x: -mark.x, y: -mark.y })) })).toContain("flippedAxes");
  });
  test("voxels instead of world coordinates", () => {
    const voxels = good.map((mark) => ({
      ...mark,
      x: Math.round(mark.x + 180),
      y: Math.round(mark.y + 180),
      z: Math.round((mark.z + 350) / 2.5),
    }));
    expect(only({ candidates: voxels }, "voxelCoordinates").message).toContain("voxels");
  });
  test("a cap that drops marks", () => {
    const many = Array.from({ length: 200 }, (_, i) => ({
      scan: "s2",
      x: around(0, 300),
      y: around(0, 300),
      z: around(-150, 300),
      probability: i / 1000,
    }));
    expect(only({ candidates: [...good, ...many] }, "cappedMarks").message).toBe(
      `106 marks on 1 scan dropped by the cap on marks per scan`,
    );
    expect(codes({ candidates: [...good, ...many] }, { rule: "exact" })).toEqual([]);
  });
  test("a mark on two findings", () => {
    const both = { findings: [...findings, { ...findings[4]!, x: findings[4]!.x + 2 }] };
    expect(codes(both)).toEqual(["overlappingFindings", "sharedMarks"]);
  });
});

test("the made-up cases of the official script hold no warning but the ones they were made for", () => {
  const warnings = (folder: string): string[] =>
    validateSubmission(readCase(folder))
      .filter((issue) => issue.level === "warning")
      .map((issue) => issue.code);
  expect(warnings(join(fixtures, "hand-rules-4scans"))).toEqual(["findingAlsoExcluded", "unknownScans"]);
  expect(warnings(join(fixtures, "free-seed11-40scans"))).toEqual([]);
});

test.runIf(sharedCases)(
  "of the LUNA16 case only the made-up false positives are odd: some are a meter off (left out without GLEANER_DATA)",
  () => {
    const issues = validateSubmission(readCase(join(sharedCases!, "synth-seed1-50")));
    expect(issues.filter((issue) => issue.level === "warning").map((issue) => `${issue.code} ${issue.count}`)).toMatchInlineSnapshot(`
    [
      "marksOutsideScans 783",
    ]
  `);
  },
);
