import { cpSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { crc32, deflateSync } from "node:zlib";
import { beforeEach, describe, expect, test } from "vitest";
import { loadImageDecoder } from "../src/decode-image.js";
import { isImageSetError, splitLabels } from "../src/index.js";
import { readImageFile, readImageFolder } from "../src/node.js";

const fixtures = join(import.meta.dirname, "fixtures", "folder");
let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "gleaner-folder-"));
});
const put = (path: string, fixture = "gray.png"): void => {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  cpSync(join(fixtures, fixture), join(folder, path));
};
const write = (path: string, bytes: Uint8Array | string): void => {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), bytes);
};
const errorOf = async (work: Promise<unknown>): Promise<{ tag: string; message: string }> => {
  const error = await work.then(
    () => new Error("it was read"),
    (reason: unknown) => reason,
  );
  if (isImageSetError(error)) return error;
  throw error;
};
const size = [4, 6] as const;

describe("pixels", () => {
  // What make-fixtures.py put into the files.
  const red = Array.from({ length: 24 }, (_, i) => (i % 6) * 50);
  const rgb = red.flatMap((value, i) => [value, Math.floor(i / 6) * 80, 7]);

  test.each([
    ["rgb.png", 3, rgb],
    ["palette.png", 3, rgb],
    ["gray.png", 1, red],
    ["gray.png", 3, red.flatMap((value) => [value, value, value])],
    ["gray16.png", 1, Array.from({ length: 24 }, (_, i) => i * 10)],
    ["transparent.png", 3, Array(72).fill(0)],
  ] as const)("%s with %i channels is what was drawn", async (name, channels, pixels) => {
    put(`a/${name}`, name);
    const set = await readImageFolder(folder, { size, channels });
    expect(set.shape).toEqual([1, 4, 6, channels]);
    expect([...set.images]).toEqual(pixels);
  });

  test("a wide picture covers a square and is cropped at its center", async () => {
    put("a/halves.jpg", "halves.jpg");
    const { images } = await readImageFolder(folder, { size: 16 });
    // The left half is red, the right half blue; the square from column 8 on has 8 columns of each.
    const at = (y: number, x: number): number[] => [...images.subarray((y * 16 + x) * 3, (y * 16 + x) * 3 + 3)];
    for (const [x, [r, , b]] of [
      [0, [255, 0, 0]],
      [6, [255, 0, 0]],
      [9, [0, 0, 255]],
      [15, [0, 0, 255]],
    ] as const) {
      for (const y of [0, 8, 15]) {
        expect(Math.abs(at(y, x)[0]! - r)).toBeLessThan(8);
        expect(Math.abs(at(y, x)[2]! - b)).toBeLessThan(8);
      }
    }
  });

  test("a picture that EXIF says to turn is turned: what was left is above", async () => {
    put("a/turned.jpg", "turned.jpg");
    const { images } = await readImageFolder(folder, { size: [32, 16] });
    expect(images[0]).toBeGreaterThan(245);
    expect(images[15 * 3]).toBeGreaterThan(245);
    expect(images.at(-1)).toBeGreaterThan(245);
    expect(images.at(-3)).toBeLessThan(10);
  });

  test("inks become colors", async () => {
    put("a/cmyk.jpg", "cmyk.jpg");
    const { images, shape } = await readImageFolder(folder, { size: [16, 32] });
    expect(shape).toEqual([1, 16, 32, 3]);
    expect(images[0]! - images[2]!).toBeGreaterThan(150);
    expect(images.at(-1)! - images.at(-3)!).toBeGreaterThan(50);
  });
});

