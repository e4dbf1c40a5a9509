import { appendFileSync, copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { parseCandidates, parseDicomSeg, parseFindings, type Volume, voxelToWorld } from "@gleaner/volumes";
import { listDicomFolder, readLuna16, readVolume } from "@gleaner/volumes/node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { detect } from "../src/run/detect.js";
import { readDicomObject, writeSeries } from "./dicom-series.js";
import { type Called, callIn } from "./helpers.js";
import { makeTrainingSet, tinySettings } from "./training-set.js";

let set: Awaited<ReturnType<typeof makeTrainingSet>>;
let paths: string[];
let series: string;
/** The probability of the third mark of the first scan, so that three marks are at or above it. */
let third: number;

const gleaner = (...argv: string[]): Promise<Called> => callIn({ GLEANER_CACHE: set.at("cache") }, ...argv, "--engine", "wasm");
const detectIn = (...argv: string[]): Promise<Called> => gleaner("detect", set.at("run"), ...argv);

/** What `--json` says of a call that went well. */
async function result(...argv: string[]) {
  const { code, stdout, stderr } = await detectIn(...argv, "--json");
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout);
}

/** The last line of a call that did not, with its exit code. */
async function refusal(...argv: string[]): Promise<string> {
  const { code, stdout, stderr } = await detectIn(...argv);
  expect(stdout).toBe("");
  return `${code} ${stderr.replaceAll(set.home, "~").trimEnd().split("\n").at(-1)}`;
}

beforeAll(async () => {
  set = await makeTrainingSet();
  paths = readLuna16(set.at("phantoms")).scans.map(({ path }) => path);
  writeFileSync(set.at("tiny.yaml"), stringify(tinySettings({ detection: { scoreThreshold: 0, maxPerScan: 20 } })));
  const { code, stderr } = await gleaner("train", set.at("tiny.yaml"), "--out", set.at("run"));
  expect(code, stderr).toBe(0);
  series = set.at("series");
  await writeSeries(series, await readVolume(paths[0]!));
  await result(paths[0]!, "--out", set.at("first.csv"));
  third = parseCandidates(readFileSync(set.at("first.csv"), "utf8"))[2]!.probability;
});
afterAll(() => set.remove());

/** The label that a voxel should have: the first of the spheres that holds its center. */
function expectLabels(map: Volume, spheres: readonly { x: number; y: number; z: number; diameterMm: number }[]): void {
  const [, rows, columns] = map.shape;
  let wrong = 0;
  for (const [i, label] of map.data.entries()) {
    const place = [Math.floor(i / (rows * columns)), Math.floor(i / columns) % rows, i % columns] as const;
    const [x, y, z] = voxelToWorld(map, [...place]);
    const distances = spheres.map((sphere) => Math.hypot(x - sphere.x, y - sphere.y, z - sphere.z) - sphere.diameterMm / 2);
    // Rounding decides on the surface itself.
    if (distances.some((distance) => Math.abs(distance) < 1e-3)) continue;
    if (label !== 1 + distances.findIndex((distance) => distance < 0)) wrong++;
  }
  expect(wrong).toBe(0);
}

const rowsOf = (csv: string) => {
  const text = readFileSync(csv, "utf8");
  const findings = parseFindings(text);
  return parseCandidates(text).map((candidate, i) => ({ ...candidate, diameterMm: findings[i]!.diameterMm }));
};

