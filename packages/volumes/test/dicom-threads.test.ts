import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadDicom } from "../src/dicom/load.js";
import { sourcesOf } from "../src/dicom/source.js";
import { readDicom } from "../src/node.js";
import { createThreadedDecoder } from "../src/node-dicom-threads.js";

const fixture = JSON.parse(readFileSync(new URL("./fixtures/dicom-syntaxes.json", import.meta.url), "utf8")) as {
  cases: { name: string; dicom: string; values: number[]; intercept: number }[];
};
const place = "-10\\-20\\30";
const bytesOf = (dicom: string): Buffer => Buffer.from(dicom, "base64");
const placed = fixture.cases.filter(({ name, dicom }) => /^JPEG|RLE/.test(name) && bytesOf(dicom).includes(place));
// Three times every way of compressing, so that threads have more than one frame each.
const cases = [...placed, ...placed, ...placed];

/** The file of a case at another place: z 10 and up, in as many letters as the 30 of the fixture. */
function slice(index: number): Uint8Array<ArrayBuffer> {
  const bytes = bytesOf(cases[index]!.dicom);
  bytes.write(String(10 + index), bytes.indexOf(place) + place.length - 2, "latin1");
  return new Uint8Array(bytes);
}

/** One stack whose slices are compressed in different ways, with names that run against their places. */
const nameOf = (index: number): string => `${99 - index}.dcm`;
const stack = (): Record<string, Uint8Array<ArrayBuffer>> => Object.fromEntries(cases.map((_, i) => [nameOf(i), slice(i)]));

async function read(files: Record<string, Uint8Array>, decoder: ReturnType<typeof createThreadedDecoder>): Promise<number[][]> {
  try {
    const { volume } = await loadDicom(sourcesOf(files, "test"), "the files", {}, decoder);
    const pixels = volume.shape[1] * volume.shape[2];
    return cases.map(({ intercept }, i) => Array.from(volume.data.subarray(i * pixels, (i + 1) * pixels), (value) => value - intercept));
  } finally {
    await decoder.close();
  }
}

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "dicom-threads-"));
});
afterAll(() => rm(folder, { recursive: true }));

const expected = cases.map(({ values }) => values);
const script = fileURLToPath(new URL("../dist/node-dicom-worker.js", import.meta.url));

describe.runIf(existsSync(script))("decoding in threads, against GDCM and libjpeg-turbo (runs when the package is built)", () => {
  test.each([2, 3])("%i threads give every slice its pixels, in order", async (count) => {
    expect(await read(stack(), createThreadedDecoder(count, script))).toEqual(expected);
  });

  test("a slice that does not decode is named", async () => {
    const files = stack();
    const index = cases.findLastIndex(({ name }) => name.startsWith("JPEG 2000"));
    const name = nameOf(index);
    // The marker that a codestream starts with.
    const bytes = files[name]!;
    bytes[Buffer.from(bytes).indexOf(Uint8Array.of(0xff, 0x4f, 0xff, 0x51))] = 0;
    await expect(read(files, createThreadedDecoder(2, script))).rejects.toMatchObject({
      tag: "Corrupt",
      message: `${name}: its frame does not start as a JPEG 2000 stream`,
    });
  });
});

describe("without threads", () => {
  test("this thread decodes where there is no script, or for one thread", async () => {
    expect(await read(stack(), createThreadedDecoder(4, join(folder, "missing.js")))).toEqual(expected);
    expect(await read(stack(), createThreadedDecoder(1))).toEqual(expected);
  });

  test("this thread takes over from threads that end before they answer, with an error or without", async () => {
    for (const [i, what] of ["process.exit(1);", "not JavaScript"].entries()) {
      const path = join(folder, `${i}.mjs`);
      await writeFile(path, what);
      expect(await read(stack(), createThreadedDecoder(2, path))).toEqual(expected);
    }
  });

  test("frames that come after the end are not decoded", async () => {
    const decoder = createThreadedDecoder(2, script);
    await decoder.close();
    const decoded = await decoder.decode({ packing: "jpeg", rows: 1, columns: 1, bitsAllocated: 8 }, new Uint8Array(8));
    expect(decoded).toEqual({ fault: "its decoding was stopped" });
  });

  test.each([0, -1, 1.5, Number.NaN])("threads is %s: refused", async (threads) => {
    await expect(readDicom(folder, { threads })).rejects.toThrow(
      new RangeError(`readDicom: threads is ${threads}, expected a whole number, 1 or more`),
    );
  });
});
