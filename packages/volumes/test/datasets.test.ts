import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, relative } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { createVolume, isVolumeError, type VolumeError } from "../src/index.js";
import {
  type BadSeries,
  type DicomTreeOptions,
  dicomTreeScans,
  indexDicomTree,
  openDataSet,
  readLuna16,
  readVolume,
  volumeFiles,
  writeVolume,
} from "../src/node.js";
import { dataFolder, dataPath, withData } from "./data.js";

const home = mkdtempSync(join(tmpdir(), "datasets-"));
afterAll(() => rmSync(home, { recursive: true }));
const place = (): string => mkdtempSync(join(home, "set-"));
const header = "seriesuid,coordX,coordY,coordZ,diameter_mm";
const cube = createVolume({ data: new Int16Array(8), shape: [2, 2, 2] });

const collect = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
};
const rejection = async (work: Promise<unknown>): Promise<VolumeError> => {
  const error = await work.then(
    () => new Error("nothing was wrong"),
    (caught: unknown) => caught,
  );
  if (!isVolumeError(error)) throw error;
  return error;
};

describe("volumeFiles", () => {
  test("names the files behind each kind of volume", async () => {
    const folder = place();
    for (const name of ["a.mhd", "b.mha", "c.nii.gz", "d.hdr", "e.nhdr", "f.nrrd"]) await writeVolume(join(folder, name), cube);
    const names = async (name: string) => (await volumeFiles(join(folder, name))).map((path) => basename(path));
    expect(await names("a.mhd")).toEqual(["a.mhd", "a.zraw"]);
    expect(await names("b.mha")).toEqual(["b.mha"]);
    expect(await names("c.nii.gz")).toEqual(["c.nii.gz"]);
    for (const name of ["d.hdr", "d.img"]) expect(await names(name)).toEqual(["d.hdr", "d.img"]);
    expect(await names("e.nhdr")).toEqual(["e.nhdr", "e.raw.gz"]);
    expect(await names("f.nrrd")).toEqual(["f.nrrd"]);
    mkdirSync(join(folder, "deep"));
    writeFileSync(join(folder, "deep/0.dcm"), "");
    writeFileSync(join(folder, ".hidden"), "");
    expect((await volumeFiles(folder)).map((path) => relative(folder, path))).toEqual([
      ...readdirSync(folder)
        .filter((name) => name !== "deep" && name !== ".hidden")
        .sort(),
      "deep/0.dcm",
    ]);
    expect(await volumeFiles([join(folder, "f.nrrd"), join(folder, "b.mha")])).toEqual([join(folder, "b.mha"), join(folder, "f.nrrd")]);
  });

  test("a file that is missing is named, also by who names it", async () => {
    const folder = place();
    await writeVolume(join(folder, "a.mhd"), cube);
    rmSync(join(folder, "a.zraw"));
    const error = await rejection(volumeFiles(join(folder, "a.mhd")));
    expect([error.tag, error.message]).toEqual([
      "NotFound",
      `${join(folder, "a.zraw")}: there is no such file; ${join(folder, "a.mhd")} names it`,
    ]);
    expect((await rejection(volumeFiles([join(folder, "none")]))).tag).toBe("NotFound");
    writeFileSync(join(folder, "notes.txt"), "hello");
    expect((await rejection(volumeFiles(join(folder, "notes.txt")))).tag).toBe("UnknownFormat");
    writeFileSync(join(folder, "up.mhd"), "NDims = 3\nDimSize = 1 1 1\nElementType = MET_SHORT\nElementDataFile = ../../secret\n");
    expect((await rejection(volumeFiles(join(folder, "up.mhd")))).tag).toBe("UnsafePath");
  });
});