describe("gleaner detect --labels, --diameters", () => {
  test("labels are spheres of the CSV's diameters on the scan's own grid, from --at on", async () => {
    const [out, labels] = [set.at("with.csv"), set.at("maps/of/labels")];
    const path = paths[0]!;
    const said = await result(path, "--out", out, "--diameters", "--labels", labels, "--at", String(third));
    const id = said.scans[0].scan;
    const file = join(labels, `${id}.nii.gz`);
    expect(said.scans).toEqual([{ scan: id, path, marks: 20, highest: expect.any(Number), labels: file }]);
    expect(said.files).toEqual([out, file]);
    expect(readdirSync(labels)).toEqual([basename(file)]);
    const [header, first] = readFileSync(out, "utf8").split("\n");
    expect(header).toBe("seriesuid,coordX,coordY,coordZ,probability,diameter_mm");
    // The same rows as without the diameters.
    expect(readFileSync(set.at("first.csv"), "utf8").split("\n")[1]).toBe(first!.slice(0, first!.lastIndexOf(",")));
    const map = await readVolume(file);
    const scan = await readVolume(path);
    expect(map.shape).toEqual(scan.shape);
    for (const place of [[0, 0, 0], scan.shape] as const)
      for (const [axis, mm] of voxelToWorld(map, [...place]).entries()) expect(mm).toBeCloseTo(voxelToWorld(scan, [...place])[axis]!, 3);
    const marks = rowsOf(out).slice(0, 3);
    expect(marks.every(({ diameterMm }) => diameterMm > 1 && diameterMm < 64)).toBe(true);
    expectLabels(map, marks);
    expect(Math.max(...map.data)).toBe(3);
    // Nothing is as sure as this.
    await result(path, "--out", out, "--labels", labels, "--at", "1");
    expect((await readVolume(file)).data.every((label) => label === 0)).toBe(true);
  });

  test("says to people what is written", async () => {
    const { code, stdout } = await detectIn(paths[0]!, "--out", set.at("people.csv"), "--labels", set.at("people"));
    expect(code).toBe(0);
    expect(stdout.split("\n").at(-2)).toBe(`wrote ${set.at("people.csv")} and 1 files in ${set.at("people")}`);
  });
});

/** Checks a report and a segmentation against the CSV, the label map and the series. */
async function expectObjects(folder: string, said: { scans: Record<string, string>[] }, csv: string, at: number): Promise<void> {
  const [{ scan, labels, sr, seg }] = said.scans as [Record<string, string>];
  const marks = rowsOf(csv).filter((row) => row.scan === scan && row.probability >= at);
  const [facts] = await listDicomFolder(folder);
  const slices = facts!.files.map((file) => readDicomObject(file));
  const report = readDicomObject(sr!);
  expect(report).toMatchObject({
    Modality: "SR",
    StudyInstanceUID: slices[0]!["StudyInstanceUID"],
    ManufacturerModelName: "gleaner detect",
  });
  const evidence = report["CurrentRequestedProcedureEvidenceSequence"][0].ReferencedSeriesSequence[0];
  expect(evidence.SeriesInstanceUID).toBe(facts!.uid);
  expect(evidence.ReferencedSOPSequence.map(({ ReferencedSOPInstanceUID: uid }: Record<string, string>) => uid)).toEqual(
    slices.map(({ SOPInstanceUID: uid }) => uid),
  );
  // biome-ignore lint/suspicious/noExplicitAny: a tree of DICOM items.
  const groups = report["ContentSequence"].at(-1).ContentSequence.map((group: any) => group.ContentSequence);
  expect(groups).toHaveLength(marks.length);
  for (const [n, { x, y, z, diameterMm, probability }] of marks.entries()) {
    // biome-ignore lint/suspicious/noExplicitAny: a tree of DICOM items.
    const items: any[] = groups[n];
    const points = items.find(({ ValueType }) => ValueType === "SCOORD3D").GraphicData as number[];
    for (const [axis, center] of [x, y, z].entries()) {
      const along = points.filter((_, i) => i % 3 === axis);
      expect(Math.max(...along)).toBeCloseTo(center + diameterMm / 2, 3);
      expect(Math.min(...along)).toBeCloseTo(center - diameterMm / 2, 3);
    }
    const numbers = items.filter(({ ValueType }) => ValueType === "NUM").map((item) => Number(item.MeasuredValueSequence[0].NumericValue));
    expect(numbers[0]).toBeCloseTo(diameterMm, 6);
    expect(numbers[1]).toBeCloseTo(100 * probability, 6);
  }
  const map = await readVolume(labels!);
  expectLabels(map, marks);
  const present = [...new Set(map.data)].filter((label) => label > 0).sort((a, b) => a - b);
  const segmentation = await parseDicomSeg(readFileSync(seg!));
  expect(segmentation).toMatchObject({ kind: "binary", seriesUid: facts!.uid });
  expect(segmentation.segments.map(({ label }) => label)).toEqual(present.map((label) => `Finding ${label}`));
  for (const [i, { mask }] of segmentation.segments.entries()) {
    expect(Array.from(mask!.data).filter((value) => value === 1).length).toBe(map.data.filter((value) => value === present[i]).length);
    const ones = [...mask!.data.keys()].filter((voxel) => mask!.data[voxel] === 1);
    const [, rows, columns] = mask!.shape;
    const mine = marks[present[i]! - 1]!;
    for (const voxel of ones) {
      const [x, y, z] = voxelToWorld(mask!, [Math.floor(voxel / (rows * columns)), Math.floor(voxel / columns) % rows, voxel % columns]);
      // A sphere between all centers has the voxel nearest to it.
      const reach = Math.max(mine.diameterMm / 2, Math.hypot(...map.spacingMm) / 2);
      expect(Math.hypot(x - mine.x, y - mine.y, z - mine.z)).toBeLessThan(reach + 1e-2);
    }
  }
}

