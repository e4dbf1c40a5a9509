import {
  appendFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { collectImages } from "../src/index.js";
import { type OpenImageFolderOptions, openImageFolder, readImageFolder, readImageSet } from "../src/node.js";

const fixtures = join(import.meta.dirname, "fixtures", "folder");
let folder = "";
let cache = "";
beforeEach(() => {
  const home = mkdtempSync(join(tmpdir(), "gleaner-open-"));
  folder = join(home, "scans");
  cache = join(home, "cache", "scans.pixels");
  for (const [path, fixture] of [
    ["a/1.png", "gray.png"],
    ["a/2.png", "gray16.png"],
    ["b/1.jpg", "halves.jpg"],
    ["unlabeled/1.png", "rgb.png"],
  ] as const)
    put(path, fixture);
});
const put = (path: string, fixture: string): void => {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  cpSync(join(fixtures, fixture), join(folder, path));
};
/** Opens the folder; how many files were decoded for it. */
const opened = async (options: Partial<OpenImageFolderOptions> = {}) => {
  let decoded = 0;
  const source = await openImageFolder(folder, { size: [4, 6], cache, onProgress: () => decoded++, ...options });
  return { source, decoded };
};

test("gives what readImageFolder gives, and decodes once", async () => {
  const { images, shape, labels, classNames, files } = await readImageFolder(folder, { size: [4, 6] });
  for (const expected of [4, 0]) {
    const { source, decoded } = await opened();
    expect(decoded).toBe(expected);
    expect(collectImages(source)).toEqual({ images, shape, labels, classNames });
    expect(source.files).toEqual(files);
    expect(source.read([3, 0])).toEqual(new Uint8Array([...images.subarray(3 * 72), ...images.subarray(0, 72)]));
    expect(() => source.read([4])).toThrow("an index must be from 0 to 3, got 4");
    source.close();
  }
  expect(readdirSync(dirname(cache)).sort()).toEqual(["scans.pixels", "scans.pixels.json"]);
  const { format, source } = await readImageSet(folder, { size: [4, 6], cache });
  expect(format).toBe("image-folder");
  expect(source.read([3])).toEqual(images.slice(3 * 72));
  source.close();
});

test.each<[string, () => Partial<OpenImageFolderOptions> | undefined]>([
  ["another size", () => ({ size: 3 })],
  ["other channels", () => ({ channels: 1 })],
  ["another order of classes", () => ({ classNames: ["b", "a"] })],
  ["a new file", () => void put("b/2.png", "rgb.png")],
  ["a file that was written to", () => void put("a/1.png", "transparent.png")],
  ["a file with another time", () => utimesSync(join(folder, "a/1.png"), 1, 1) as undefined],
  ["pixels that were cut off", () => truncateSync(cache, 10) as undefined],
  ["pixels that grew", () => appendFileSync(cache, "x") as undefined],
  ["a note that is no JSON", () => writeFileSync(`${cache}.json`, "{") as undefined],
])("decodes again for %s", async (_, change) => {
  (await opened()).source.close();
  const options = change() ?? {};
  const { source, decoded } = await opened(options);
  expect(decoded).toBeGreaterThanOrEqual(4);
  const { cache: _cache, ...reading } = { size: [4, 6] as const, cache, ...options };
  expect(source.read([0, 1])).toEqual((await readImageFolder(folder, reading)).images.slice(0, source.read([0, 1]).length));
  source.close();
});

test("pictures that were left out stay left out", async () => {
  writeFileSync(join(folder, "a/1b.png"), readFileSync(join(fixtures, "rgb.png")).subarray(0, 60));
  const set = await readImageFolder(folder, { size: [4, 6], broken: "leave out" });
  for (const expected of [5, 0]) {
    const { source, decoded } = await opened({ broken: "leave out" });
    expect(decoded).toBe(expected);
    expect(source.broken).toEqual(set.broken);
    expect(source.broken).toHaveLength(1);
    expect(source.files).toEqual(set.files);
    expect(collectImages(source).images).toEqual(set.images);
    source.close();
  }
  // Asked to refuse them, the cache that left them out is of no use.
  await expect(opened()).rejects.toThrow(/1b\.png: it does not decode/);
});

test("a failure or a signal leaves no cache, and none is made that is too large", async () => {
  await expect(opened({ maxBytes: 287 })).rejects.toThrow("its 4 images need 288 bytes, at most 287");
  const controller = new AbortController();
  const work = opened({ concurrency: 1, signal: controller.signal, onProgress: () => controller.abort(new Error("enough")) });
  await expect(work).rejects.toThrow("enough");
  expect(readdirSync(dirname(cache))).toEqual([]);
});
