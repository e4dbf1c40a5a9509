import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { createRandom } from "@gleaner/training";
import { createVolume, cropVolume, type Volume, voxelToWorld, worldToVoxel } from "@gleaner/volumes";
import { writeVolume } from "@gleaner/volumes/node";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { validateConfig } from "../src/config.js";
import { createScanStore, preparedFolder, prepareScan, settingsFolder } from "../src/run/prepared-scans.js";

const home = mkdtempSync(join(tmpdir(), "prepared-"));
afterAll(() => rmSync(home, { recursive: true }));
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(home, "cache-"));
});

const settings = (values: object) =>
  validateConfig({ method: "supervised", data: { labeled: 1 }, training: { symmetries: "none" }, preprocessing: values }, "test")
    .preprocessing;
const whole = settings({ lungMask: false, spacingMm: 2 });

/** Air with a bright cube of 7 mm around a world point; the axes may point anywhere. */
function withMark(geometry: Omit<Parameters<typeof createVolume>[0], "data">, world: [number, number, number], background = -1000): Volume {
  const [depth, height, width] = geometry.shape;
  const volume = createVolume({ ...geometry, data: new Int16Array(depth * height * width).fill(background) });
  for (let i = 0; i < volume.data.length; i++) {
    const at = voxelToWorld(volume, [Math.floor(i / height / width), Math.floor(i / width) % height, i % width]);
    if (at.every((c, axis) => Math.abs(c - world[axis]!) < 3.5)) volume.data[i] = 400;
  }
  return volume;
}

/** The center of mass of what is bright, in world coordinates. */
function brightCenter(volume: Volume): number[] {
  const [, height, width] = volume.shape;
  const sum = [0, 0, 0];
  let weight = 0;
  for (const [i, value] of volume.data.entries()) {
    const w = Math.max(0, value);
    weight += w;
    for (const [axis, c] of [Math.floor(i / height / width), Math.floor(i / width) % height, i % width].entries()) sum[axis]! += w * c;
  }
  return voxelToWorld(volume, sum.map((s) => s / weight) as [number, number, number]);
}

/** Every file below a folder but the notes on sources, which hold times. */
const filesOf = (place: string): string[] =>
  readdirSync(place, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(place, join(entry.parentPath, entry.name)))
    .filter((name) => !name.startsWith("sources"))
    .sort();

const save = async (name: string, volume: Volume): Promise<{ id: string; path: string }> => {
  const path = join(home, name);
  await writeVolume(path, volume);
  return { id: name, path };
};