describe("openDataSet", () => {
  test("LUNA16: folds, masks of the lungs, tables", async () => {
    const folder = place();
    for (const part of ["subset0", "subset9", "seg-lungs-LUNA16", "CSVFILES"]) mkdirSync(join(folder, part));
    for (const path of ["subset0/1.1.mhd", "subset9/1.2.mhd", "seg-lungs-LUNA16/1.2.mhd"]) writeFileSync(join(folder, path), "");
    writeFileSync(join(folder, "CSVFILES/annotations.csv"), `${header}\n1.1,1,2,3,4\n`);
    const set = await openDataSet(folder);
    expect([set.layout, set.annotationsPath, set.annotations.length]).toEqual(["LUNA16", join(folder, "CSVFILES/annotations.csv"), 1]);
    expect(await collect(set.scans())).toEqual([
      { id: "1.1", path: join(folder, "subset0/1.1.mhd"), subset: 0 },
      { id: "1.2", path: join(folder, "subset9/1.2.mhd"), subset: 9, lungMask: join(folder, "seg-lungs-LUNA16/1.2.mhd") },
    ]);
  });

  test("a plain folder: the one CSV with LUNA16's columns is its table, and patients.csv tells who is who", async () => {
    const folder = place();
    for (const name of ["a.nii.gz", "b.nrrd", "c.mha"]) writeFileSync(join(folder, name), "");
    writeFileSync(join(folder, "nodules of 2026.csv"), `\ufeff"seriesuid",coordX,coordY,coordZ,diameter_mm,reader\r\nb,1,2,3,4,x\r\n`);
    writeFileSync(join(folder, "ages.csv"), "seriesuid,age\na,60\n");
    writeFileSync(join(folder, "patients.csv"), "SeriesUID,patient,site\na,p1,x\nb,p1,x\n");
    const set = await openDataSet(folder);
    expect([set.layout, basename(set.annotationsPath ?? "")]).toEqual(["folder", "nodules of 2026.csv"]);
    expect(set.annotations).toEqual([{ scan: "b", x: 1, y: 2, z: 3, diameterMm: 4 }]);
    expect((await collect(set.scans())).map(({ id, patient }) => [id, patient])).toEqual([
      ["a", "p1"],
      ["b", "p1"],
      ["c", undefined],
    ]);
    // Of two such tables neither is taken.
    writeFileSync(join(folder, "more.csv"), `${header}\n`);
    expect(readLuna16(folder).annotationsPath).toBeUndefined();
    writeFileSync(join(folder, "annotations.csv"), `${header}\n`);
    expect(readLuna16(folder).annotationsPath).toBe(join(folder, "annotations.csv"));
  });

  test.each([
    ["id,patient\n", 'its header is "id,patient", expected the columns seriesuid,patient'],
    ["seriesuid,patient\na,\n", "line 2 has no patient"],
    ["seriesuid,patient\n,p\n", "line 2 has no seriesuid"],
  ])("patients.csv of %j is refused", async (text, reason) => {
    const folder = place();
    writeFileSync(join(folder, "patients.csv"), text);
    expect((await rejection(openDataSet(folder))).message).toBe(`${join(folder, "patients.csv")}: ${reason}`);
  });

  test("says what was looked for where there is no scan", async () => {
    const folder = place();
    writeFileSync(join(folder, "notes.txt"), "hello");
    const error = await rejection(openDataSet(folder, { index: join(home, "none.jsonl") }));
    expect([error.tag, error.message]).toEqual([
      "UnknownFormat",
      `${folder}: its 1 entry holds no scan, expected volumes (.mhd, .mha, .nii, .nii.gz, .nrrd) in it or in subset0 to subset9, or DICOM files in it or below`,
    ]);
    expect((await rejection(openDataSet(join(folder, "none")))).tag).toBe("NotFound");
  });
});

