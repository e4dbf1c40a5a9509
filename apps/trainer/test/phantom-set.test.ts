import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { worldToVoxel } from "@gleaner/volumes";
import { readLuna16, readVolume } from "@gleaner/volumes/node";
import { afterAll, describe, expect, test } from "vitest";
import { readPhantomRecords, writePhantomSet } from "../src/run/phantom-set.js";
import { call } from "./helpers.js";

const home = mkdtempSync(join(tmpdir(), "phantoms-"));
afterAll(() => rmSync(home, { recursive: true }));
const small = { seed: 7, size: [32, 40, 48] as [number, number, number], spacingMm: [2, 2, 2] as [number, number, number] };

describe("writePhantomSet", () => {
  test("writes LUNA16's layout, and the tables agree with the scans", async () => {
    const out = join(home, "layout");
    const set = await writePhantomSet({ out, scans: 3, ...small });
    const series = readFileSync(join(out, "seriesuids.csv"), "utf8").split("\r\n").slice(0, -1);
    expect(series).toHaveLength(3);
    for (const uid of series) {
      // DICOM PS3.5: at most 64 characters, components without leading zeros.
      expect(uid).toMatch(/^2\.25\.[1-9]\d{20,38}$/);
      const volume = await readVolume(join(out, "subset0", `${uid}.mhd`));
      expect(volume).toMatchObject({ shape: small.size, spacingMm: small.spacingMm });
      expect(volume.data).toBeInstanceOf(Int16Array);
    }
    const luna = readLuna16(out);
    expect(luna.seriesUids).toEqual(series);
    expect(luna.scans.map(({ id }) => id).sort()).toEqual([...series].sort());
    expect(luna.unknown).toEqual([]);
    expect(luna.annotations).toHaveLength(set.nodules);
    expect(luna.excluded).toHaveLength(set.excluded);
    for (const { scan, x, y, z, diameterMm } of luna.annotations) {
      const volume = await readVolume(join(out, "subset0", `${scan}.mhd`));
      for (const [axis, v] of worldToVoxel(volume, [x, y, z]).entries()) expect(v > 0 && v < small.size[axis]! - 1).toBe(true);
      expect(diameterMm).toBeGreaterThanOrEqual(4);
    }
    const records = readPhantomRecords(out);
    expect(records.map(({ scan }) => scan)).toEqual(series);
    expect(records[0]!.nodules[0]).toMatchObject({ kind: expect.any(String), attachment: expect.any(String) });
    expect(readdirSync(out).sort()).toEqual(["annotations.csv", "annotations_excluded.csv", "phantoms.jsonl", "seriesuids.csv", "subset0"]);
  });

  test("goes on where it was stopped, to the same files as without a stop", async () => {
    const [once, twice] = [join(home, "once"), join(home, "twice")];
    await writePhantomSet({ out: once, scans: 4, ...small });
    const stop = new AbortController();
    const stopped = writePhantomSet({
      out: twice,
      scans: 4,
      ...small,
      signal: stop.signal,
      onProgress: (done) => done === 2 && stop.abort(),
    });
    await expect(stopped).rejects.toMatchObject({ name: "AbortError" });
    expect(existsSync(join(twice, "annotations.csv"))).toBe(false);
    // A kill in the middle of a line and of a scan.
    writeFileSync(join(twice, "phantoms.jsonl"), `${readFileSync(join(twice, "phantoms.jsonl"), "utf8")}{"scan":"2.25.`);
    const scans = readdirSync(join(twice, "subset0")).filter((name) => name.endsWith(".mhd"));
    expect(scans).toHaveLength(2);
    rmSync(join(twice, "subset0", scans[0]!));
    const kept = join(twice, "subset0", scans[1]!);
    const before = statSync(kept).mtimeMs;
    expect(await writePhantomSet({ out: twice, scans: 4, ...small })).toMatchObject({ scans: 4, kept: 1 });
    expect(statSync(kept).mtimeMs).toBe(before);
    const files = (readdirSync(once, { recursive: true }) as string[]).sort();
    expect((readdirSync(twice, { recursive: true }) as string[]).sort()).toEqual(files);
    for (const file of files.filter((name) => statSync(join(once, name)).isFile())) {
      expect(readFileSync(join(twice, file)).equals(readFileSync(join(once, file))), file).toBe(true);
    }
  });

  test("grows a set, and never loses scans", async () => {
    const out = join(home, "grows");
    await writePhantomSet({ out, scans: 1, ...small });
    expect(await writePhantomSet({ out, scans: 2, ...small })).toMatchObject({ scans: 2, kept: 1 });
    expect(await writePhantomSet({ out, scans: 1, ...small })).toMatchObject({ scans: 2, kept: 1 });
    expect(readLuna16(out).seriesUids).toHaveLength(2);
  });

  test("refuses a folder that holds something else, or phantoms of other settings", async () => {
    await expect(writePhantomSet({ out: join(home, "layout"), scans: 1, ...small, seed: 8 })).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringContaining("holds phantoms with seed 7, not 8"),
    });
    await expect(writePhantomSet({ out: home, scans: 1, ...small })).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringContaining("expected a new or empty folder"),
    });
    const broken = join(home, "grows", "phantoms.jsonl");
    writeFileSync(broken, readFileSync(broken, "utf8").replace('"nodules":', '"nodule":'));
    await expect(writePhantomSet({ out: join(home, "grows"), scans: 1, ...small })).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringContaining("line 2 of"),
    });
  });
});

describe("gleaner phantom", () => {
  test("reports as JSON, with progress on the other stream", async () => {
    const out = join(home, "command");
    const { code, stdout, stderr } = await call("phantom", "--scans", "1", "--out", out, "--seed", "5", "--size", "32,32,32", "--json");
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      out,
      scans: 1,
      kept: 0,
      seed: 5,
      size: [32, 32, 32],
      spacingMm: [1.5, 1.5, 1.5],
      difficulty: "standard",
    });
    expect(stderr).toMatch(/^phantoms: 1 scan in /);
    const again = await call("phantom", "--scans", "1", "--out", out, "--seed", "5", "--size", "32,32,32", "--quiet");
    expect(again).toMatchObject({ code: 0, stderr: "", stdout: expect.stringContaining("1 scans (1 were there)") });
  });

  test.each([
    [["--scans", "0", "--out", "x"], '--scans is "0"; expected a whole number from 1 to 1000000'],
    [["--scans", "2"], "--out is missing"],
    [["--scans", "2", "--out", "x", "--size", "8,8,8"], '--size is "8,8,8"; expected three whole numbers z,y,x from 32 to 1024'],
    [["--scans", "2", "--out", "x", "--difficulty", "hard"], '--difficulty is "hard"; expected standard or easy'],
  ])("refuses %j", async (args, message) => {
    expect(await call("phantom", ...args)).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining(message) });
  });
});