describe("prepareScan", () => {
  const world: [number, number, number] = [-20, 35, -100];
  test.each([
    ["along LPS", { shape: [30, 40, 50], spacingMm: [2.5, 1, 0.8], originMm: [-40, 15, -140] }],
    [
      "with flipped axes",
      { shape: [30, 40, 50], spacingMm: [2.5, 1, 0.8], originMm: [0, 55, -70], direction: [-1, 0, 0, 0, -1, 0, 0, 0, -1] },
    ],
    // The columns are the directions of x, y and z: the slices are sagittal.
    ["with axes changed", { shape: [40, 30, 30], spacingMm: [1, 2, 2], originMm: [-40, 10, -130], direction: [0, 0, 1, 1, 0, 0, 0, 1, 0] }],
    [
      "oblique",
      { shape: [30, 60, 60], spacingMm: [2, 1, 1], originMm: [-40, 0, -130], direction: [0.96, -0.28, 0, 0.28, 0.96, 0, 0, 0, 1] },
    ],
  ] as const)("keeps a point where it is in the world: %s", async (name, geometry) => {
    const scan = await save(`${name}.mha`, withMark({ ...geometry } as never, world));
    const { volume } = await prepareScan(scan, whole, folder);
    expect(volume.spacingMm).toEqual([2, 2, 2]);
    expect(volume.data).toBeInstanceOf(Int16Array);
    for (const [axis, c] of brightCenter(volume).entries()) expect(Math.abs(c - world[axis]!)).toBeLessThan(0.7);
    // The world's axes are the array's, but for what an oblique scan is turned by.
    for (const i of [0, 4, 8]) expect(volume.direction[i]).toBeGreaterThan(0.9);
  });

  test("crops to the lungs with a margin, the point still in its place", async () => {
    const chest = createVolume({
      data: new Int16Array(60 ** 3).fill(-1000),
      shape: [60, 60, 60],
      spacingMm: [4, 4, 4],
      originMm: [10, 20, 30],
    });
    const ball = (z: number, y: number, x: number, radius: number, hu: number): void => {
      for (let i = 0; i < chest.data.length; i++) {
        const [a, b, c] = [Math.floor(i / 3600), Math.floor(i / 60) % 60, i % 60];
        if (Math.hypot(a - z, b - y, c - x) < radius) chest.data[i] = hu;
      }
    };
    ball(30, 30, 30, 26, 30);
    ball(30, 30, 20, 9, -850);
    ball(30, 30, 40, 9, -850);
    ball(30, 30, 40, 2, 1000);
    const scan = await save("chest.mha", chest);
    const { volume, lungs } = await prepareScan(scan, settings({ spacingMm: 4, marginMm: 8 }), folder);
    expect(volume.shape).toEqual(lungs!.shape);
    // The lungs are 17 voxels high and deep and 37 wide; a margin of two voxels goes around.
    for (const [axis, length] of [21, 21, 41].entries()) expect(Math.abs(volume.shape[axis]! - length)).toBeLessThanOrEqual(2);
    const [z, y, x] = worldToVoxel(volume, voxelToWorld(chest, [30, 30, 40])).map(Math.round) as [number, number, number];
    expect(volume.data[(z * volume.shape[1] + y) * volume.shape[2] + x]).toBe(1000);
    expect(lungs!.data.some((v) => v === 0) && lungs!.data.some((v) => v === 1)).toBe(true);
  });

  test("keeps a scan without lungs whole", async () => {
    const scan = await save("block.mha", createVolume({ data: new Int16Array(1000).fill(50), shape: [10, 10, 10], spacingMm: [2, 2, 2] }));
    const { volume, lungs } = await prepareScan(scan, settings({ spacingMm: 2 }), folder);
    expect(volume.shape).toEqual([10, 10, 10]);
    expect(lungs!.data.every((v) => v === 1)).toBe(true);
    expect((await prepareScan(scan, settings({ spacingMm: 2 }), folder)).lungs).toEqual(lungs);
  });

  test("takes what is not a number for air; keeps floats as floats, and whole numbers in 16 bits", async () => {
    const prepared = async (name: string, values: number[]) => {
      const scan = await save(name, createVolume({ data: Float32Array.from(values), shape: [1, 1, 4], spacingMm: [2, 2, 2] }));
      return (await prepareScan(scan, whole, folder)).volume.data;
    };
    const floats = await prepared("floats.nii", [Number.NaN, 1e9, -1e9, 30.5]);
    expect(floats).toBeInstanceOf(Float32Array);
    expect([...floats].sort((a, b) => a - b)).toEqual([-1e9, -1000, 30.5, 1e9]);
    const integers = await prepared("whole.nii", [Number.NaN, 1e9, -1e9, 31]);
    expect(integers).toBeInstanceOf(Int16Array);
    expect([...integers].sort((a, b) => a - b)).toEqual([-32768, -1000, 31, 32767]);
  });

  test("finds a scan in the cache by its contents and the settings", async () => {
    const scan = await save("cached.mha", withMark({ shape: [20, 20, 20], spacingMm: [2, 2, 2] }, [10, 20, 20]));
    const first = await prepareScan(scan, whole, folder);
    const again = await prepareScan(scan, whole, folder);
    expect([first.cached, again.cached]).toEqual([false, true]);
    // To the bit: a run that begins with an empty cache equals one that does not.
    expect(again.volume).toEqual(first.volume);
    expect((await prepareScan({ id: "other", path: scan.path }, whole, folder)).cached).toBe(true);
    expect((await prepareScan(scan, settings({ lungMask: false, spacingMm: 1.5 }), folder)).cached).toBe(false);
    expect((await prepareScan(scan, settings({ spacingMm: 2 }), folder)).cached).toBe(false);
    expect((await prepareScan(scan, settings({ spacingMm: 2, marginMm: 20 }), folder)).cached).toBe(false);
    expect((await prepareScan(scan, settings({ lungMask: false, spacingMm: [2, 2, 2] }), folder)).cached).toBe(true);
    expect((await prepareScan(scan, settings({ lungMask: false, spacingMm: 2, windowHu: [0, 1], marginMm: 3 }), folder)).cached).toBe(true);
    // The same contents at another time or under another name are the same scan.
    utimesSync(scan.path, new Date(), new Date(2020, 1, 1));
    const copy = { id: "copy", path: join(home, "copy.mha") };
    writeFileSync(copy.path, readFileSync(scan.path));
    for (const same of [scan, copy]) expect((await prepareScan(same, whole, folder)).cached).toBe(true);
  });

  test("is not taken in by a file that was changed and keeps its size and time", async () => {
    const at = (value: number) => createVolume({ data: new Int16Array(1000).fill(value), shape: [10, 10, 10], spacingMm: [2, 2, 2] });
    const path = join(home, "stale.mhd");
    const old = new Date(2020, 1, 1);
    const put = async (value: number): Promise<void> => {
      await writeVolume(path, at(value), { compressed: false });
      for (const file of [path, join(home, "stale.raw")]) utimesSync(file, old, old);
    };
    await put(100);
    const scan = { id: "stale", path };
    expect((await prepareScan(scan, whole, folder)).volume.data[0]).toBe(100);
    // A note on the files is kept only when they are older than a tick of the clock, and is then what is looked at first.
    await new Promise((wake) => setTimeout(wake, 2500));
    expect((await prepareScan(scan, whole, folder)).cached).toBe(true);
    expect(readdirSync(join(folder, "sources"))).toHaveLength(1);
    await put(-200);
    const changed = await prepareScan(scan, whole, folder);
    expect([changed.cached, changed.volume.data[0]]).toEqual([false, -200]);
    // A note that speaks of other files, or is broken, is none.
    for (const name of readdirSync(join(folder, "sources"))) writeFileSync(join(folder, "sources", name), '{"state": 3');
    expect((await prepareScan(scan, whole, folder)).volume.data[0]).toBe(-200);
  });

  test("writes the same bytes again", async () => {
    const scan = await save("bytes.mha", withMark({ shape: [70, 20, 90], spacingMm: [2, 2, 2] }, [10, 20, 20]));
    await prepareScan(scan, settings({ spacingMm: 2 }), folder);
    const other = mkdtempSync(join(home, "cache-"));
    await prepareScan(scan, settings({ spacingMm: 2 }), other);
    const here = filesOf(folder);
    expect(here.filter((name) => /hu\/c\/[01]\/0\/[01]$/.test(name))).toHaveLength(4);
    expect(filesOf(other)).toEqual(here);
    for (const name of here) expect(readFileSync(join(other, name)).equals(readFileSync(join(folder, name))), name).toBe(true);
  });

  test("the same scan prepared many times at once is there for every caller, also where a broken entry is made anew", async () => {
    const scan = await save("at-once.mha", withMark({ shape: [20, 20, 20], spacingMm: [2, 2, 2] }, [10, 20, 20]));
    for (let round = 0; round < 20; round++) {
      const found = await Promise.all(Array.from({ length: 8 }, () => prepareScan(scan, whole, folder)));
      for (const { volume } of found) expect(volume.shape).toEqual([20, 20, 20]);
      const [group] = readdirSync(folder).filter((name) => name !== "sources");
      const [entry] = readdirSync(join(folder, group!));
      const path = join(folder, group!, entry!);
      if (round % 2 === 0) rmSync(path, { recursive: true });
      else {
        const chunk = join(path, "hu", "c", "0", "0", "0");
        const bytes = readFileSync(chunk);
        bytes[bytes.length >> 1]! ^= 255;
        writeFileSync(chunk, bytes);
      }
    }
    expect(readdirSync(folder, { recursive: true }).filter((name) => String(name).includes(".tmp"))).toEqual([]);
  });

  test("makes a broken entry anew", async () => {
    const scan = await save("broken.mha", withMark({ shape: [20, 20, 20], spacingMm: [2, 2, 2] }, [10, 20, 20]));
    const masked = settings({ spacingMm: 2 });
    const first = await prepareScan(scan, masked, folder);
    const names = filesOf(folder);
    expect(names).toHaveLength(5);
    for (const name of names) {
      const path = join(folder, name);
      for (const damage of [
        () => truncateSync(path, statSync(path).size - 9),
        () => writeFileSync(path, ""),
        () => rmSync(path),
        () => {
          const bytes = readFileSync(path);
          bytes[bytes.length >> 1]! ^= 255;
          writeFileSync(path, bytes);
        },
      ]) {
        damage();
        const mended = await prepareScan(scan, masked, folder);
        expect(mended, name).toEqual({ ...first, cached: false });
        expect((await prepareScan(scan, masked, folder)).cached).toBe(true);
      }
    }
    expect(filesOf(folder)).toEqual(names);
  });

  test("leaves nothing behind when a scan cannot be read, and says why in one sentence", async () => {
    const scan = await save("cut.mha", withMark({ shape: [20, 20, 20], spacingMm: [2, 2, 2] }, [10, 20, 20]));
    writeFileSync(scan.path, readFileSync(scan.path).subarray(0, -20));
    await expect(prepareScan(scan, whole, folder)).rejects.toThrow(/^[^\n]*cut\.mha[^\n]*$/);
    await expect(prepareScan({ id: "none", path: join(home, "none.mha") }, whole, folder)).rejects.toThrow("none.mha");
    const large = await save("large.mha", createVolume({ data: new Int16Array(8), shape: [2, 2, 2], spacingMm: [500, 500, 500] }));
    await expect(prepareScan(large, settings({ lungMask: false, spacingMm: 0.5 }), folder)).rejects.toThrow(
      `${large.path}: preprocessing.spacingMm of 0.5, 0.5, 0.5 makes 2000 x 2000 x 2000 voxels of it; expected at most 1000000000`,
    );
    expect(filesOf(folder)).toEqual([]);
  });
});

