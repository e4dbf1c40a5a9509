import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createVolume, voxelToWorld, worldToVoxel } from "@gleaner/volumes";
import { readLuna16, readVolume, writeVolume } from "@gleaner/volumes/node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readInsertRecords } from "../src/run/insert-journal.js";
import { writeInsertSet } from "../src/run/insert-set.js";
import { call } from "./helpers.js";
import { syntheticChest } from "./phantom/inserted/chest.js";

const home = mkdtempSync(join(tmpdir(), "inserted-"));
afterAll(() => rmSync(home, { recursive: true }));
const at = (name: string): string => join(home, name);
const size: [number, number, number] = [40, 40, 40];
const real = { diameterMm: 7 };

beforeAll(async () => {
  for (const [seed, name] of ["anna", "berta"].entries())
    await writeVolume(at(`${name}.mhd`), syntheticChest({ shape: [48, 52, 56], seed, noiseHu: 20 }).volume);
  const { volume } = syntheticChest({ shape: [48, 52, 56] });
  const [x, y, z] = voxelToWorld(volume, [24, 26, 28]);
  const header = "seriesuid,coordX,coordY,coordZ,diameter_mm\n";
  writeFileSync(at("annotations.csv"), `${header}anna,${x},${y},${z},${real.diameterMm}\nother,${x},${y},${z},9\n`);
  writeFileSync(at("excluded.csv"), `${header}berta,${x},${y},${z},-1\nberta,9999,0,0,-1\n`);
});
const inputs = () => ({
  into: [at("anna.mhd"), at("berta.mhd")],
  seed: 3,
  size,
  annotations: at("annotations.csv"),
  excluded: at("excluded.csv"),
});

