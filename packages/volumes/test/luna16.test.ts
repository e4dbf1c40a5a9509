import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  formatCandidates,
  formatFindings,
  formatSeriesUids,
  isVolumeError,
  parseCandidates,
  parseFindings,
  parseSeriesUids,
  type VolumeError,
} from "../src/index.js";
import { readCandidates, readLuna16 } from "../src/node.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "gleaner-luna16-"));
});
afterAll(() => rm(folder, { recursive: true }));

const thrown = (work: () => unknown): VolumeError => {
  try {
    work();
  } catch (error) {
    if (isVolumeError(error)) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
};
const header = "seriesuid,coordX,coordY,coordZ,diameter_mm";
const names = fc
  .string({ minLength: 1, maxLength: 12 })
  .filter((name) => name.trim() === name && name.toLowerCase() !== "seriesuid" && !name.includes("\ufeff"));
const real = fc.double({ noNaN: true, noDefaultInfinity: true }).map((v) => v + 0);

describe("tables", () => {
  test("reading what was written gives the same rows, whatever the names", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(names, real, real, real, real)), (rows) => {
        const findings = rows.map(([scan, x, y, z, diameterMm]) => ({ scan, x, y, z, diameterMm }));
        expect(parseFindings(formatFindings(findings))).toEqual(findings);
        const candidates = rows.map(([scan, x, y, z, probability]) => ({ scan, x, y, z, probability }));
        expect(parseCandidates(formatCandidates(candidates))).toEqual(candidates);
        const scans = rows.map(([scan]) => scan);
        expect(parseSeriesUids(formatSeriesUids(scans))).toEqual(scans);
      }),
    );
  });

  test("columns in another order, further columns, a byte order mark, Windows line ends and empty lines", () => {
    const csv = "\ufeffdiameter_mm,coordZ, coordY,coordX,seriesuid,note\r\n5.5,3,2,1,a,x\r\n\r\n";
    expect(parseFindings(csv)).toEqual([{ scan: "a", x: 1, y: 2, z: 3, diameterMm: 5.5 }]);
    expect(parseFindings(`${header}\n`)).toEqual([]);
    expect(parseSeriesUids("seriesuid\na\n")).toEqual(["a"]);
    expect(parseSeriesUids("")).toEqual([]);
  });

  test.each([
    [
      "a missing column",
      "seriesuid,coordX,coordY\na,1,2\n",
      /^t\.csv: its header is "seriesuid,coordX,coordY", expected the columns seriesuid,coordX,coordY,coordZ,diameter_mm$/,
    ],
    ["an empty file", "", /^t\.csv: its header is ""/],
    ["a word for a number", `${header}\na,1,2,three,4\n`, /^t\.csv: line 2 has "three" as coordZ, expected a number$/],
    ["nothing for a number", `${header}\na,1,2,3,4\nb,1,,3,4\n`, /^t\.csv: line 3 has "" as coordY, expected a number$/],
    ["no scan", `${header}\n,1,2,3,4\n`, /^t\.csv: line 2 has no seriesuid$/],
    [
      "a short line",
      `${header}\na,1,2\n`,
      /^t\.csv: it is no CSV: Invalid Record Length: columns length is 5, got 3|^t\.csv: it is no CSV: /,
    ],
    ["a quote that is not closed", `${header}\n"a,1,2,3,4\n`, /^t\.csv: it is no CSV: /],
  ])("%s is Malformed", (_, csv, message) => {
    const error = thrown(() => parseFindings(csv, "t.csv"));
    expect(error.tag).toBe("Malformed");
    expect(error.message).toMatch(message);
  });
});

describe("LUNA16's folder", () => {
  test("scans of the subsets, tables of CSVFILES, links to subsets elsewhere", async () => {
    const place = await mkdtemp(join(folder, "set-"));
    for (const part of ["subset0", "subset1", "CSVFILES", "seg-lungs-LUNA16", "elsewhere"]) await mkdir(join(place, part));
    await symlink(join(place, "elsewhere"), join(place, "subset9"));
    for (const file of ["subset0/1.2.mhd", "subset0/1.2.zraw", "subset1/1.3.nii.gz", "elsewhere/1.9.mhd", "seg-lungs-LUNA16/1.2.mhd"])
      await writeFile(join(place, file), "");
    await writeFile(join(place, "CSVFILES/annotations.csv"), `${header}\n1.2,1,2,3,4\n1.4,1,2,3,4\n`);
    await writeFile(join(place, "seriesuids.csv"), "1.2\r\n1.5\r\n");
    const set = readLuna16(place);
    expect(set.scans).toEqual([
      { id: "1.2", path: join(place, "subset0/1.2.mhd"), subset: 0, lungMask: join(place, "seg-lungs-LUNA16/1.2.mhd") },
      { id: "1.3", path: join(place, "subset1/1.3.nii.gz"), subset: 1 },
      { id: "1.9", path: join(place, "subset9/1.9.mhd"), subset: 9 },
    ]);
    expect(set.seriesUids).toEqual(["1.2", "1.5"]);
    expect(set.annotations.length).toBe(2);
    expect(set.excluded).toEqual([]);
    expect(set.unknown).toEqual(["1.5", "1.4"]);
  });

  test("a scan that is there twice, a folder and a table that are not there", async () => {
    const place = await mkdtemp(join(folder, "twice-"));
    await writeFile(join(place, "a.mhd"), "");
    await writeFile(join(place, "a.nii"), "");
    expect(thrown(() => readLuna16(place)).message).toMatch(/a\.nii: scan a is also in .*a\.mhd, expected each scan once$/);
    expect(thrown(() => readLuna16(join(folder, "none"))).tag).toBe("NotFound");
    expect(thrown(() => readCandidates(join(folder, "none.csv"))).tag).toBe("NotFound");
  });
});