describe("createScanStore", () => {
  test("holds what was used last, within its limit", async () => {
    const scans = await Promise.all(
      ["a", "b", "c"].map((name) =>
        save(`${name}.mha`, createVolume({ data: new Int16Array(1000), shape: [10, 10, 10], spacingMm: [2, 2, 2] })),
      ),
    );
    const [a, b, c] = scans as [(typeof scans)[0], (typeof scans)[0], (typeof scans)[0]];
    const store = createScanStore(whole, folder, 4000);
    const [firstA, firstB] = [await store.get(a), await store.get(b)];
    expect(await store.get(a)).toBe(firstA);
    await store.get(c);
    expect(await store.get(a)).toBe(firstA);
    const secondB = await store.get(b);
    expect(secondB).not.toBe(firstB);
    expect(secondB.volume).toEqual(firstB.volume);
  });

  test("cuts regions from the chunks that they touch, as cropVolume does from the whole", async () => {
    const shape: [number, number, number] = [70, 130, 66];
    const data = Int16Array.from({ length: 70 * 130 * 66 }, (_, i) => (i * 7919) % 2000);
    const scan = await save("chunks.mha", createVolume({ data, shape, spacingMm: [2, 2, 2], originMm: [5, -7, 11] }));
    const store = createScanStore(whole, folder, 2 ** 20);
    const { volume } = await store.get(scan);
    const opened = await store.open(scan);
    expect(opened.grid).toEqual({ ...volume, data: undefined });
    const random = createRandom(1);
    for (let i = 0; i < 60; i++) {
      const start = shape.map((n) => Math.floor(random() * (n + 40)) - 20) as typeof shape;
      const region = { start, shape: shape.map(() => 1 + Math.floor(random() * 40)) as typeof shape };
      expect(await opened.cut(region, -1000)).toEqual(cropVolume(volume, { ...region, fill: -1000 }));
    }
  });

  test("mends a chunk that is damaged while it is in use", async () => {
    const scan = await save("mend.mha", createVolume({ data: new Int16Array(1000).fill(7), shape: [10, 10, 10], spacingMm: [2, 2, 2] }));
    const opened = await createScanStore(whole, folder).open(scan);
    const chunk = join(folder, filesOf(folder).find((name) => name.endsWith("hu/c/0/0/0"))!);
    rmSync(chunk);
    expect((await opened.cut({ start: [2, 2, 2], shape: [1, 1, 2] }, 0)).data).toEqual(Int16Array.of(7, 7));
    expect(existsSync(chunk)).toBe(true);
    // Another store reads what was mended, and mends what is gone altogether.
    const other = await createScanStore(whole, folder).open(scan);
    rmSync(settingsFolder(whole, folder), { recursive: true });
    expect((await other.cut({ start: [0, 0, 0], shape: [1, 1, 2] }, 0)).data).toEqual(Int16Array.of(7, 7));
    expect(existsSync(chunk)).toBe(true);
  });

  test("keeps one scan even if it is larger than the limit", async () => {
    const scan = await save("one.mha", createVolume({ data: new Int16Array(1000), shape: [10, 10, 10], spacingMm: [2, 2, 2] }));
    const store = createScanStore(whole, folder, 1);
    expect(await store.get(scan)).toBe(await store.get(scan));
  });
});

test("preparedFolder is in GLEANER_CACHE, else in the user's cache", () => {
  expect(preparedFolder({ GLEANER_CACHE: "/c" })).toBe(resolve("/c", "prepared"));
  for (const env of [{}, { GLEANER_CACHE: "" }]) expect(preparedFolder(env)).toBe(join(homedir(), ".cache", "gleaner", "prepared"));
});
