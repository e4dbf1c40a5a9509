import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openDataSet } from "@gleaner/volumes/node";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Config, validateConfig } from "../src/config.js";
import { resolveSplit, saveSplit, scanIdOf, splitParts } from "../src/run/data-split.js";
import { prepareScan } from "../src/run/prepared-scans.js";

const home = mkdtempSync(join(tmpdir(), "split-"));
afterAll(() => rmSync(home, { recursive: true }));
const header = "seriesuid,coordX,coordY,coordZ,diameter_mm\n";
const csv = (...scans: string[]): string => header + scans.map((scan) => `${scan},1,2,3,6\n`).join("");
const ids = Array.from({ length: 8 }, (_, i) => `scan-${i}`);

/** A data set of 8 scans; a split reads names and tables only, so the files are empty. */
function makeSet(name: string, tables: Record<string, string>): string {
  const root = join(home, name);
  mkdirSync(join(root, "subset0"), { recursive: true });
  for (const id of ids) writeFileSync(join(root, "subset0", `${id}.mhd`), "");
  for (const [table, text] of Object.entries(tables)) {
    mkdirSync(join(root, table, ".."), { recursive: true });
    writeFileSync(join(root, table), text);
  }
  return root;
}

let root: string;
beforeAll(() => {
  root = makeSet("set", { "annotations.csv": csv(...ids), "annotations_excluded.csv": csv("scan-0") });
});

const split = (data: Partial<Config["data"]>) =>
  resolveSplit(validateConfig({ method: "supervised", data: { root, labeled: 2, ...data } }, "run.yaml"), {
    source: "run.yaml",
    folder: join(home, "cache"),
  });
const idsOf = (scans: { id: string }[]): string[] => scans.map(({ id }) => id);
const complaint = async (data: Partial<Config["data"]>): Promise<string> => {
  try {
    await split(data);
  } catch (error) {
    const { exitCode = 2, message } = error as Error & { exitCode?: number };
    expect(exitCode).toBe(2);
    expect(message).not.toContain("\n");
    return message.replaceAll(home, "~");
  }
  throw new Error("nothing was wrong");
};

