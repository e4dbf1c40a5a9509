import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createVolume } from "@gleaner/volumes";
import { writeVolume } from "@gleaner/volumes/node";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { validateConfig } from "../src/config.js";
import { prepareScans } from "../src/run/prepare-scans.js";
import { scanPreparers } from "../src/run/prepare-threads.js";
import { settingsFolder } from "../src/run/prepared-scans.js";
import { callIn } from "./helpers.js";

const home = mkdtempSync(join(tmpdir(), "prepare-"));
const root = join(home, "set");
const ids = ["a", "b", "c", "d"];
const settings = validateConfig(
  { method: "supervised", data: { labeled: 1 }, preprocessing: { lungMask: false, spacingMm: 2 } },
  "t",
).preprocessing;
let folder: string;

beforeAll(async () => {
  mkdirSync(root);
  for (const [i, id] of ids.entries())
    await writeVolume(
      join(root, `${id}.mhd`),
      createVolume({ data: new Int16Array(1000).fill(i), shape: [10, 10, 10], spacingMm: [2, 2, 2] }),
    );
  writeFileSync(
    join(root, "annotations.csv"),
    `seriesuid,coordX,coordY,coordZ,diameter_mm\n${ids.map((id) => `${id},1,2,3,6\n`).join("")}`,
  );
  writeFileSync(
    join(home, "run.yaml"),
    "method: supervised\ndata: { root: set, labeled: [a, b], test: [c, d] }\npreprocessing: { lungMask: false, spacingMm: 2 }\n",
  );
});
afterAll(() => rmSync(home, { recursive: true }));
beforeEach(() => {
  folder = mkdtempSync(join(home, "cache-"));
});

const scans = ids.map((id) => ({ id, path: join(root, `${id}.mhd`) }));
const indexOf = (place: string): { scan: string; entry: string }[] =>
  readFileSync(join(place, "index.jsonl"), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { scan: string; entry: string });

describe("prepareScans", () => {
  test("keeps what is there, and lists every scan in an index", async () => {
    const reports: number[][] = [];
    const some = await prepareScans(scans.slice(1, 3).reverse(), { settings, folder });
    expect(some).toEqual({ folder: settingsFolder(settings, folder), prepared: 2, cached: 0, failed: [] });
    const all = await prepareScans(scans, { settings, folder, onProgress: (...report) => reports.push(report) });
    expect([all.prepared, all.cached, all.failed]).toEqual([2, 2, []]);
    expect(reports).toEqual([1, 2, 3, 4].map((done) => [done, 4, 0]));
    const index = indexOf(all.folder);
    expect(index.map(({ scan }) => scan)).toEqual(ids);
    expect(index[0]).toEqual({
      scan: "a",
      source: scans[0]!.path,
      entry: expect.stringMatching(/^[0-9a-f]{32}$/),
      shape: [10, 10, 10],
      spacingMm: [2, 2, 2],
      dtype: "int16",
    });
    for (const { entry } of index) expect(JSON.parse(readFileSync(join(all.folder, entry, "zarr.json"), "utf8")).node_type).toBe("group");
    // A line whose entry is gone and one that is broken are left out of the next index.
    rmSync(join(all.folder, index[0]!.entry), { recursive: true });
    writeFileSync(join(all.folder, "index.jsonl"), `${readFileSync(join(all.folder, "index.jsonl"), "utf8")}{"scan": `);
    await prepareScans(scans.slice(1, 2), { settings, folder });
    expect(indexOf(all.folder).map(({ scan }) => scan)).toEqual(["b", "c", "d"]);
  });

  test("goes on where it was stopped; a scan that is begun is finished", async () => {
    const stop = new AbortController();
    const stopped = prepareScans(scans, {
      settings,
      folder,
      threads: 1,
      signal: stop.signal,
      onProgress: (done) => done === 2 && stop.abort(),
    });
    await expect(stopped).rejects.toThrow(/abort/);
    const place = settingsFolder(settings, folder);
    expect(readdirSync(place)).toHaveLength(3);
    const { prepared, cached } = await prepareScans(scans, { settings, folder });
    expect([prepared, cached]).toEqual([2, 2]);
  });

  test("what a killed call has left half-written is in nobody's way, and goes after a day", async () => {
    const { folder: place } = await prepareScans(scans.slice(0, 1), { settings, folder });
    const { entry } = indexOf(place)[0]!;
    // A process that is killed leaves the temporary folder as it was.
    const left = join(place, `.${entry}.0000.tmp`);
    renameSync(join(place, entry), left);
    rmSync(join(left, "zarr.json"));
    expect((await prepareScans(scans.slice(0, 1), { settings, folder })).prepared).toBe(1);
    expect(existsSync(left)).toBe(true);
    utimesSync(left, new Date(), new Date(Date.now() - 2 * 86_400_000));
    expect((await prepareScans(scans.slice(0, 1), { settings, folder })).cached).toBe(1);
    expect(existsSync(left)).toBe(false);
  });

  test("a scan that fails does not keep others from it", async () => {
    const broken = { id: "broken", path: join(home, "broken.mhd") };
    writeFileSync(broken.path, "NDims = 3\nDimSize = 10 10 10\nElementType = MET_SHORT\nElementDataFile = gone.raw\n");
    const { prepared, failed } = await prepareScans([broken, ...scans], { settings, folder });
    expect(prepared).toBe(4);
    expect(failed).toEqual([
      {
        scan: "broken",
        path: broken.path,
        reason: `${join(home, "gone.raw")}: there is no such file; ${broken.path} names it`,
        error: expect.any(Error),
      },
    ]);
  });

  const worker = fileURLToPath(new URL("../dist/prepare-worker.js", import.meta.url));
  test.runIf(existsSync(worker))("threads write the same bytes and name the same faults (runs when the trainer is built)", async () => {
    const here = await prepareScans(scans, { settings, folder, threads: 1 });
    const other = mkdtempSync(join(home, "cache-"));
    const { preparers, close } = scanPreparers(2, { settings, folder: other }, worker);
    try {
      const facts = await Promise.all(scans.map((scan, i) => (i < 2 ? preparers[i]!(scan) : undefined)));
      for (const { path } of facts.slice(0, 2) as { path: string }[]) {
        const entry = path.slice(path.lastIndexOf("/") + 1);
        for (const name of ["zarr.json", "hu/zarr.json", "hu/c/0/0/0"])
          expect(readFileSync(join(path, name)).equals(readFileSync(join(here.folder, entry, name)))).toBe(true);
      }
      await expect(preparers[0]!({ id: "none", path: join(home, "none.mhd") })).rejects.toMatchObject({
        exitCode: 2,
        message: `${join(home, "none.mhd")}: there is no such file`,
      });
      // A thread goes on after a fault.
      expect((await preparers[0]!(scans[2]!)).cached).toBe(false);
    } finally {
      await close();
    }
  });
});

