import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { createVolume, formatNrrd, formatVolume, parseNrrd, type VolumeErrorTag, type VolumeFiles } from "../src/index.js";
import { bothReaders } from "./both-readers.js";

const read = bothReaders();
const bytes = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);
const joined = (...parts: Uint8Array[]): Uint8Array<ArrayBuffer> => Uint8Array.from(parts.flatMap((part) => [...part]));
const raw = new Uint8Array(Int16Array.of(1, 2, 3, 4, 5, 6, 7, -8).buffer);
const gzip = (content: Uint8Array): Uint8Array<ArrayBuffer> => new Uint8Array(gzipSync(content));

/** A header of two by two by two shorts, with some of its fields changed, left out (by undefined) or added. */
function header(changes: Record<string, string | undefined> = {}): string {
  const fields = { type: "short", dimension: "3", sizes: "2 2 2", encoding: "raw", endian: "little", ...changes };
  return `NRRD0005\n${Object.entries(fields)
    .map(([field, value]) => (value === undefined ? "" : `${field}: ${value}\n`))
    .join("")}`;
}
const attached = (changes: Record<string, string | undefined>, data = raw): VolumeFiles => ({
  "a.nrrd": joined(bytes(`${header(changes)}\n`), data),
});
const detached = (changes: Record<string, string | undefined>, files: VolumeFiles = {}): VolumeFiles => ({
  "a.nhdr": bytes(header(changes)),
  ...files,
});

/** What headers.json has of SimpleITK's answers is tested there; this is what our own sentences say. */
describe("broken NRRD, in memory and on disk", () => {
  const wrongLength = gzip(joined(bytes("abc"), raw));
  new DataView(wrongLength.buffer).setUint32(wrongLength.length - 4, 17, true);
  const tooShort = wrongLength.slice();
  new DataView(tooShort.buffer).setUint32(tooShort.length - 4, 8, true);
  const bad: [string, VolumeErrorTag, string, VolumeFiles][] = [
    ["no type", "Malformed", 'a.nrrd: its header has no "type"', attached({ type: undefined })],
    ["no sizes", "Malformed", 'a.nrrd: its header has no "sizes"', attached({ sizes: undefined })],
    ["no encoding", "Malformed", 'a.nrrd: its header has no "encoding"', attached({ encoding: undefined })],
    ["a dimension of words", "Malformed", '"dimension" is "three", expected a whole number, 1 or more', attached({ dimension: "three" })],
    ["a size of zero", "Malformed", '"sizes" is "2 0 2", expected positive integers', attached({ sizes: "2 0 2" })],
    ["too few sizes", "Malformed", '"sizes" is "2 2", expected 3 numbers', attached({ sizes: "2 2" })],
    ["more voxels than the limit", "TooLarge", "need 2000000000 bytes, the limit is 1048576 bytes", attached({ sizes: "1000 1000 1000" })],
    [
      "more text than the limit",
      "TooLarge",
      "its voxels are 1048577 bytes of text, the limit is 1048576 bytes",
      attached({ encoding: "text" }, new Uint8Array(2 ** 20 + 1).fill(32)),
    ],
    ["no endian", "Malformed", '"endian" is missing, expected little or big', attached({ endian: undefined })],
    ["another endian", "Malformed", '"endian" is "middle", expected little or big', attached({ endian: "middle" })],
    ["bzip2", "Unsupported", 'its encoding is "bzip2", expected one of raw, gzip', attached({ encoding: "bzip2" })],
    ["a type that no reader has", "Unsupported", 'its type is "block", expected one of signed char, uchar', attached({ type: "block" })],
    [
      "vectors",
      "Unsupported",
      "several values per voxel or a time series: axis 0 (vector) of size 3, expected size 1",
      attached({ dimension: "4", sizes: "3 2 2 2", kinds: "vector domain domain domain" }),
    ],
    ["a time series", "Unsupported", "axis 3 of size 9, expected size 1", attached({ dimension: "4", sizes: "2 2 2 9" })],
    ["kinds of too few axes", "Malformed", '"kinds" is "domain", expected 3 words', attached({ kinds: "domain" })],
    ["a space that nobody knows", "Unsupported", '"space" is "moon", expected one of left-posterior-superior', attached({ space: "moon" })],
    [
      "a space of centimeters",
      "Unsupported",
      '"space units" is "\\"cm\\" \\"cm\\" \\"cm\\"", expected "mm" for every axis',
      attached({ space: "LPS", "space units": '"cm" "cm" "cm"' }),
    ],
    [
      "spacings in a space",
      "Malformed",
      'it has a space and "spacings", expected "space directions"',
      attached({ space: "LPS", spacings: "1 1 1" }),
    ],
    [
      "a vector of words",
      "Malformed",
      '"space directions" is "(a,b,c)", expected 3 vectors (x,y,z)',
      attached({ space: "LPS", "space directions": "(a,b,c)" }),
    ],
    [
      "an axis of no length",
      "Malformed",
      "the spacing is [0,1,1] mm, expected three positive numbers",
      attached({ space: "LPS", "space directions": "(1,0,0) (0,1,0) (0,0,0)" }),
    ],
    ["a spacing of zero", "Malformed", "the spacing is [1,1,0] mm, expected three positive numbers", attached({ spacings: "0 1 1" })],
    [
      "a line that is no field",
      "Malformed",
      'line "hello" of the header is not "field: value"',
      { "a.nrrd": bytes("NRRD0005\nhello\n\n") },
    ],
    [
      "a header without an end",
      "Malformed",
      "its header has no end, expected a blank line in the first 1048576 bytes",
      { "a.nrrd": bytes(header()) },
    ],
    [
      "a version of the future",
      "Malformed",
      'it starts with "NRRD0009", an NRRD file with NRRD0001 to NRRD0006',
      { "a.nrrd": bytes("NRRD0009\n\n") },
    ],
    [
      "a word among numbers",
      "Malformed",
      'a.nrrd: voxel 2 is "x", expected a whole number from -32768 to 32767',
      attached({ encoding: "text" }, bytes("1 2 x 4 5 6 7 8")),
    ],
    [
      "a number too large for its type",
      "Malformed",
      'voxel 0 is "40000", expected a whole number from -32768 to 32767',
      attached({ encoding: "text" }, bytes("40000 2 3 4 5 6 7 8")),
    ],
    [
      "too few numbers",
      "Truncated",
      "it has 2 numbers, the header promises 8",
      attached({ encoding: "text" }, bytes("1            2        ")),
    ],
    [
      "a digit that is none",
      "Malformed",
      'it has "g" among its voxels, expected hexadecimal digits',
      attached({ encoding: "hex" }, bytes(`0g${"00".repeat(15)}`)),
    ],
    [
      "too few digits",
      "Truncated",
      "it has 2 hexadecimal digits of voxels, the header promises 32",
      attached({ encoding: "hex" }, bytes(`00${" ".repeat(40)}`)),
    ],
    ["byte skip -1 of text", "Malformed", "so where they start cannot be told", attached({ encoding: "text", "byte skip": "-1" })],
    ["more lines to skip than there are", "Truncated", "the header passes over 9 lines, which do not end", attached({ "line skip": "9" })],
    ["a cut gzip stream", "Truncated", "a.nrrd: ", attached({ encoding: "gzip" }, gzip(raw).subarray(0, 20))],
    [
      "a gzip stream that tells a wrong length",
      "Corrupt",
      "a.nrrd: its gzip stream",
      attached({ encoding: "gzip", "byte skip": "-1" }, wrongLength),
    ],
    [
      "a gzip stream that tells too small a length",
      "Truncated",
      "the header promises 16 bytes, its gzip stream has 8",
      attached({ encoding: "gzip", "byte skip": "-1" }, tooShort),
    ],
    ["a whole file in gzip", "Unsupported", "the whole file is compressed with gzip", { "a.nrrd": gzip(attached({})["a.nrrd"]!) }],
    [
      "a data file above the folder",
      "UnsafePath",
      '"../a.raw", expected a file in the header\'s folder or below',
      detached({ "data file": "../a.raw" }),
    ],
    ["a data file at an absolute path", "UnsafePath", '"/a.raw", expected', detached({ "data file": "/a.raw" })],
    ["a pattern that leads out", "UnsafePath", '"../1.raw", expected', detached({ "data file": "../%d.raw 1 2 1" })],
    [
      "a pattern of a huge range",
      "Malformed",
      "run from 1 to 999999999 in steps of 1, expected 1 to 1048576 files",
      detached({ "data file": "%d.raw 1 999999999 1" }),
    ],
    ["a pattern that does not step", "Malformed", "in steps of 0, expected 1 to 1048576 files", detached({ "data file": "%d.raw 1 2 0" })],
    [
      "a list of too few",
      "Malformed",
      "it names 1 data files, expected 2 for the sizes 2 2 2",
      detached({ "data file": "LIST\na.raw" }, { "a.raw": raw }),
    ],
    [
      "a list of files of more dimensions",
      "Malformed",
      "its data files have 4 dimensions, expected 1 to 3",
      detached({ "data file": "LIST 4\na.raw" }),
    ],
    ["a data file that is not there", "NotFound", "gone.raw: ", detached({ "data file": "gone.raw" })],
  ];
  test.each(bad)("%s: %s", async (_, tag, message, files) => {
    const answer = await read(files, Object.keys(files)[0]!, { maxBytes: 2 ** 20 });
    expect(answer.message).toContain(message);
    expect(answer.tag).toBe(tag);
  });
});