describe("resolveSplit", () => {
  test("draws as many scans as asked, no scan twice", async () => {
    const { labeled, unlabeled, test: held, findings, excluded, notes } = await split({ labeled: 2, unlabeled: 3, test: 3 });
    expect([labeled.length, unlabeled.length, held.length]).toEqual([2, 3, 3]);
    expect(idsOf([...labeled, ...unlabeled, ...held]).sort()).toEqual(ids);
    expect(labeled[0]!.path).toBe(join(root, "subset0", `${labeled[0]!.id}.mhd`));
    expect([findings.length, excluded.length, notes]).toEqual([8, 1, []]);
  });

  test("is the same for the same seed and another for another one", async () => {
    const drawn = async (splitSeed: number) => idsOf((await split({ labeled: 4, unlabeled: 4, splitSeed })).labeled).join();
    expect(await drawn(3)).toBe(await drawn(3));
    expect(new Set(await Promise.all([0, 1, 2, 3, 4].map(drawn))).size).toBeGreaterThan(2);
  });

  test("holds out the same scans whatever is labeled, and keeps the labeled ones when labels are added", async () => {
    const few = await split({ labeled: 1, unlabeled: 0, test: 3 });
    const many = await split({ labeled: 4, unlabeled: 1, test: 3 });
    expect(idsOf(many.test)).toEqual(idsOf(few.test));
    expect(idsOf(many.labeled).slice(0, 1)).toEqual(idsOf(few.labeled));
  });

  test("takes ids and paths, and draws the others from the rest", async () => {
    const elsewhere = join(home, "1.2.3.4.5.6.77.lungcrop.mhd");
    writeFileSync(elsewhere, "");
    const { labeled, unlabeled, test: held } = await split({ labeled: ["scan-3", elsewhere], unlabeled: 5, test: ["scan-0", "scan-1"] });
    expect(labeled).toEqual([
      { id: "scan-3", path: join(root, "subset0", "scan-3.mhd") },
      { id: "1.2.3.4.5.6.77", path: elsewhere },
    ]);
    expect(idsOf(held)).toEqual(["scan-0", "scan-1"]);
    expect(idsOf(unlabeled).sort()).toEqual(["scan-2", "scan-4", "scan-5", "scan-6", "scan-7"]);
  });

  test("reads the tables where LUNA16 has them, or where the configuration says", async () => {
    const luna = makeSet("luna", {
      "CSVFILES/annotations.csv": csv("scan-2"),
      "CSVFILES/annotations_excluded.csv": csv("scan-2", "scan-2"),
    });
    const found = await split({ root: luna, labeled: ["scan-2"] });
    expect([found.findings.length, found.excluded.length]).toEqual([1, 2]);
    const own = join(home, "own.csv");
    writeFileSync(own, csv("scan-1", "scan-1"));
    expect((await split({ root: luna, labeled: ["scan-1"], annotations: own })).findings).toHaveLength(2);
    expect((await split({ root: luna, labeled: ["scan-2"], excluded: own })).excluded).toEqual(
      found.excluded.map((finding) => ({ ...finding, scan: "scan-1" })),
    );
  });

  test("notes scans of a table that the set does not hold", async () => {
    const more = makeSet("more", { "annotations.csv": csv("scan-1", "other-1", "other-1", "other-2", "other-3") });
    expect((await split({ root: more, labeled: ["scan-1"] })).notes).toEqual([
      `${join(more, "annotations.csv")} names 3 scans of 4 that the data set does not hold (other-1, other-2, …)`,
    ]);
  });

  test("refuses in one sentence", async () => {
    expect(await complaint({ labeled: 9 })).toBe(
      "run.yaml: data.labeled is 9; expected at most 8, the scans of ~/set that no other part has",
    );
    expect(await complaint({ labeled: 2, test: 7 })).toBe(
      "run.yaml: data.labeled is 2; expected at most 1, the scans of ~/set that no other part has",
    );
    expect(await complaint({ unlabeled: 7 })).toBe(
      "run.yaml: data.unlabeled is 7; expected at most 6, the scans of ~/set that no other part has",
    );
    for (const labeled of [0, []]) expect(await complaint({ labeled })).toBe("run.yaml: data.labeled names no scan; expected at least one");
    expect(await complaint({ labeled: ["scan-9"] })).toBe(
      "run.yaml: data.labeled names scan-9, which is neither a scan nor a subset of ~/set nor a file that exists",
    );
    expect(await complaint({ labeled: ["scan-1"], test: ["scan-1"] })).toBe(
      "run.yaml: data.test names scan scan-1, which data.labeled names already; expected each scan once",
    );
    expect(await complaint({ labeled: ["scan-1", "scan-1"] })).toContain(
      "data.labeled names scan scan-1, which data.labeled names already",
    );
    expect(await complaint({ root: join(home, "none") })).toMatch(/^~\/none: /);
  });

  test("refuses tables that cannot be meant", async () => {
    const table = (text: string): string => {
      writeFileSync(join(home, "t.csv"), text);
      return join(home, "t.csv");
    };
    const labeled = ["scan-1"];
    expect(await complaint({ labeled, annotations: table(csv("1.2.3", "1.2.4", "1.2.5")) })).toBe(
      "~/t.csv names 3 scans (1.2.3, 1.2.4, …) but none of ours (scan-0, scan-1, …); expected the ids of the scans, which are their files' names",
    );
    expect(await complaint({ labeled, annotations: table(csv("scan-2")) })).toBe(
      "~/t.csv has no finding in the 1 labeled scan (scan-1); expected at least one",
    );
    expect(await complaint({ labeled, annotations: table(header) })).toBe("~/t.csv has no finding; expected at least one");
    expect(await complaint({ labeled, annotations: table(`${header}scan-1,1,2,3,0\n`) })).toBe(
      "~/t.csv: a nodule of scan scan-1 has a diameter of 0 mm; expected more than 0",
    );
    expect(await complaint({ labeled, annotations: table(`${header}scan-1,1,2,three,4\n`) })).toContain(
      '~/t.csv: line 2 has "three" as coordZ, expected a number',
    );
    expect(await complaint({ labeled, annotations: join(home, "none.csv") })).toMatch(/^~\/none\.csv: /);
    expect(await complaint({ labeled, excluded: join(home, "none.csv") })).toMatch(/^~\/none\.csv: /);
    expect(await complaint({ root: makeSet("bare", {}) })).toBe(
      "~/bare has no annotations.csv with a finding in it; expected one, or data.annotations",
    );
    const alone = join(root, "subset0", "scan-1.mhd");
    const config = validateConfig({ method: "supervised", data: { labeled: [alone] } }, "a.yaml");
    await expect(resolveSplit(config, { source: "a.yaml", folder: home })).rejects.toThrow(
      "a.yaml: data.annotations is missing; expected a CSV in LUNA16's columns, or data.root",
    );
  });
});

