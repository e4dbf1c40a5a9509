import { cpSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { beforeEach, describe, expect, test } from "vitest";
import { formatIdx, isImageSetError } from "../src/index.js";
import { describeImageSet, readImageSet } from "../src/node.js";

const fixtures = join(import.meta.dirname, "fixtures");
let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "gleaner-set-"));
});
const write = (name: string, bytes: Uint8Array | string): string => {
  writeFileSync(join(folder, name), bytes);
  return join(folder, name);
};
const copy = (fixture: string, name: string): string => {
  mkdirSync(join(folder, name, ".."), { recursive: true });
  cpSync(join(fixtures, fixture), join(folder, name));
  return join(folder, name);
};
/** The folder, after these were put into it. */
const inFolder = (..._made: unknown[]): string => folder;
const mnist = (part: string): void => {
  write(`${part}-images-idx3-ubyte`, formatIdx({ shape: [2, 1, 2], data: new Uint8Array(4) }));
  write(`${part}-labels-idx1-ubyte.gz`, gzipSync(formatIdx({ shape: [2], data: new Uint8Array([1, 0]) })));
};
const stl10 = (): void => {
  write("train_X.bin", new Uint8Array(27_648));
  write("train_y.bin", new Uint8Array([1]));
  write("unlabeled_X.bin", new Uint8Array(2 * 27_648));
};
const digits = `${"16,".repeat(64)}7\n`;

describe("what is recognized", () => {
  test.each<[string, () => string, object]>([
    [
      "mnist",
      () => inFolder(mnist("train"), mnist("t10k")),
      { split: "train", splits: ["train", "test"], images: 2, width: 2, perClass: [1, 1] },
    ],
    ["mnist", () => inFolder(mnist("t10k")), { split: "test", splits: ["test"] }],
    ["cifar-10", () => inFolder(write("test_batch.bin", new Uint8Array(3073))), { split: "test", images: 1, width: 32, classes: 10 }],
    ["cifar-10", () => inFolder(write("test_batch.bin.gz", gzipSync(new Uint8Array(3073)))), { split: "test", images: 1, width: 32 }],
    ["cifar-10", () => write("data_batch_2.bin", new Uint8Array(2 * 3073)), { splits: [], images: 2 }],
    ["cifar-100", () => inFolder(write("train.bin", new Uint8Array(3074))), { split: "train", images: 1, width: 32 }],
    ["cifar-100", () => inFolder(write("train.bin.gz", gzipSync(new Uint8Array(3074)))), { images: 1 }],
    ["cifar-100", () => write("test.bin", new Uint8Array(3074)), { splits: [], images: 1 }],
    ["svhn", () => inFolder(copy("svhn/compressed.mat", "extra_32x32.mat")), { split: "extra", splits: ["extra"], images: 3 }],
    ["svhn", () => copy("svhn/plain.mat", "some.mat"), { splits: [], images: 1, classNames: [..."0123456789"] }],
    ["stl-10", () => inFolder(stl10()), { split: "train", splits: ["train", "unlabeled"], images: 1, width: 96 }],
    [
      "medmnist",
      () => copy("medmnist/gray.npz", "pneumoniamnist.npz"),
      { splits: ["train", "val", "test"], images: 4, height: 5, width: 6 },
    ],
    ["medmnist", () => inFolder(copy("medmnist/gray.npz", "pneumoniamnist.npz")), { split: "train", images: 4 }],
    ["digits", () => write("optdigits.tes.gz", gzipSync(digits)), { splits: [], images: 1, mean: [1] }],
    ["digits", () => inFolder(write("digits.csv", digits), write("LICENSE.txt", "")), { images: 1 }],
  ])("%s %#", async (format, make, expected) => {
    const described = await describeImageSet(make());
    expect(described).toMatchObject({ format, ...expected });
  });

  test("folders of pictures, which need a size", async () => {
    copy("folder/gray.png", "train/a/1.png");
    copy("folder/gray.png", "val/a/1.png");
    copy("folder/gray.png", "unlabeled/1.png");
    const described = await describeImageSet(folder, { size: [4, 6], channels: 1 });
    expect(described).toMatchObject({
      format: "image-folder",
      split: "train",
      splits: ["train", "val"],
      images: 2,
      unlabeled: 1,
      perClass: [1],
    });
    expect(described.mean[0]).toBeCloseTo(125 / 255, 12);
    const { source } = await readImageSet(folder, { size: 2, split: "val" });
    expect(source.shape).toEqual([1, 2, 2, 3]);
    await expect(readImageSet(folder)).rejects.toThrow(/size must be given to read the folder of PNG and JPEG files/);
  });

  test("the folder that an archive unpacks to, in the folder where it was unpacked", async () => {
    mkdirSync(join(folder, "cifar-10-batches-bin"));
    write("cifar-10-batches-bin/test_batch.bin", new Uint8Array(3073));
    expect(await describeImageSet(folder)).toMatchObject({ format: "cifar-10", images: 1 });
    mkdirSync(join(folder, "stl10_binary"));
    await expect(describeImageSet(folder)).rejects.toThrow(/it holds cifar-10-batches-bin and stl10_binary, name one of them/);
  });

  test("the part without labels, and the groups of CIFAR-100", async () => {
    stl10();
    const described = await describeImageSet(folder, { split: "unlabeled" });
    expect(described).toMatchObject({ images: 2, unlabeled: 2, perClass: Array(10).fill(0) });
    const path = write("train.bin", new Uint8Array(3074).fill(19, 0, 1).fill(99, 1, 2));
    const { source } = await readImageSet(path, { labels: "coarse" });
    expect([...source.labels]).toEqual([19]);
  });
});