describe("what is in a folder", () => {
  test("classes and files by name, nested ones too, and what is no picture", async () => {
    for (const path of ["b/10.png", "b/9.PNG", "B/1.jpg", "a/patient 2/1.png", "a/patient 1/2.jpeg"])
      put(path, /jpe?g$/.test(path) ? "halves.jpg" : "gray.png");
    write("a/notes.txt", "x");
    write("LICENSE", "x");
    write("b/.DS_Store", "x");
    write(".cache/x.png", "x");
    const seen: string[] = [];
    const set = await readImageFolder(folder, { size: 3, onProgress: ({ done, total }) => seen.push(`${done}/${total}`) });
    expect(set.classNames).toEqual(["B", "a", "b"]);
    expect(set.files).toEqual(["B/1.jpg", "a/patient 1/2.jpeg", "a/patient 2/1.png", "b/10.png", "b/9.PNG"]);
    expect([...set.labels]).toEqual([0, 1, 1, 2, 2]);
    expect(set.ignored).toEqual([
      { path: ".cache", reason: "its name is hidden" },
      { path: "LICENSE", reason: "it is in no class" },
      { path: "a/notes.txt", reason: "it is no PNG or JPEG file" },
      { path: "b/.DS_Store", reason: "its name is hidden" },
    ]);
    expect(set.broken).toEqual([]);
    expect(seen).toEqual(["1/5", "2/5", "3/5", "4/5", "5/5"]);
    for (const concurrency of [1, 9]) expect((await readImageFolder(folder, { size: 3, concurrency })).images).toEqual(set.images);
  });

  test("images without labels come last, with −1, and stay in the pool", async () => {
    put("normal/1.png");
    put("tumor/1.png");
    put("unlabeled/1.png");
    put("unlabeled/deep/2.png");
    const set = await readImageFolder(folder, { size: 2, channels: 1 });
    expect([...set.labels]).toEqual([0, 1, -1, -1]);
    expect(set.classNames).toEqual(["normal", "tumor"]);
    const split = splitLabels(set.labels, { classes: 2, labeled: 2, random: () => 0 });
    expect([[...split.labeled], [...split.unlabeled]]).toEqual([
      [0, 1],
      [0, 1, 2, 3],
    ]);
    const renamed = await readImageFolder(folder, { size: 2, unlabeled: "tumor" });
    expect(renamed.classNames).toEqual(["normal", "unlabeled"]);
    expect([...renamed.labels]).toEqual([0, 1, 1, -1]);
    expect((await errorOf(readImageFolder(folder, { size: 2, unlabeled: "pool" }))).message).toContain("no folder pool");
  });

  test("parts share their classes, and only training gets the pool beside them", async () => {
    for (const path of ["train/a/1.png", "train/b/1.png", "train/c/1.png", "test/c/1.png", "unlabeled/1.png"]) put(path);
    const train = await readImageFolder(folder, { size: 2 });
    expect([...train.labels]).toEqual([0, 1, 2, -1]);
    const held = await readImageFolder(folder, { size: 2, split: "test" });
    expect(held.files).toEqual(["test/c/1.png"]);
    expect(held.classNames).toEqual(["a", "b", "c"]);
    expect([...held.labels]).toEqual([2]);
    expect((await errorOf(readImageFolder(folder, { size: 2, split: "val" }))).message).toContain(
      "no folder val, it has test, train, unlabeled",
    );
    const chosen = await readImageFolder(folder, { size: 2, classNames: ["c", "b", "a"] });
    expect(chosen.files).toEqual(["train/c/1.png", "train/b/1.png", "train/a/1.png", "unlabeled/1.png"]);
    const { message } = await errorOf(readImageFolder(folder, { size: 2, classNames: ["a", "b"] }));
    expect(message).toContain("it holds a folder c, the classes are a, b");
  });

  test("links inside the folder are followed, those that leave it are refused", async () => {
    put("a/1.png");
    put("b/1.png");
    symlinkSync(join(folder, "a", "1.png"), join(folder, "b", "2.png"));
    symlinkSync(join(folder, "a"), join(folder, "b", "again"));
    const set = await readImageFolder(folder, { size: 2 });
    expect(set.files).toEqual(["a/1.png", "b/1.png", "b/2.png"]);
    expect(set.ignored).toEqual([{ path: "b/again", reason: "it is a link to a folder" }]);
    symlinkSync(fixtures, join(folder, "c"));
    const { tag, message } = await errorOf(readImageFolder(folder, { size: 2 }));
    expect(tag).toBe("Unsupported");
    expect(message).toBe(`${join(folder, "c")}: it is a link that leaves the folder, which is not followed`);
  });
});

