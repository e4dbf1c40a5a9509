import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Config, validateConfig } from "../src/config.js";
import { resolveSplit, scanIdOf } from "../src/run/data-split.js";

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
  resolveSplit(validateConfig({ method: "supervised", data: { root, labeled: 2, ...data } }, "run.yaml"), "run.yaml");
const idsOf = (scans: { id: string }[]): string[] => scans.map(({ id }) => id);
const complaint = (data: Partial<Config["data"]>): string => {
  try {
    split(data);
  } catch (error) {
    const { exitCode = 2, message } = error as Error & { exitCode?: number };
    expect(exitCode).toBe(2);
    expect(message).not.toContain("\n");
    return message.replaceAll(home, "~");
  }
  throw new Error("nothing was wrong");
};

describe("resolveSplit", () => {
  test("draws as many scans as asked, no scan twice", () => {
    const { labeled, unlabeled, test: held, findings, excluded, notes } = split({ labeled: 2, unlabeled: 3, test: 3 });
    expect([labeled.length, unlabeled.length, held.length]).toEqual([2, 3, 3]);
    expect(idsOf([...labeled, ...unlabeled, ...held]).sort()).toEqual(ids);
    expect(labeled[0]!.path).toBe(join(root, "subset0", `${labeled[0]!.id}.mhd`));
    expect([findings.length, excluded.length, notes]).toEqual([8, 1, []]);
  });

  test("is the same for the same seed and another for another one", () => {
    const drawn = (splitSeed: number) => idsOf(split({ labeled: 4, unlabeled: 4, splitSeed }).labeled).join();
    expect(drawn(3)).toBe(drawn(3));
    expect(new Set([0, 1, 2, 3, 4].map(drawn)).size).toBeGreaterThan(2);
  });

  test("holds out the same scans whatever is labeled, and keeps the labeled ones when labels are added", () => {
    const few = split({ labeled: 1, unlabeled: 0, test: 3 });
    const many = split({ labeled: 4, unlabeled: 1, test: 3 });
    expect(idsOf(many.test)).toEqual(idsOf(few.test));
    expect(idsOf(many.labeled).slice(0, 1)).toEqual(idsOf(few.labeled));
  });

  test("takes ids and paths, and draws the others from the rest", () => {
    const elsewhere = join(home, "1.2.3.4.5.6.77.lungcrop.mhd");
    writeFileSync(elsewhere, "");
    const { labeled, unlabeled, test: held } = split({ labeled: ["scan-3", elsewhere], unlabeled: 5, test: ["scan-0", "scan-1"] });
    expect(labeled).toEqual([
      { id: "scan-3", path: join(root, "subset0", "scan-3.mhd") },
      { id: "1.2.3.4.5.6.77", path: elsewhere },
    ]);
    expect(idsOf(held)).toEqual(["scan-0", "scan-1"]);
    expect(idsOf(unlabeled).sort()).toEqual(["scan-2", "scan-4", "scan-5", "scan-6", "scan-7"]);
  });

  test("reads the tables where LUNA16 has them, or where the configuration says", () => {
    const luna = makeSet("luna", {
      "CSVFILES/annotations.csv": csv("scan-2"),
      "CSVFILES/annotations_excluded.csv": csv("scan-2", "scan-2"),
    });
    const found = split({ root: luna, labeled: ["scan-2"] });
    expect([found.findings.length, found.excluded.length]).toEqual([1, 2]);
    const own = join(home, "own.csv");
    writeFileSync(own, csv("scan-1", "scan-1"));
    expect(split({ root: luna, labeled: ["scan-1"], annotations: own }).findings).toHaveLength(2);
    expect(split({ root: luna, labeled: ["scan-2"], excluded: own }).excluded).toEqual(
      found.excluded.map((finding) => ({ ...finding, scan: "scan-1" })),
    );
  });

  test("notes scans of a table that the set does not hold", () => {
    const more = makeSet("more", { "annotations.csv": csv("scan-1", "other-1", "other-1", "other-2", "other-3") });
    expect(split({ root: more, labeled: ["scan-1"] }).notes).toEqual([
      `${join(more, "annotations.csv")} names 3 scans of 4 that the data set does not hold (other-1, other-2, …)`,
    ]);
  });

  test("refuses in one sentence", () => {
    expect(complaint({ labeled: 9 })).toBe("run.yaml: data.labeled is 9; expected at most 8, the scans of ~/set that no other part has");
    expect(complaint({ labeled: 2, test: 7 })).toBe(
      "run.yaml: data.labeled is 2; expected at most 1, the scans of ~/set that no other part has",
    );
    expect(complaint({ unlabeled: 7 })).toBe(
      "run.yaml: data.unlabeled is 7; expected at most 6, the scans of ~/set that no other part has",
    );
    for (const labeled of [0, []]) expect(complaint({ labeled })).toBe("run.yaml: data.labeled names no scan; expected at least one");
    expect(complaint({ labeled: ["scan-9"] })).toBe(
      "run.yaml: data.labeled names scan-9, which is neither a scan of ~/set nor a file that exists",
    );
    expect(complaint({ labeled: ["scan-1"], test: ["scan-1"] })).toBe(
      "run.yaml: data.test names scan scan-1, which data.labeled names already; expected each scan once",
    );
    expect(complaint({ labeled: ["scan-1", "scan-1"] })).toContain("data.labeled names scan scan-1, which data.labeled names already");
    expect(complaint({ root: join(home, "none") })).toMatch(/^~\/none: /);
  });

  test("refuses tables that cannot be meant", () => {
    const table = (text: string): string => {
      writeFileSync(join(home, "t.csv"), text);
      return join(home, "t.csv");
    };
    const labeled = ["scan-1"];
    expect(complaint({ labeled, annotations: table(csv("1.2.3", "1.2.4", "1.2.5")) })).toBe(
      "~/t.csv names 3 scans (1.2.3, 1.2.4, …) but none of ours (scan-0, scan-1, …); expected the ids of the scans, which are their files' names",
    );
    expect(complaint({ labeled, annotations: table(csv("scan-2")) })).toBe(
      "~/t.csv has no finding in the 1 labeled scan (scan-1); expected at least one",
    );
    expect(complaint({ labeled, annotations: table(header) })).toBe("~/t.csv has no finding; expected at least one");
    expect(complaint({ labeled, annotations: table(`${header}scan-1,1,2,3,0\n`) })).toBe(
      "~/t.csv: a nodule of scan scan-1 has a diameter of 0 mm; expected more than 0",
    );
    expect(complaint({ labeled, annotations: table(`${header}scan-1,1,2,three,4\n`) })).toContain(
      '~/t.csv: line 2 has "three" as coordZ, expected a number',
    );
    expect(complaint({ labeled, annotations: join(home, "none.csv") })).toMatch(/^~\/none\.csv: /);
    expect(complaint({ labeled, excluded: join(home, "none.csv") })).toMatch(/^~\/none\.csv: /);
    expect(complaint({ root: makeSet("bare", {}) })).toBe(
      "~/bare has no annotations.csv with a finding in it; expected one, or data.annotations",
    );
    const alone = join(root, "subset0", "scan-1.mhd");
    expect(() => resolveSplit(validateConfig({ method: "supervised", data: { labeled: [alone] } }, "a.yaml"), "a.yaml")).toThrow(
      "a.yaml: data.annotations is missing; expected a CSV in LUNA16's columns, or data.root",
    );
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