describe("what is refused, in one sentence", () => {
  const refused = async (work: Promise<unknown>): Promise<string> => {
    const error = await work.then(
      () => "it was read",
      (reason: unknown) => reason,
    );
    expect(isImageSetError(error), String(error)).toBe(true);
    const { message } = error as Error;
    expect(message).toMatch(/^[^\n]+$/);
    return message;
  };

  test("nothing known lists what was looked for", async () => {
    const message = await refused(readImageSet(folder));
    for (const name of ["MNIST", "CIFAR-10", "CIFAR-100", "SVHN", "STL-10", "MedMNIST", "digits", "PNG or JPEG"])
      expect(message).toContain(name);
    expect(await refused(readImageSet(write("a.txt", "hello")))).toContain("the file is no known set of images; looked for");
    expect(await refused(readImageSet(write("empty", "")))).toContain("the file is no known set of images");
    expect(await refused(readImageSet(join(folder, "none")))).toContain("it does not exist");
    // A single file of two is not enough.
    expect(await refused(readImageSet(write("train-images-idx3-ubyte", "")))).toContain("looked for");
  });

  test("several sets in one folder, until the format is said", async () => {
    stl10();
    write("train.bin", new Uint8Array(3074));
    expect(await refused(readImageSet(folder))).toContain("it may be cifar-100 or stl-10; say which by the option format");
    expect((await readImageSet(folder, { format: "cifar-100" })).format).toBe("cifar-100");
    expect(await refused(readImageSet(folder, { format: "svhn" }))).toContain("looked for train_32x32.mat (SVHN)");
    await expect(readImageSet(folder, { format: "imagenet" as "svhn" })).rejects.toThrow(/the format must be one of mnist, .*got imagenet/);
  });

  test("a part that is not there", async () => {
    stl10();
    expect(await refused(readImageSet(folder, { split: "test" }))).toContain("it has no part test, stl-10 has train, unlabeled here");
    const path = write("digits.csv", digits);
    expect(await refused(readImageSet(path, { split: "test" }))).toContain("it has no part test, digits is one whole here");
    mnist("t10k");
    expect(await refused(readImageSet(folder, { format: "mnist" }))).toContain("it has no part train, mnist has test here");
  });

  test("another set under the name, and files that are cut off", async () => {
    const cifar = write("data_batch_1.bin", new Uint8Array(2 * 3074));
    expect(await refused(readImageSet(cifar))).toContain("they are 2 of CIFAR-100");
    expect(await refused(readImageSet(write("train.bin", new Uint8Array(2 * 3073))))).toContain("they are 2 of CIFAR-10)");
    expect(await refused(readImageSet(write("digitStruct.mat", `MATLAB 7.3${" ".repeat(200)}`)))).toContain("version 7.3 (HDF5)");
    expect(await refused(readImageSet(folder, { format: "svhn" }))).toContain("full numbers (format 1)");
    stl10();
    write("train_y.bin", new Uint8Array([1, 2]));
    expect(await refused(readImageSet(folder, { format: "stl-10" }))).toContain("2 labels for the 1 images");
    expect(await refused(readImageSet(write("a.npz", "PK and no more than that, really")))).toContain("cut off or does not decode");
  });
});