describe("patients", () => {
  /** Scans of patients: two of p0, two of p1, and so on; the last two are of nobody that is known. */
  const patients = `seriesuid,patient\n${ids
    .slice(0, 6)
    .map((id, i) => `${id},p${i >> 1}\n`)
    .join("")}`;
  const who = new Map(ids.slice(0, 6).map((id, i) => [id, i >> 1]));
  let set: string;
  beforeAll(() => {
    set = makeSet("patients", { "annotations.csv": csv(...ids), "patients.csv": patients });
  });

  test("no patient is on two sides, whatever is asked for, and each side has what was asked for", async () => {
    const count = fc.integer({ min: 0, max: 3 });
    await fc.assert(
      fc.asyncProperty(
        count,
        count,
        count,
        fc.integer({ min: 1, max: 3 }),
        fc.nat(1000),
        async (test, validation, unlabeled, labeled, splitSeed) => {
          const config = { root: set, test, validation, unlabeled, labeled, splitSeed };
          const found = await split(config).catch((error: Error) => error);
          if (found instanceof Error) {
            // Too few are left only where whole patients are in the way.
            expect(found.message).toMatch(/expected at most \d|no finding/);
            expect(test + validation + unlabeled + labeled).toBeGreaterThan(4);
            return;
          }
          const sideOf = new Map<number, string>();
          for (const part of splitParts) {
            expect(found[part]).toHaveLength(config[part]);
            for (const { id } of found[part]) {
              const patient = who.get(id);
              if (patient === undefined) continue;
              expect(sideOf.get(patient) ?? part).toBe(part);
              sideOf.set(patient, part);
            }
          }
          expect(new Set(splitParts.flatMap((part) => idsOf(found[part]))).size).toBe(test + validation + unlabeled + labeled);
        },
      ),
      { numRuns: 60 },
    );
  });

  test("what is held out stays the same when labels are added; scans that no side may have are told of", async () => {
    const few = await split({ root: set, labeled: 1, test: 2, validation: 1 });
    const many = await split({ root: set, labeled: 2, unlabeled: 1, test: 2, validation: 1 });
    expect([idsOf(many.test), idsOf(many.validation)]).toEqual([idsOf(few.test), idsOf(few.validation)]);
    const alone = await split({ root: set, labeled: ["scan-0"], test: ["scan-2"] });
    expect(alone.notes).toEqual(["2 scans in no part: other parts have scans of the same patients"]);
    expect(await complaint({ root: set, labeled: 5, test: ["scan-0", "scan-2"] })).toBe(
      "run.yaml: data.labeled is 5; expected at most 4, the scans of ~/patients that no other part has",
    );
  });

  test("refuses to put a patient on two sides by name", async () => {
    expect(await complaint({ root: set, labeled: ["scan-0"], test: ["scan-1"] })).toBe(
      "run.yaml: data.test names scan scan-1, of the patient of scan scan-0, which data.labeled names; expected all scans of a patient in one part",
    );
    expect(idsOf((await split({ root: set, labeled: ["scan-0", "scan-1"] })).labeled)).toEqual(["scan-0", "scan-1"]);
  });
});

describe("subsets of LUNA16", () => {
  test("a subset's name stands for its scans, so that one fold is judged and the others train", async () => {
    const luna = makeSet("folds", { "annotations.csv": csv("fold-1-a", ...ids) });
    mkdirSync(join(luna, "subset1"));
    for (const name of ["fold-1-a", "fold-1-b"]) writeFileSync(join(luna, "subset1", `${name}.mhd`), "");
    const found = await split({ root: luna, test: ["subset1"], labeled: 3, unlabeled: 5 });
    expect(idsOf(found.test)).toEqual(["fold-1-a", "fold-1-b"]);
    expect(idsOf([...found.labeled, ...found.unlabeled]).sort()).toEqual(ids);
    // The path that the name becomes where the configuration lies in the data set.
    expect(idsOf((await split({ root: luna, test: [join(luna, "subset1")], labeled: 3 })).test)).toEqual(["fold-1-a", "fold-1-b"]);
    expect(await complaint({ root: luna, test: ["subset7"] })).toBe(
      "run.yaml: data.test names subset7, which is neither a scan nor a subset of ~/folds nor a file that exists",
    );
    expect(await complaint({ root: luna, test: ["subset1"], labeled: ["fold-1-a"] })).toContain(
      "data.test names scan fold-1-a, which data.labeled",
    );
  });
});