describe("writeInsertSet", () => {
  test("writes LUNA16's layout with a subset and a name for each patient; the tables agree with the blocks", async () => {
    const set = await writeInsertSet({ out: at("set"), scans: 4, ...inputs() });
    const luna = readLuna16(at("set"));
    expect(luna.scans).toHaveLength(4);
    expect(luna.unknown).toEqual([]);
    expect(luna.annotations).toHaveLength(set.nodules + set.real);
    for (const [p, patient] of ["anna", "berta"].entries()) {
      const own = luna.scans.filter(({ subset }) => subset === p);
      expect(own.map((scan) => scan.patient)).toEqual([patient, patient]);
      expect(set.patients[p]).toMatchObject({ patient, subset: `subset${p}` });
      expect([...set.patients[p]!.scans].sort()).toEqual(own.map(({ id }) => id).sort());
    }
    const records = readInsertRecords(at("set"));
    expect(new Set(records.map(({ scan }) => scan))).toEqual(new Set(luna.seriesUids));
    for (const { scan, patient, nodules, real: own, excluded } of records) {
      const { path } = luna.scans.find(({ id }) => id === scan)!;
      const volume = await readVolume(path);
      expect(volume).toMatchObject({ shape: size, spacingMm: [1.5, 1.5, 1.5] });
      // Blocks of 60 mm in a scan of 72 by 78 by 84 mm all have its middle: Anna's nodule, Berta's irrelevant finding.
      expect(own).toHaveLength(patient === "anna" ? 1 : 0);
      expect(excluded).toHaveLength(patient === "berta" ? 1 : 0);
      for (const { x, y, z, diameterMm } of nodules) {
        for (const [axis, v] of worldToVoxel(volume, [x, y, z]).entries()) expect(v > 2 && v < size[axis]! - 3).toBe(true);
        for (const finding of [...own, ...excluded])
          expect(Math.hypot(x - finding.x, y - finding.y, z - finding.z)).toBeGreaterThan(
            diameterMm / 2 + Math.max(3, finding.diameterMm / 2),
          );
      }
    }
    // Where nothing was inserted the block is the scan.
    const [record] = records;
    const block = await readVolume(luna.scans.find(({ id }) => id === record!.scan)!.path);
    const whole = await readVolume(at(`${record!.patient}.mhd`));
    const [z, y, x] = worldToVoxel(whole, voxelToWorld(block, [0, 0, 0])).map(Math.round) as [number, number, number];
    expect([z, y, x]).toEqual(record!.start);
    let same = 0;
    for (let i = 0; i < block.data.length; i++) {
      const [bz, by, bx] = [Math.floor(i / 1600), Math.floor(i / 40) % 40, i % 40];
      if (block.data[i] === whole.data[((z + bz) * 52 + y + by) * 56 + x + bx]) same++;
    }
    expect(same / block.data.length).toBeGreaterThan(0.8);
    expect(same).toBeLessThan(block.data.length);
  });

  test("goes on where it was stopped, and grows, to the same files as without a stop", async () => {
    const stop = new AbortController();
    const stopped = writeInsertSet({
      out: at("twice"),
      scans: 4,
      ...inputs(),
      signal: stop.signal,
      onProgress: (done) => done === 3 && stop.abort(),
    });
    await expect(stopped).rejects.toMatchObject({ name: "AbortError" });
    writeFileSync(at("twice/inserted.jsonl"), `${readFileSync(at("twice/inserted.jsonl"), "utf8")}{"scan":"2.25.`);
    expect(await writeInsertSet({ out: at("twice"), scans: 4, ...inputs() })).toMatchObject({ scans: 4, kept: 3 });
    const files = (readdirSync(at("set"), { recursive: true }) as string[]).sort();
    expect((readdirSync(at("twice"), { recursive: true }) as string[]).sort()).toEqual(files);
    for (const file of files.filter((name) => statSync(join(at("set"), name)).isFile()))
      expect(readFileSync(join(at("twice"), file)).equals(readFileSync(join(at("set"), file))), file).toBe(true);
    expect(await writeInsertSet({ out: at("twice"), scans: 5, ...inputs() })).toMatchObject({ scans: 5, kept: 4 });
  });

  test("refuses a folder of other settings or of something else, two scans of one name, and what is no chest", async () => {
    const refused = (change: object) => expect(writeInsertSet({ out: at("set"), scans: 1, ...inputs(), ...change })).rejects;
    await refused({ seed: 4 }).toMatchObject({ exitCode: 2, message: expect.stringContaining("holds blocks with seed 3, not 4") });
    await refused({ out: home }).toMatchObject({ exitCode: 2, message: expect.stringContaining("expected a new or empty folder") });
    await refused({ into: [at("anna.mhd"), at("anna.mhd")] }).toMatchObject({
      exitCode: 2,
      message: expect.stringContaining("both called anna; expected one scan of each patient"),
    });
    await writeVolume(at("water.mha"), createVolume({ data: new Int16Array(8000), shape: [20, 20, 20], spacingMm: [1.5, 1.5, 1.5] }));
    await refused({ out: at("water"), into: [at("water.mha")] }).toMatchObject({
      exitCode: 2,
      message: expect.stringContaining("shows no lungs in which noise could be measured"),
    });
  });
});

describe("gleaner phantom --into", () => {
  test("reports as JSON and in words", async () => {
    const words = ["--into", at("anna.mhd"), "--scans", "1", "--out", at("command"), "--size", "40,40,40"];
    const { code, stdout, stderr } = await call("phantom", ...words, "--json");
    expect(code, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ scans: 1, kept: 0, seed: 0, size, patients: [{ patient: "anna", subset: "subset0" }] });
    expect(await call("phantom", ...words, "--quiet")).toMatchObject({
      code: 0,
      stderr: "",
      stdout: expect.stringMatching(/1 blocks \(1 were there\) of 1 patients.*\nsubset0 {2}1 blocks of anna\n$/),
    });
  });

  test.each([
    [["--template", "x"], "--template is given without --into; expected a real scan that nodules are inserted into"],
    [["--into", "x", "--template-scan", "y"], "--template-scan is given without --template; expected the mask of a nodule in it"],
    [["--into", "x", "--difficulty", "easy"], '--difficulty is "easy"; expected standard with --into'],
    [["--into", "missing.mhd"], "missing.mhd does not exist"],
  ])("refuses %j", async (words, message) => {
    expect(await call("phantom", "--scans", "1", "--out", at("none"), ...words)).toMatchObject({
      code: 2,
      stdout: "",
      stderr: expect.stringContaining(message),
    });
  });
});