describe("NRRD, written", () => {
  const volume = createVolume({
    data: Float32Array.of(-1000.5, 40),
    shape: [1, 1, 2],
    spacingMm: [2.5, 0.7, 0.7],
    originMm: [1, -2, 3],
    direction: [0.6, -0.8, 0, 0.8, 0.6, 0, 0, 0, 1],
  });

  test("is a header of LPS and vectors, a blank line and a gzip stream", () => {
    const file = formatNrrd(volume);
    const [head] = new TextDecoder().decode(file).split("\n\n");
    expect(head!.split("\n")).toEqual([
      "NRRD0004",
      "type: float",
      "dimension: 3",
      "space: left-posterior-superior",
      "sizes: 2 1 1",
      "space directions: (0.42,0.5599999999999999,0) (-0.5599999999999999,0.42,0) (0,0,2.5)",
      "kinds: domain domain domain",
      "endian: little",
      "encoding: gzip",
      "space origin: (1,-2,3)",
    ]);
    expect(Array.from(file.subarray(head!.length + 2, head!.length + 4))).toEqual([0x1f, 0x8b]);
  });

  test("comes back from its own bytes, detached and with the data beside it", () => {
    const back = parseNrrd(formatNrrd(volume, { compressed: false }));
    expect(back.data).toEqual(volume.data);
    for (const [i, value] of volume.direction.entries()) expect(back.direction[i]).toBeCloseTo(value, 14);
    expect(Object.keys(formatVolume(volume, "scan.nhdr"))).toEqual(["scan.raw.gz", "scan.nhdr"]);
  });

  test("a name that would be read as a pattern or a list is refused", () => {
    expect(() => formatVolume(volume, "a%d.nhdr")).toThrow(RangeError);
    expect(() => formatVolume(volume, "LIST a.nhdr")).toThrow(/cannot be written into an NRRD header/);
  });
});