const objects = (name: string): string[] => ["labels", "sr", "seg"].flatMap((kind) => [`--${kind}`, set.at(`${name}/${kind}`)]);

describe("gleaner detect --sr, --seg", () => {
  test("a series gets a report and a segmentation of the same marks, and the marks that its voxels have in another format", async () => {
    const out = set.at("objects.csv");
    const said = await result(series, "--out", out, "--diameters", ...objects("objects"), "--at", String(third));
    expect(said.files).toEqual(
      [out, ...["labels/series.nii.gz", "sr/series.dcm", "seg/series.dcm"].map((name) => set.at(`objects/${name}`))].sort(),
    );
    await expectObjects(series, said, out, third);
    const numbers = (csv: string): number[] => rowsOfCandidates(csv).flatMap(({ x, y, z, probability }) => [x, y, z, probability]);
    for (const [i, value] of numbers(out).entries()) expect(value).toBeCloseTo(numbers(set.at("first.csv"))[i]!, 4);
  });

  test("no mark makes an empty report and no segmentation, and one of a former call goes", async () => {
    const call = [series, "--out", set.at("empty.csv"), ...objects("objects")];
    expect(existsSync(set.at("objects/seg/series.dcm"))).toBe(true);
    const said = await result(...call, "--at", "1");
    expect(said.scans[0].seg).toBe(null);
    expect(said.files).not.toContain(set.at("objects/seg/series.dcm"));
    expect(existsSync(set.at("objects/seg/series.dcm"))).toBe(false);
    expect(readDicomObject(set.at("objects/sr/series.dcm"))["ContentSequence"].at(-1).ContentSequence ?? []).toHaveLength(0);
  });

  test("what cannot be written is refused beforehand in one sentence", async () => {
    const out = ["--out", set.at("refused.csv")];
    const scan = paths[0]!;
    const name = basename(scan);
    expect(await refusal(series, scan, ...out, "--sr", set.at("sr"))).toBe(
      `2 gleaner: ${scan.replace(set.home, "~")} is a file, and --sr refers to slices; expected the folder of a DICOM series`,
    );
    expect(await refusal(series, ...out, "--sr", set.at("both"), "--seg", set.at("both/"))).toBe(
      "2 gleaner: --sr and --seg are both ~/both; expected two folders, as both name their files by the scan",
    );
    expect(await refusal(series, ...out, "--seg", join(series, "deeper"))).toBe(
      "2 gleaner: --seg is ~/series/deeper, in the folder of the scan ~/series; expected a folder outside of the scans",
    );
    expect(await refusal(scan, ...out, "--labels", scan)).toMatch(/^2 gleaner: --labels is .*\.mhd, a file; expected a folder$/);
    expect(await refusal(scan, ...out, "--labels", "")).toBe('2 gleaner: --labels is ""; expected a folder');
    expect(await refusal(scan, "--out", scan)).toMatch(
      new RegExp(`^2 gleaner: .*${name} is one of the scans; expected another place to write to$`),
    );
    mkdirSync(set.at("own"));
    writeFileSync(set.at("own/a.nii.gz"), "a scan");
    expect(await refusal(set.at("own/a.nii.gz"), ...out, "--labels", set.at("own"))).toBe(
      "2 gleaner: ~/own/a.nii.gz is one of the scans; expected another place to write to",
    );
    expect(await refusal(scan, ...out, "--at", "0.3")).toBe(
      '2 gleaner: --at is "0.3" without --labels, --sr or --seg; expected one of them, as the CSV has every mark',
    );
    expect(await refusal(scan, ...out, "--labels", set.at("no"), "--at", "50%")).toBe(
      '2 gleaner: --at is "50%"; expected a number from 0 to 1',
    );
    for (const left of ["refused.csv", "sr", "both", "no", "series/deeper"]) expect(existsSync(set.at(left))).toBe(false);
  });

  const data = process.env["GLEANER_DATA"];
  for (const [name, folder] of [
    ["an export of explicit little endian", "format_edge/dicom_explicit_le"],
    ["slices of LIDC-IDRI", "lidc_idri_0314/dicom_nodule_slices"],
  ] as const) {
    test.skipIf(!data)(`${name} (GLEANER_DATA)`, async () => {
      const [out, path] = [set.at(`${basename(folder)}.csv`), join(data!, folder)];
      const all = await result(path, "--out", out);
      const at = parseCandidates(readFileSync(out, "utf8"))[4]!.probability;
      expect(all.scans[0].marks).toBeGreaterThan(4);
      const said = await result(path, "--out", out, "--diameters", ...objects(basename(folder)), "--at", String(at));
      await expectObjects(path, said, out, at);
    });
  }
});