describe("what is refused", () => {
  test("broken pictures by name, or left out and listed", async () => {
    put("a/1.png");
    put("a/3.png");
    put("b/1.png");
    write("a/2.png", readFileSync(join(fixtures, "rgb.png")).subarray(0, 60));
    write("b/0.jpg", readFileSync(join(fixtures, "halves.jpg")).subarray(0, 640));
    write("b/2.png", "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>");
    write("b/3.jpg", "");
    const { message } = await errorOf(readImageFolder(folder, { size, concurrency: 1 }));
    expect(message).toMatch(/a\/2\.png: it does not decode, it is cut off or damaged$/);
    const set = await readImageFolder(folder, { size, channels: 1, broken: "leave out" });
    expect(set.files).toEqual(["a/1.png", "a/3.png", "b/1.png"]);
    expect([...set.labels]).toEqual([0, 0, 1]);
    expect(set.shape[0]).toBe(3);
    expect(set.images).toHaveLength(3 * 24);
    expect([...set.images.subarray(24, 30)]).toEqual([0, 50, 100, 150, 200, 250]);
    expect(set.broken.map(({ path }) => path)).toEqual(["a/2.png", "b/0.jpg", "b/2.png", "b/3.jpg"]);
    expect(set.broken[2]!.reason).toBe("it does not start like a PNG or JPEG file");
  });

  test("a picture of more pixels than memory is for, by its header", async () => {
    const chunk = (type: string, data: Uint8Array): Buffer => {
      const body = Buffer.concat([Buffer.from(type), data]);
      const around = Buffer.alloc(8);
      around.writeUInt32BE(data.length, 0);
      around.writeUInt32BE(crc32(body), 4);
      return Buffer.concat([around.subarray(0, 4), body, around.subarray(4)]);
    };
    const header = Buffer.alloc(13);
    header.writeUInt32BE(30_000, 0);
    header.writeUInt32BE(30_000, 4);
    header[8] = 8;
    write(
      "a/1.png",
      Buffer.concat([Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), chunk("IHDR", header), chunk("IDAT", deflateSync(new Uint8Array(99)))]),
    );
    const { tag, message } = await errorOf(readImageFolder(folder, { size }));
    expect([tag, message]).toEqual(["TooLarge", `${join(folder, "a/1.png")}: it has more than 268435456 pixels`]);
  });

  test("folders that are no set, and sets that are too large", async () => {
    expect((await errorOf(readImageFolder(join(folder, "none"), { size }))).message).toContain("it does not exist");
    expect((await errorOf(readImageFolder(folder, { size }))).message).toContain("it holds no folders, one for each class was expected");
    write("file", "");
    expect((await errorOf(readImageFolder(join(folder, "file"), { size }))).message).toContain("it is a file where a folder");
    put("a/1.png");
    mkdirSync(join(folder, "b"));
    expect((await errorOf(readImageFolder(folder, { size }))).message).toContain(`${join(folder, "b")}: it holds no PNG or JPEG files`);
    put("b/1.png");
    expect((await errorOf(readImageFolder(folder, { size, maxBytes: 143 }))).message).toContain("its 2 images need 144 bytes, at most 143");
    mkdirSync(join(folder, "a", ..."123456789"), { recursive: true });
    expect((await errorOf(readImageFolder(folder, { size }))).tag).toBe("TooLarge");
  });

  test.each([
    [{ size: 0 }, "the height of images must be an integer from 1 to 16384, got 0"],
    [{ size: [3, 2.5] as const }, "the width of images must be an integer from 1 to 16384, got 2.5"],
    [{ size: 2, channels: 4 as 3 }, "channels must be 1 or 3, got 4"],
    [{ size: 2, concurrency: 0 }, "concurrency must be an integer of at least 1, got 0"],
  ])("%j", async (options, message) => {
    await expect(readImageFolder(folder, options)).rejects.toThrow(new RangeError(message));
  });

  test("a signal stops it with its reason", async () => {
    for (let i = 0; i < 20; i++) put(`a/${i}.png`);
    const early = AbortSignal.abort(new Error("not now"));
    await expect(readImageFolder(folder, { size, signal: early })).rejects.toThrow("not now");
    const controller = new AbortController();
    let last = 0;
    const reading = readImageFolder(folder, {
      size,
      concurrency: 2,
      signal: controller.signal,
      onProgress: ({ done }) => {
        last = done;
        if (done === 3) controller.abort(new Error("enough"));
      },
    });
    await expect(reading).rejects.toThrow("enough");
    expect(last).toBeLessThan(6);
  });

  test("without sharp, the sentence says what to install", async () => {
    await expect(loadImageDecoder(() => Promise.reject(new Error("Cannot find package 'sharp'")))).rejects.toThrow(
      "PNG and JPEG files are decoded by the package sharp, which could not be loaded: npm install sharp",
    );
  });
});

describe("one file", () => {
  test("is read as in a folder", async () => {
    put("a/halves.jpg", "halves.jpg");
    const set = await readImageFolder(folder, { size: [12, 16] });
    const { data, shape } = await readImageFile(join(folder, "a/halves.jpg"), { size: [12, 16] });
    expect(shape).toEqual([12, 16, 3]);
    expect([...data]).toEqual([...set.images]);
  });

  test.each([
    ["none.png", "NotFound", "it does not exist"],
    ["a", "NotFound", "it is a folder where a picture was expected"],
    ["text.png", "Malformed", "it does not start like a PNG or JPEG file"],
  ])("%s is refused", async (name, tag, message) => {
    put("a/gray.png");
    write("text.png", "text");
    const path = join(folder, name);
    expect(await errorOf(readImageFile(path, { size: 8 }))).toMatchObject({ tag, message: `${path}: ${message}` });
  });

  test("a size that cannot be is refused", async () => {
    put("a/gray.png");
    await expect(readImageFile(join(folder, "a/gray.png"), { size: 0 })).rejects.toThrow(
      new RangeError("the height of images must be an integer from 1 to 16384, got 0"),
    );
  });
});