describe("a saved split", () => {
  test("is what a run goes on with, whatever has come to the data set", async () => {
    const set = makeSet("grows", { "annotations.csv": csv(...ids) });
    const first = await split({ root: set, labeled: 2, unlabeled: 2, validation: 1, test: 2 });
    const run = join(home, "run");
    mkdirSync(run);
    saveSplit(run, first);
    for (let i = 0; i < 9; i++) writeFileSync(join(set, "subset0", `new-${i}.mhd`), "");
    const config = validateConfig(
      { method: "supervised", data: { root: set, labeled: 2, unlabeled: 2, validation: 1, test: 2 } },
      "run.yaml",
    );
    const options = { source: "run.yaml", folder: home };
    expect(await resolveSplit(config, { ...options, savedIn: run })).toEqual(first);
    expect(idsOf((await resolveSplit(config, options)).test)).not.toEqual(idsOf(first.test));
    // A run of before there was a validation part.
    const { labeled, unlabeled, test: held } = first;
    writeFileSync(join(run, "split.json"), JSON.stringify({ labeled, unlabeled, test: held }));
    expect(await resolveSplit(config, { ...options, savedIn: run })).toEqual({ ...first, validation: [] });
    writeFileSync(join(run, "split.json"), '{ "labeled": [3] }');
    await expect(resolveSplit(config, { ...options, savedIn: run })).rejects.toThrow(
      `${join(run, "split.json")} is no split of scans; expected the file that \`gleaner train\` wrote`,
    );
    expect(await resolveSplit(config, { ...options, savedIn: join(home, "no-run") })).toMatchObject({ findings: first.findings });
  });
});

const real = process.env["GLEANER_DATA"];
describe.runIf(real)(`a tree of DICOM series${real ? "" : " (left out: GLEANER_DATA is unset)"}`, () => {
  test("is a data set by its index: bad series are told of, series of one patient go to one side", async () => {
    const tree = join(home, "tree");
    for (const name of ["dicom_explicit_le", "dicom_implicit_le", "dicom_gap", "dicom_rle"])
      cpSync(join(real!, "format_edge", name), join(tree, name), { recursive: true });
    const set = await openDataSet(tree, { index: join(home, "list.jsonl") });
    const series: string[] = [];
    for await (const { id } of set.scans()) series.push(id);
    expect(series).toHaveLength(3);
    writeFileSync(join(tree, "annotations.csv"), csv(...series));
    const found = await split({ root: tree, labeled: 2 });
    expect(found.labeled).toEqual(
      expect.arrayContaining([{ id: found.labeled[0]!.id, path: expect.stringContaining(tree), series: found.labeled[0]!.id }]),
    );
    expect(found.notes[0]).toMatch(/^1 of the series of .*tree are left out, such as .*dicom_gap: .*1 slice missing/);
    // All of them are cut from one scan of one patient.
    expect(await complaint({ root: tree, labeled: 1, test: 1 })).toBe(
      "run.yaml: data.labeled is 1; expected at most 0, the scans of ~/tree that no other part has",
    );
    // By patients.csv they are of several.
    writeFileSync(join(tree, "patients.csv"), `seriesuid,patient\n${series.map((id, i) => `${id},p${i}\n`).join("")}`);
    const apart = await split({ root: tree, labeled: 1, test: 2 });
    expect(apart.test).toHaveLength(2);
    const settings = validateConfig({ method: "supervised", data: { labeled: 1 }, preprocessing: { lungMask: false, spacingMm: 1 } }, "t");
    const prepared = await prepareScan(apart.test[0]!, settings.preprocessing, join(home, "cache"));
    expect(prepared.volume.shape).toEqual([16, 28, 31]);
  });
});

describe("scanIdOf", () => {
  test.each([
    [
      "1.3.6.1.4.1.14519.5.2.1.6279.6001.154677396354641150280013275227.lungcrop.mhd",
      "1.3.6.1.4.1.14519.5.2.1.6279.6001.154677396354641150280013275227",
    ],
    ["folder/1.2.840.1.2.3.77_1mm.nii.gz", "1.2.840.1.2.3.77"],
    ["/a/b/1.2.840.1.2.3.77.mha", "1.2.840.1.2.3.77"],
    ["2.25.329800735698586629295641978511506172918.mhd", "2.25.329800735698586629295641978511506172918"],
    ["ct_1mm.lungcrop.nii.gz", "ct_1mm.lungcrop"],
    ["SCAN.NII.GZ", "SCAN"],
    ["2026.11.23.mha", "2026.11.23"],
    ["no-ending", "no-ending"],
  ])("%s is of the series %s", (path, id) => expect(scanIdOf(path)).toBe(id));
});
