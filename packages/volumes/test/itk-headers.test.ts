import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isVolumeError, parseVolume, type Volume } from "../src/index.js";
import { readVolume } from "../src/node.js";

/** A small file and SimpleITK's answer, or nibabel's for NIfTI-2; fixtures/headers.py made them. */
interface Case {
  name: string;
  path: string;
  files: Record<string, string>;
  itk?: { size: number[]; spacing: number[]; origin: number[]; direction: number[]; values: (number | string)[] };
  refused?: true;
}

/** Where a volume is refused that ITK reads, and why. */
const stricter: Record<string, RegExp> = {
  "NRRD: vectors": /several values per voxel/,
  // ITK takes -5 for five bytes before the end.
  "NRRD: byte skip -5": /"byte skip" is "-5", expected a whole number, -1 or more/,
  // ITK fills what is missing with zeros.
  "NIfTI: cut short": /promises 16 bytes after the first 352, the file has 15/,
};

/** What is read that ITK reads wrong without a word: it takes the size of the compressed data at its word and loses the last byte. */
const better: Record<string, number[]> = { "MetaImage: compressed, of a size too small": [1, 2, 3, 4, 5, 6, 7, -8] };

const cases: Case[] = JSON.parse(readFileSync(new URL("fixtures/headers.json", import.meta.url), "utf8"));
const three = <T>(values: readonly T[], rest: T): T[] => [0, 1, 2].map((i) => values[i] ?? rest);
const near = (values: readonly number[]): unknown[] => values.map((value) => expect.closeTo(value, 4));

/** ITK's answer for a volume, where it reads an image of two dimensions as one of one slice. */
function expectItk(volume: Volume, { size, spacing, origin, direction, values }: NonNullable<Case["itk"]>): void {
  expect(volume.shape).toEqual(three(size, 1).reverse());
  expect(volume.spacingMm).toEqual(near(three(spacing, volume.spacingMm[0]).reverse()));
  expect(volume.originMm).toEqual(near(three(origin, volume.originMm[2])));
  if (direction.length === 9) expect(volume.direction.map((value) => value + 0)).toEqual(near(direction));
  expect(
    Array.from(volume.data, (value) => (Number.isFinite(value) ? value : String(value).replace("Infinity", "inf").replace("NaN", "nan"))),
  ).toEqual(values);
}

describe("headers of every kind are read as SimpleITK reads them, in memory and on disk", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "itk-headers-"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  test.each(cases)("$name", async ({ name, path, files, itk }) => {
    const place = await mkdtemp(join(folder, "case-"));
    const bytes = Object.fromEntries(Object.entries(files).map(([file, base64]) => [file, new Uint8Array(Buffer.from(base64, "base64"))]));
    for (const [file, content] of Object.entries(bytes)) await writeFile(join(place, file), content);
    const answers = [async () => parseVolume(bytes, { path }), () => readVolume(join(place, path))].map((read) =>
      read().catch((error: unknown) => error),
    );
    for (const answer of await Promise.all(answers)) {
      if (itk && !Object.hasOwn(stricter, name)) {
        if (answer instanceof Error) throw answer;
        expectItk(answer as Volume, Object.hasOwn(better, name) ? { ...itk, values: better[name]! } : itk);
      } else {
        expect(isVolumeError(answer)).toBe(true);
        expect((answer as Error).message.replace(`${place}/`, "")).toMatch(
          stricter[name] ?? /^[ab]\.\w+: .*(expected|promises|no |not|twice|lie)/,
        );
      }
    }
  });
});