const rowsOfCandidates = (csv: string) => parseCandidates(readFileSync(csv, "utf8"));

describe("gleaner detect, many scans", () => {
  /** A call that is stopped within its third scan. */
  async function stopped(out: string): Promise<void> {
    const controller = new AbortController();
    const work = detect({
      run: set.at("run"),
      scans: paths,
      out,
      preparedFolder: set.at("cache/prepared"),
      folders: { labels: `${out}-maps` },
      signal: controller.signal,
      onTile: (scan) => scan === 2 && controller.abort(),
    });
    await expect(work).rejects.toMatchObject({ name: "AbortError" });
    expect(existsSync(out)).toBe(false);
  }
  const linesOf = (file: string): string[] => readFileSync(file, "utf8").trimEnd().split("\n");

  test("--resume gives the CSV of a call that was not stopped, and does again only what is not there", async () => {
    await result(...paths, "--out", set.at("whole.csv"));
    const out = set.at("stopped.csv");
    await stopped(out);
    const parts = `${out}.parts.jsonl`;
    expect(linesOf(parts)).toHaveLength(3);
    expect(await refusal(...paths, "--out", out, "--labels", `${out}-maps`)).toBe(
      "2 gleaner: ~/stopped.csv.parts.jsonl holds the scans that a call before has finished; expected --resume to go on, or the file deleted to begin anew",
    );
    expect(await refusal(...paths, "--out", out, "--labels", `${out}-maps`, "--at", "0.25", "--resume")).toBe(
      "2 gleaner: ~/stopped.csv.parts.jsonl: --at is 0.25 now and was 0.5; expected the call that is gone on with, or the file deleted to begin anew",
    );
    expect(await refusal(...paths, "--out", out, "--resume")).toMatch(/: --labels is not given now and was "/);
    // Killed in the middle of a line, and a file of the second scan is gone.
    appendFileSync(parts, linesOf(parts)[1]!.slice(0, 50));
    const [, second] = readdirSync(`${out}-maps`).sort();
    rmSync(join(`${out}-maps`, second!));
    const said = await result(...paths, "--out", out, "--labels", `${out}-maps`, "--resume");
    expect(said.resumed).toBe(1);
    expect(readFileSync(out, "utf8")).toBe(readFileSync(set.at("whole.csv"), "utf8"));
    expect(readdirSync(`${out}-maps`)).toHaveLength(paths.length);
    expect(said.files).toHaveLength(1 + paths.length);
    expect(existsSync(parts)).toBe(false);
    // With nothing to go on with it is a call like any other.
    expect((await result(paths[0]!, "--out", out, "--resume")).resumed).toBe(0);
  });

  test("--resume does not take the marks of a file that has changed, or of another detector", async () => {
    const out = set.at("changed.csv");
    const copies = paths.slice(0, 2).map((_, i) => set.at(`copies/${i}.nii.gz`));
    mkdirSync(set.at("copies"));
    const { writeVolume } = await import("@gleaner/volumes/node");
    for (const [i, copy] of copies.entries()) await writeVolume(copy, await readVolume(paths[i]!));
    const controller = new AbortController();
    const work = detect({
      ...{ run: set.at("run"), scans: copies, out, preparedFolder: set.at("cache/prepared"), signal: controller.signal },
      onTile: (scan) => scan === 1 && controller.abort(),
    });
    await expect(work).rejects.toMatchObject({ name: "AbortError" });
    copyFileSync(copies[1]!, copies[0]!);
    const parts = readFileSync(`${out}.parts.jsonl`, "utf8");
    writeFileSync(`${out}.parts.jsonl`, parts.replace(/"the detector":"\w+"/, '"the detector":"0123"'));
    expect(await refusal(...copies, "--out", out, "--resume")).toMatch(
      /parts\.jsonl: the detector is "\w{16}" now and was "0123"; expected /,
    );
    writeFileSync(`${out}.parts.jsonl`, "{}[]\n");
    expect(await refusal(...copies, "--out", out, "--resume")).toBe(
      "2 gleaner: ~/changed.csv.parts.jsonl does not begin with a line on its call; expected the file that `gleaner detect` leaves",
    );
    writeFileSync(`${out}.parts.jsonl`, parts);
    expect((await result(...copies, "--out", out, "--resume")).resumed).toBe(0);
    const marksOf = (id: string): number[][] =>
      rowsOfCandidates(out).flatMap(({ scan, x, y, z, probability }) => (scan === id ? [[x, y, z, probability]] : []));
    expect(marksOf("0")).toEqual(marksOf("1"));
  });

  test("scans that fail are told at the end, and the CSV holds the others", async () => {
    const cut = set.at("cut.mha");
    writeFileSync(cut, "NDims = 3\nDimSize = 10 10 10\nElementType = MET_SHORT\nElementDataFile = LOCAL\n12");
    const out = set.at("others.csv");
    const { code, stdout, stderr } = await detectIn(paths[0]!, cut, paths[1]!, "--out", out, "--json");
    expect(code).toBe(1);
    const said = JSON.parse(stdout);
    expect(said.scans.map(({ path }: { path: string }) => path)).toEqual(paths.slice(0, 2));
    expect(said.failed).toEqual([{ scan: "cut", path: cut, reason: expect.stringMatching(/cut\.mha: /) }]);
    expect(stderr.trimEnd().split("\n").slice(-2)).toEqual([
      expect.stringMatching(/^failed: cut: /),
      "gleaner: 1 of 3 scans could not be done; expected every scan to be readable",
    ]);
    expect(new Set(rowsOfCandidates(out).map(({ scan }) => scan)).size).toBe(2);
    expect(existsSync(`${out}.parts.jsonl`)).toBe(false);
  });
});
