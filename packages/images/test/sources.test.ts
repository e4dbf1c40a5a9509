import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  collectImages,
  concatSources,
  describeSource,
  imageSource,
  isImageSetError,
  type LabeledImages,
  selectImages,
} from "../src/index.js";
import { openCifar10, openCifar100, readCifar10, readCifar100 } from "../src/node.js";

const set = (values: number[]): LabeledImages => ({
  images: new Uint8Array(values.flatMap((value) => [value, 255 - value])),
  shape: [values.length, 2, 1, 1],
  labels: new Uint8Array(values),
});

test("what is read is the reader's own", () => {
  const source = imageSource(set([1, 2]));
  source.read([0]).fill(9);
  expect([...source.read([0])]).toEqual([1, 254]);
});

test("sources that do not go together, or not into memory", () => {
  const one = imageSource(set([1]));
  expect(() => concatSources([])).toThrow(/got none/);
  expect(() => concatSources([one, imageSource({ ...set([1]), shape: [1, 1, 2, 1] })])).toThrow(
    "images of [2,1,1] and [1,2,1] do not join",
  );
  const named = (names: string[]) => imageSource({ ...set([1]), classNames: names });
  expect(() => concatSources([one, named(["a", "b"]), named(["b", "a"])])).toThrow(
    "sources must name their classes alike, got a, b and b, a",
  );
  expect(concatSources([one, named(["a", "b"])]).classNames).toEqual(["a", "b"]);
  expect(() => collectImages(concatSources([one, one]), { maxBytes: 3 })).toThrow("2 images need 4 bytes, at most 3");
  for (const bad of [1, -1, 0.5, Number.NaN]) expect(() => one.read([bad])).toThrow("an index must be from 0 to 0");
  expect(() => describeSource(imageSource({ ...set([1]), labels: new Int32Array([-2]) }))).toThrow("got -2");
});

test("a description of many parts is that of the whole", () => {
  // Images of 6 MiB, so that a part of 16 MiB holds two.
  const size = 6 * 2 ** 20;
  const source = imageSource({
    images: new Uint8Array(5 * size).map((_, i) => (i % 3 === 2 ? 9 : Math.floor(i / size) * 20)),
    shape: [5, 1024, 2048, 3],
    labels: new Uint8Array(5),
  });
  const sizes: number[] = [];
  const described = describeSource({
    ...source,
    read(indices) {
      sizes.push(indices.length);
      return source.read(indices);
    },
  });
  expect(sizes).toEqual([2, 2, 1]);
  expect(described.mean[0]).toBeCloseTo(40 / 255, 12);
  expect(described.mean[2]).toBeCloseTo(9 / 255, 12);
  // The deviation of 0, 20, 40, 60, 80.
  expect(described.deviation[1]).toBeCloseTo(Math.sqrt(800) / 255, 12);
  expect(described.deviation[2]).toBeCloseTo(0, 12);
});

test("CIFAR on demand gives the images of the readers, over several files", () => {
  const folder = mkdtempSync(join(tmpdir(), "gleaner-cifar-"));
  const bytes = (count: number, labels: number, seed: number): Uint8Array =>
    new Uint8Array(count * (3072 + labels)).map((_, i) => (i % (3072 + labels) < labels ? (i + seed) % 10 : (i * seed) % 253));
  for (let i = 1; i <= 5; i++) writeFileSync(join(folder, `data_batch_${i}.bin`), bytes(i, 1, i + 1));
  writeFileSync(join(folder, "test_batch.bin"), bytes(2, 1, 17));
  writeFileSync(join(folder, "train.bin"), bytes(3, 2, 7));
  writeFileSync(join(folder, "coarse_label_names.txt"), Array.from({ length: 20 }, (_, i) => `g${i}`).join("\n"));
  for (const [source, read] of [
    [openCifar10(folder), readCifar10(folder)],
    [openCifar10(folder, { split: "test" }), readCifar10(folder, { split: "test" })],
    [openCifar100(folder), readCifar100(folder)],
    [openCifar100(folder, { labels: "coarse" }), readCifar100(folder, { labels: "coarse" })],
  ] as const) {
    expect(collectImages(source)).toEqual(read);
    const indices = [read.shape[0] - 1, 0, 1, 1];
    expect(source.read(indices)).toEqual(selectImages(read, indices).images);
    source.close();
  }
  const tagOf = (work: () => unknown): string | undefined => {
    try {
      work();
    } catch (error) {
      return isImageSetError(error) ? error.tag : String(error);
    }
    return undefined;
  };
  writeFileSync(join(folder, "test_batch.bin"), new Uint8Array(3073).fill(10, 0, 1));
  expect(tagOf(() => openCifar10(folder, { split: "test" }))).toBe("Malformed");
  writeFileSync(join(folder, "test_batch.bin"), new Uint8Array(3074));
  expect(tagOf(() => openCifar10(folder, { split: "test" }))).toBe("Truncated");
  expect(() => readCifar10(folder, { split: "test" })).toThrow(/they are 1 of CIFAR-100/);
  expect(tagOf(() => openCifar100(folder, { split: "test" }))).toBe("NotFound");
});
