import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createVolume, type Volume } from "@gleaner/volumes";
import { writeVolume } from "@gleaner/volumes/node";
import { PNG } from "pngjs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { drawSlice } from "../src/run/inspect-slice.js";
import { call } from "./helpers.js";
import { makeImageSet } from "./image-set.js";

const home = mkdtempSync(join(tmpdir(), "inspect-"));
const path = join(home, "scan.mha");
beforeAll(async () => {
  const data = Int16Array.from({ length: 24 }, (_, i) => i - 10);
  await writeVolume(path, createVolume({ data, shape: [2, 3, 4], spacingMm: [2.5, 0.7, 0.8], originMm: [-1, 2, -3.5] }));
});
afterAll(() => rmSync(home, { recursive: true }));

describe("gleaner inspect", () => {
  test("--json says where the volume lies and what it holds", async () => {
    const { code, stdout, stderr } = await call("inspect", path, "--voxel", "0,0,0", "--voxel", "1,2,3", "--json");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(JSON.parse(stdout)).toEqual({
      shape: [2, 3, 4],
      spacingMm: [2.5, 0.7, 0.8],
      originMm: [-1, 2, -3.5],
      direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
      min: -10,
      max: 13,
      mean: 1.5,
      sum: 36,
      voxels: [
        { voxel: [0, 0, 0], value: -10 },
        { voxel: [1, 2, 3], value: 13 },
      ],
    });
  });

  test("the same for people", async () => {
    const { stdout } = await call("inspect", path, "--voxel", "1,0,0");
    expect(stdout).toBe(
      [
        `volume           ${path}`,
        "shape (z, y, x)  2 x 3 x 4",
        "spacing (z, y, x)  2.5 x 0.7 x 0.8 mm",
        "origin (x, y, z)  -1, 2, -3.5 mm",
        "direction        1 0 0 | 0 1 0 | 0 0 1",
        "values           -10 to 13, mean 1.5, sum 36",
        "voxel 1,0,0      2",
        "",
      ]
        .map((line) => line.replace(/^(.+?) {2,}/, (_, name: string) => `${name.padEnd(17)}  `))
        .join("\n"),
    );
  });

  test("refuses in one sentence", async () => {
    writeFileSync(join(home, "cut.mha"), "NDims = 3\nDimSize = 10 10 10\nElementType = MET_SHORT\nElementDataFile = LOCAL\n12");
    for (const [args, message] of [
      [[join(home, "none.mhd")], "none.mhd"],
      [[join(home, "cut.mha")], "cut.mha"],
      [[path, "--voxel", "0,0,9"], "the voxel 0,0,9 is outside of the volume; expected z,y,x below 2,3,4"],
      [[path, "--voxel", "0,0"], '--voxel is "0,0"; expected three whole numbers z,y,x of at least 0'],
    ] as const) {
      const { code, stdout, stderr } = await call("inspect", ...args);
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
      expect(stderr).toContain(message);
      expect(stderr.trim().split("\n")).toHaveLength(1);
    }
  });
});