const edge = (name: string): string => dataPath("format_edge", name);
describe.runIf(dataFolder)(withData("a tree of DICOM series"), () => {
  /** Two patients' series, one that is a copy, one with a gap, one cut off, and what is no DICOM. */
  function makeTree(): { root: string; index: string } {
    const folder = place();
    const root = join(folder, "NLST");
    const put = (from: string, to: string): void => cpSync(edge(from), join(root, to), { recursive: true });
    put("dicom_explicit_le", "p1/study/series-a");
    put("dicom_explicit_le", "p1/study/series-copy");
    put("dicom_gap", "p2/study/gap");
    put("dicom_rle", "p2/study/rle");
    writeFileSync(join(root, "p2/notes.txt"), "hello");
    truncateSync(join(root, "p2/study/rle/003.dcm"), 200);
    return { root, index: join(folder, "index.jsonl") };
  }
  const read = async ({ root, index }: { root: string; index: string }, options: DicomTreeOptions = {}) => {
    const bad: BadSeries[] = [];
    const scans = await collect(dicomTreeScans(root, index, { ...options, onBad: (each) => bad.push(each) }));
    return { scans, bad: bad.map(({ path, ...rest }) => ({ ...rest, path: relative(root, path) })) };
  };

  test("lists the series that are volumes, and the others with their reasons", async () => {
    const tree = makeTree();
    const summary = await indexDicomTree(tree.root, tree);
    expect(summary).toMatchObject({ folders: 5, read: 5 });
    const { scans, bad } = await read(tree);
    expect(scans.map(({ path, slices, sizeXY }) => [relative(tree.root, path), slices, sizeXY])).toEqual([
      ["p1/study/series-a", 16, [40, 36]],
    ]);
    const reasons = Object.fromEntries(bad.map(({ path, reason }) => [path, reason]));
    expect(reasons["p1/study/series-copy"]).toBe(
      `the series is also in ${join(tree.root, "p1/study/series-a")}; expected each series once`,
    );
    expect(reasons["p2/study/gap"]).toContain("1 slice missing?");
    expect(reasons["p2/study/rle/003.dcm"]).toBeDefined();
    // What the index names can be read.
    const scan = scans[0]!;
    expect((await readVolume(scan.path, { series: scan.series })).shape).toEqual([16, 36, 40]);
    expect((await read(tree, { minSlices: 17 })).bad).toContainEqual({
      id: scan.id,
      path: "p1/study/series-a",
      reason: "it has 16 slices; expected at least 17",
    });
    expect((await read(tree, { modality: "MR" })).bad[0]!.reason).toBe("its modality is CT; expected MR");
    await expect(collect(dicomTreeScans(tree.root, tree.index, { minSlices: 0 }))).rejects.toThrow(
      "minSlices is 0, expected a positive integer",
    );
  });

  test("stores no tag of the patient, only whether two series are of one", async () => {
    const folder = place();
    const root = join(folder, "tree");
    cpSync(edge("dicom_explicit_le"), join(root, "a"), { recursive: true });
    cpSync(edge("dicom_implicit_le"), join(root, "b"), { recursive: true });
    const index = join(folder, "index.jsonl");
    await indexDicomTree(root, { index, salt: "one" });
    const text = readFileSync(index, "utf8");
    // PatientID as it stands in the file: its tag, LO, its length, its text.
    const bytes = readFileSync(join(root, "a/000.dcm"));
    const at = bytes.indexOf(Buffer.from([0x10, 0x00, 0x20, 0x00, 0x4c, 0x4f]));
    const patientId = bytes.toString("latin1", at + 8, at + 8 + bytes.readUInt16LE(at + 6)).trim();
    expect(patientId.length).toBeGreaterThan(2);
    expect(text).not.toContain(patientId);
    const hashes = text.match(/"patient":"[0-9a-f]{32}"/g)!;
    expect(hashes).toHaveLength(2);
    expect(new Set(hashes).size).toBe(1);
    // Under another salt the hash is another, so that indexes of two places cannot be joined by it.
    await indexDicomTree(root, { index, salt: "two" });
    expect(readFileSync(index, "utf8")).not.toContain(hashes[0]!);
  });

  test("reads again only what has changed", async () => {
    const tree = makeTree();
    await indexDicomTree(tree.root, tree);
    const first = readFileSync(tree.index, "utf8");
    expect(await indexDicomTree(tree.root, tree)).toMatchObject({ folders: 5, read: 0 });
    expect(readFileSync(tree.index, "utf8")).toBe(first);
    utimesSync(join(tree.root, "p1/study/series-a/000.dcm"), new Date(), new Date(2020, 1, 1));
    rmSync(join(tree.root, "p2/study/gap/006.dcm"));
    rmSync(join(tree.root, "p1/study/series-copy"), { recursive: true });
    expect(await indexDicomTree(tree.root, tree)).toMatchObject({ folders: 4, read: 2 });
    expect((await read(tree)).bad.map(({ path }) => path)).not.toContain("p1/study/series-copy");
  });

  test("goes on after a kill: what was read is not read again, a torn line is", async () => {
    const tree = makeTree();
    const stop = new AbortController();
    const stopped = indexDicomTree(tree.root, { ...tree, signal: stop.signal, onFolder: ({ folders }) => folders === 3 && stop.abort() });
    await expect(stopped).rejects.toThrow(/abort/);
    expect(existsSync(tree.index)).toBe(false);
    appendFileSync(`${tree.index}.part`, '{"folder":"p2/study/rle","sta');
    const { folders, read: again } = await indexDicomTree(tree.root, tree);
    expect([folders, again]).toEqual([5, 2]);
    expect(readdirSync(join(tree.index, "..")).sort()).toEqual(["NLST", "index.jsonl"]);
    const other = join(place(), "other.jsonl");
    await indexDicomTree(tree.root, { index: other, salt: JSON.parse(readFileSync(tree.index, "utf8").split("\n")[0]!).salt });
    expect(readFileSync(other, "utf8")).toBe(readFileSync(tree.index, "utf8"));
  });

  test("several series in one folder are told by their files", async () => {
    const folder = place();
    const root = join(folder, "flat");
    for (const [from, letter] of [
      ["dicom_explicit_le", "a"],
      ["dicom_slope_half", "b"],
    ] as const)
      for (const name of readdirSync(edge(from))) cpSync(join(edge(from), name), join(root, `${letter}${name}`), { recursive: true });
    const index = join(folder, "index.jsonl");
    await indexDicomTree(root, { index });
    const { scans } = await read({ root, index });
    const uids = new Set(scans.map(({ id }) => id));
    expect(uids.size).toBe(2);
    for (const scan of scans) expect(scan.files).toHaveLength(16);
    expect(scans).toHaveLength(2);
  });

  test("an index that is none is refused, and one that leads out of the root", async () => {
    const root = place();
    const index = join(root, "x.jsonl");
    expect((await rejection(collect(dicomTreeScans(root, index)))).tag).toBe("NotFound");
    writeFileSync(index, "hello\n");
    expect((await rejection(collect(dicomTreeScans(root, index)))).message).toBe(
      `${index}: line 1 is "hello", expected a line of an index of DICOM series`,
    );
    const line = (folder: string): string => JSON.stringify({ folder, state: "", series: [], unreadable: [] });
    for (const folder of ["../other", "/etc", "a/../../b", "C:\\"]) {
      writeFileSync(index, `{"gleaner":"dicom-index","version":1,"salt":"s"}\n${line("a")}\n${line(folder)}\n`);
      expect((await rejection(collect(dicomTreeScans(root, index)))).message).toContain("line 3 is");
    }
    // The walk makes a broken one anew.
    expect(await indexDicomTree(root, { index })).toMatchObject({ folders: 0 });
  });

  test("openDataSet reads a tree with its tables", async () => {
    const { root, index } = makeTree();
    const [scan] = await collect((await openDataSet(root, { index })).scans());
    writeFileSync(join(root, "annotations.csv"), `${header}\n${scan!.id},1,2,3,4\n`);
    writeFileSync(join(root, "patients.csv"), `seriesuid,patient\n${scan!.id},p1\n`);
    const set = await openDataSet(root, { index });
    expect([set.layout, set.annotations.length]).toEqual(["DICOM", 1]);
    expect(await collect(set.scans())).toMatchObject([{ id: scan!.id, series: scan!.id, patient: "p1" }]);
  });
});