describe("gleaner prepare", () => {
  const prepare = (...more: string[]) => callIn({ GLEANER_CACHE: folder }, "prepare", join(home, "run.yaml"), ...more);

  test("says what is ready, and as JSON", async () => {
    const { code, stdout, stderr } = await prepare("--threads", "1");
    const place = settingsFolder(settings, join(folder, "prepared"));
    expect([code, stdout]).toEqual([0, `4 scans are ready in ${place}, 4 of them new\n`]);
    expect(stderr).toMatch(/^prepare: 4 scans/);
    const again = await prepare("--json");
    expect(JSON.parse(again.stdout)).toEqual({ folder: place, scans: 4, prepared: 0, cached: 4, failed: [] });
  });

  test("lists the scans that fail, prepares the others, and ends with 1", async () => {
    const path = join(root, "b.zraw");
    const whole = readFileSync(path);
    writeFileSync(path, whole.subarray(0, 10));
    try {
      const { code, stdout, stderr } = await prepare("--json");
      expect(code).toBe(1);
      const { prepared, failed } = JSON.parse(stdout);
      expect(prepared).toBe(3);
      expect(failed).toEqual([{ scan: "b", path: join(root, "b.mhd"), reason: expect.stringContaining("b.zraw") }]);
      const lines = stderr.trim().split("\n");
      expect(lines.at(-3)).toContain("1 failed");
      expect(lines.at(-2)).toBe(`failed: b: ${failed[0].reason}`);
      expect(lines.at(-1)).toBe("gleaner: 1 of 4 scans could not be prepared; expected every scan to be readable");
    } finally {
      writeFileSync(path, whole);
    }
    expect((await prepare()).code).toBe(0);
  });

  test("refuses a number of threads that is none", async () => {
    const { code, stderr } = await prepare("--threads", "0");
    expect([code, stderr]).toEqual([2, 'gleaner: --threads is "0"; expected a whole number from 1 to 64\n']);
  });
});