describe("slices", () => {
  /** Gray values of a picture, row by row. */
  const grays = (png: Buffer): number[][] => {
    const { width, height, data } = PNG.sync.read(png);
    return Array.from({ length: height }, (_, y) => Array.from({ length: width }, (_, x) => data[4 * (y * width + x)]!));
  };
  const wedge = (parts: Partial<Volume>): Volume =>
    createVolume({ data: Int16Array.from({ length: 24 }, (_, i) => i * 10), shape: [2, 3, 4], ...parts });
  const windowHu = [0, 255] as const;

  test("each axis, as radiologists look at it: the left side to the right, the back or the feet down", () => {
    expect(grays(drawSlice(wedge({}), { axis: "z", slice: 1, windowHu }).png)).toEqual([
      [120, 130, 140, 150],
      [160, 170, 180, 190],
      [200, 210, 220, 230],
    ]);
    expect(grays(drawSlice(wedge({}), { axis: "y", slice: 0, windowHu }).png)).toEqual([
      [120, 130, 140, 150],
      [0, 10, 20, 30],
    ]);
    expect(grays(drawSlice(wedge({}), { axis: "x", slice: 3, windowHu }).png)).toEqual([
      [150, 190, 230],
      [30, 70, 110],
    ]);
    // Axes that run to the right and to the front are turned round.
    const turned = wedge({ direction: [-1, 0, 0, 0, -1, 0, 0, 0, 1] });
    expect(grays(drawSlice(turned, { axis: "z", slice: 0, windowHu }).png)).toEqual([
      [110, 100, 90, 80],
      [70, 60, 50, 40],
      [30, 20, 10, 0],
    ]);
  });

  test("pixels are square, what is outside the window is black or white, the middle slice is shown unless told", () => {
    const tall = drawSlice(wedge({ spacingMm: [2, 1, 1] }), { axis: "y", windowHu });
    expect([tall.slice, tall.width, tall.height]).toEqual([1, 4, 4]);
    expect(grays(tall.png).map(([first]) => first)).toEqual([160, 130, 70, 40]);
    expect(grays(drawSlice(wedge({}), { axis: "z", slice: 0, windowHu: [20, 60] }).png)[1]).toEqual([128, 191, 255, 255]);
  });

  test("--png writes a slice, and says which", async () => {
    const png = join(home, "slice.png");
    const { code, stdout } = await call("inspect", path, "--png", png, "--axis", "x", "--slice", "2", "--window=-10,13", "--json");
    expect(code).toBe(0);
    // 3 voxels of 0.7 mm, and 2 of 2.5 mm.
    expect(JSON.parse(stdout)).toMatchObject({ shape: [2, 3, 4], picture: { path: png, axis: "x", slice: 2, width: 3, height: 7 } });
    expect(PNG.sync.read(readFileSync(png))).toMatchObject({ width: 3, height: 7 });
  });

  test.each([
    [["--slice", "1"], "--slice is of a picture; expected --png FILE with it"],
    [["--axis", "y"], "--axis is of a picture; expected --png FILE with it"],
    [["--png", join(home, "p.png"), "--slice", "2"], "--slice is 2; expected a slice of axis z below 2"],
    [["--png", home], `${home} is a folder; expected the name of a file to write`],
    [["--window", "400,-1000"], '--window is "400,-1000"; expected two numbers low,high, the lower one first'],
    [["--window", "1,"], '--window is "1,"; expected two numbers low,high, the lower one first'],
  ])("%j is refused", async (args, message) => {
    const { code, stderr } = await call("inspect", path, ...args);
    expect([code, stderr]).toEqual([2, `gleaner: ${message}\n`]);
  });
});

describe("a data set", () => {
  test("its scans by subset, its tables, what is missing and what is broken", async () => {
    const root = join(home, "luna");
    for (const part of ["subset0", "subset3", "seg-lungs-LUNA16"]) mkdirSync(join(root, part), { recursive: true });
    const cube = createVolume({ data: new Int16Array(8), shape: [2, 2, 2] });
    for (const scan of ["subset0/a", "subset0/b", "subset3/c"]) await writeVolume(join(root, `${scan}.mhd`), cube);
    rmSync(join(root, "subset0/b.zraw"));
    writeFileSync(join(root, "seg-lungs-LUNA16/a.mhd"), "");
    const header = "seriesuid,coordX,coordY,coordZ,diameter_mm";
    writeFileSync(join(root, "annotations.csv"), `${header}\na,1,2,3,4\na,2,2,3,4\nd,1,2,3,4\n`);
    writeFileSync(join(root, "seriesuids.csv"), "a\r\nb\r\nc\r\ne\r\n");
    const reason = `${join(root, "subset0/b.zraw")}: there is no such file; ${join(root, "subset0/b.mhd")} names it`;
    const { code, stdout } = await call("inspect", root, "--json");
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      layout: "LUNA16",
      scans: 3,
      subsets: [
        { subset: 0, scans: 2 },
        { subset: 3, scans: 1 },
      ],
      lungMasks: 1,
      patients: 0,
      annotations: { findings: 3, scans: 2 },
      excluded: { findings: 0, scans: 0 },
      missing: ["e", "d"],
      broken: [{ scan: "b", reason }],
    });
    expect((await call("inspect", root)).stdout.split("\n").map((line) => line.replace(/ {2,}/, " | "))).toEqual([
      `data set | ${root}`,
      "layout | LUNA16",
      "scans | 3",
      "subsets | 0: 2, 3: 1",
      "masks of the lungs | 1",
      "annotations | 3 findings in 2 scans",
      "excluded | 0 findings in 0 scans",
      "not there | 2 scans that the tables name: e, d",
      `broken | b: ${reason}`,
      "",
    ]);
    const { code: refused, stderr } = await call("inspect", root, "--voxel", "0,0,0");
    expect([refused, stderr]).toEqual([2, `gleaner: ${root} is no single volume, which --voxel needs; expected one\n`]);
  });

  test("a set of images is described as gleaner images does", async () => {
    const { folder: root, remove } = makeImageSet();
    const [inspected, described] = [await call("inspect", root, "--json"), await call("images", "describe", root, "--json")];
    expect(JSON.parse(inspected.stdout).images).toBeGreaterThan(0);
    expect(inspected).toEqual(described);
    expect((await call("inspect", root)).stdout).toBe((await call("images", "describe", root)).stdout);
    remove();
  });

  test("says what was looked for where nothing is known", async () => {
    const root = join(home, "nothing");
    mkdirSync(root);
    writeFileSync(join(root, "notes.txt"), "hello");
    const folder = await call("inspect", root);
    expect(folder.code).toBe(2);
    expect(folder.stderr).toMatch(
      /^gleaner: .*nothing: it is nothing that is known; looked for volumes \(\.mhd, .*\) in it and in subset0 to subset9, for DICOM files in it and below, and for a set of images \(.*\)\n$/,
    );
    const file = await call("inspect", join(root, "notes.txt"));
    expect(file.code).toBe(2);
    expect(file.stderr).toMatch(
      /^gleaner: .*notes\.txt: it is nothing that is known; looked for a volume \(MetaImage, .*\) and for a set of images \(.*\)\n$/,
    );
  });
});

