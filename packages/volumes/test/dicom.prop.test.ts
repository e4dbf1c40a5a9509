import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isVolumeError, listDicomSeries, parseDicom } from "../src/index.js";
import { sliceElements, sliceFile, stackFiles } from "./dicom-files.js";

const limits = { maxBytes: 2 ** 20 };
const { cases } = JSON.parse(readFileSync(new URL("./fixtures/dicom-syntaxes.json", import.meta.url), "utf8")) as {
  cases: { name: string; dicom: string }[];
};
const files = cases.map(({ dicom }) => new Uint8Array(Buffer.from(dicom, "base64")));

/** Reads bytes that may be anything: a volume within the limit, or one of our errors without the patient's name. */
async function readAnything(input: Record<string, Uint8Array>, onUneven: "refuse" | "resample" = "refuse"): Promise<string> {
  try {
    const { volume } = await parseDicom(input, { ...limits, onUneven });
    expect(volume.data.byteLength).toBeLessThanOrEqual(2 ** 20);
    expect(volume.data.length).toBe(volume.shape.reduce((product, n) => product * n, 1));
    return "a volume";
  } catch (error) {
    if (!isVolumeError(error)) throw error;
    expect(error.message.startsWith(`${error.path}: `)).toBe(true);
    expect(error.message).not.toMatch(/SECRET/);
    return error.tag;
  }
}

const edits = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 6 });
const changed = (bytes: Uint8Array, changes: [number, number][], from = 0): Uint8Array => {
  const copy = bytes.slice();
  for (const [at, value] of changes) copy[from + (at % (copy.length - from))] = value;
  return copy;
};

describe("bytes that may be anything", () => {
  test("noise, with and without the preamble", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 600 }), fc.boolean(), async (bytes, preamble) => {
        const file = preamble ? new Uint8Array([...new Uint8Array(128), 68, 73, 67, 77, ...bytes]) : bytes;
        await readAnything({ "a.dcm": file });
      }),
      { numRuns: 300 },
    );
  });

  test("files of every transfer syntax with changed bytes, in the header or in the pixels, or cut off", async () => {
    const answers = new Set<string>();
    await fc.assert(
      fc.asyncProperty(fc.nat(files.length - 1), edits, fc.option(fc.nat()), fc.boolean(), async (which, changes, cut, late) => {
        const whole = files[which]!;
        const bytes = changed(whole, changes, late ? Math.floor(whole.length / 2) : 132);
        answers.add(await readAnything({ "a.dcm": cut === null ? bytes : bytes.subarray(0, cut % bytes.length) }));
      }),
      { numRuns: 1500 },
    );
    expect([...answers]).toEqual(expect.arrayContaining(["a volume", "Corrupt", "Malformed"]));
  }, 60_000);

  test("a stack one of whose slices is damaged", async () => {
    const names = Object.keys(stackFiles([0, 1, 2, 3]));
    await fc.assert(
      fc.asyncProperty(fc.nat(3), edits, fc.constantFrom("refuse", "resample"), async (which, changes, onUneven) => {
        const stack = stackFiles([0, 1, 2, 3]);
        await readAnything({ ...stack, [names[which]!]: changed(stack[names[which]!]!, changes, 132) }, onUneven);
      }),
      { numRuns: 500 },
    );
  }, 30_000);

  test("numbers of a header that may be any text", async () => {
    const tags = [0x00200032, 0x00200037, 0x00280030, 0x00281052, 0x00281053, 0x00280008, 0x00180088];
    const text = fc.oneof(
      fc.array(fc.oneof(fc.double(), fc.integer()), { maxLength: 7 }).map((values) => values.join("\\")),
      fc.string({ unit: fc.constantFrom(..."0123456789.-+eE\\ x"), maxLength: 20 }),
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...tags), text, fc.boolean(), async (tag, value, resample) => {
        const odd = sliceFile({ position: "-10\\-20\\2", more: [[tag, "DS", value]] });
        await readAnything({ ...stackFiles([0, 1]), odd }, resample ? "resample" : "refuse");
      }),
      { numRuns: 500 },
    );
  });
});

describe("the order of files", () => {
  test("changes nothing: neither the volume nor the list nor the refusal", async () => {
    const zs = fc.uniqueArray(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(zs, fc.infiniteStream(fc.nat()), async (places, draws) => {
        const entries = Object.entries(stackFiles(places));
        const shuffled = entries.map((entry) => [draws.next().value as number, entry] as const).sort(([a], [b]) => a - b);
        const answer = (input: Record<string, Uint8Array>): Promise<unknown> =>
          parseDicom(input).catch(({ tag, message }) => ({ tag, message }));
        const [a, b] = [Object.fromEntries(entries), Object.fromEntries(shuffled.map(([, entry]) => entry))];
        expect(await answer(b)).toEqual(await answer(a));
        expect(await listDicomSeries(b)).toEqual(await listDicomSeries(a));
      }),
      { numRuns: 100 },
    );
  });
});

test("a header that promises gigabytes allocates none of them", async () => {
  const before = process.memoryUsage().arrayBuffers;
  const huge = sliceElements({
    more: [
      [0x00280010, "US", 65535],
      [0x00280011, "US", 65535],
    ],
  });
  const { elementBytesOf, dicomFile } = await import("./dicom-files.js");
  expect(elementBytesOf(huge).length).toBeLessThan(1000);
  for (const syntax of ["1.2.840.10008.1.2.1", "1.2.840.10008.1.2.4.70", "1.2.840.10008.1.2.5"]) {
    expect(["Truncated", "Malformed", "TooLarge"]).toContain(await readAnything({ "a.dcm": dicomFile(huge, syntax) }));
  }
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 24);
});