const data = process.env["GLEANER_DATA"];
const edge = (name: string): string => join(data ?? "", "format_edge", name);
describe.runIf(data)(`DICOM series${data ? "" : " (left out: GLEANER_DATA is unset)"}`, () => {
  test("a folder of one series is its volume", async () => {
    const { code, stdout } = await call("inspect", edge("dicom_explicit_le"), "--voxel", "0,0,0", "--json");
    expect(code).toBe(0);
    const expected = JSON.parse(readFileSync(edge("expected.json"), "utf8"))["dicom_explicit_le"];
    const found = JSON.parse(stdout);
    expect([...found.shape].reverse()).toEqual(expected.size_xyz);
    expect([found.min, found.max, found.sum]).toEqual([expected.min, expected.max, expected.sum]);
    expect(found.series).toMatchObject({ modality: "CT", slices: 16, files: 16, problems: [] });
    expect(stdout).not.toContain('"patient');
  });

  test("several series are listed with what is wrong with them; --series takes one", async () => {
    const root = join(home, "series");
    for (const name of ["dicom_explicit_le", "dicom_gap"]) cpSync(edge(name), join(root, name), { recursive: true });
    writeFileSync(join(root, "cut.dcm"), readFileSync(edge("dicom_rle/000.dcm")).subarray(0, 300));
    const { series, unreadable } = JSON.parse((await call("inspect", root, "--json")).stdout);
    expect(series).toHaveLength(2);
    const [whole] = series.filter(({ problems }: { problems: string[] }) => problems.length === 0);
    const [gap] = series.filter(({ problems }: { problems: string[] }) => problems.length > 0);
    expect(whole).toMatchObject({ slices: 16, sizeXY: [40, 36], files: 16 });
    expect(gap).toMatchObject({ slices: 15, problems: [expect.stringContaining("1 slice missing?")] });
    expect(unreadable).toEqual([{ file: join(root, "cut.dcm"), reason: expect.any(String) }]);
    const { stdout } = await call("inspect", root);
    expect(stdout.split("\n")[0]).toBe(`${"folder".padEnd(whole.id.length)}  ${root}: 2 series`);
    for (const text of [whole.id, gap.id, "16 slices of 40 x 36 in 16 files", "not a volume", "cannot be read"])
      expect(stdout).toContain(text);
    const one = await call("inspect", root, "--series", whole.uid, "--json");
    expect(JSON.parse(one.stdout)).toMatchObject({ shape: [16, 36, 40], series: { uid: whole.uid } });
    const none = await call("inspect", root, "--series", "1.2.3");
    expect([none.code, none.stderr]).toEqual([
      2,
      `gleaner: --series is "1.2.3"; expected one of the 2 series of ${root}, which gleaner inspect lists without it\n`,
    ]);
    const voxel = await call("inspect", root, "--voxel", "0,0,0");
    expect(voxel.stderr).toBe(`gleaner: ${root} is no single volume, which --voxel needs; expected one, or --series UID\n`);
  });
});
