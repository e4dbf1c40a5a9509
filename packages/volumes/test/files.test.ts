import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deflateSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  createVolume,
  formatNifti,
  formatVolume,
  isVolumeError,
  parseMetaImage,
  parseVolume,
  type VolumeErrorTag,
  type VolumeFiles,
} from "../src/index.js";
import { readVolume, writeVolume } from "../src/node.js";
import { bothReaders } from "./both-readers.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "gleaner-volumes-"));
});
afterAll(() => rm(folder, { recursive: true }));

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const header = (dataFile: string, more = ""): Uint8Array =>
  bytes(`NDims = 3\nDimSize = 2 2 2\nElementType = MET_SHORT\n${more}ElementDataFile = ${dataFile}\n`);
const voxels = Int16Array.of(1, 2, 3, 4, 5, 6, 7, -8);
const raw = new Uint8Array(voxels.buffer);
const zraw = Uint8Array.from(deflateSync(raw));
const compressed = "CompressedData = True\n";
const joined = (...parts: Uint8Array[]): Uint8Array => Uint8Array.from(parts.flatMap((part) => [...part]));
const sample = createVolume({ data: voxels, shape: [2, 2, 2], spacingMm: [2.5, 0.7, 0.7], originMm: [1, 2, 3] });

const read = bothReaders();

describe("MetaImage, in memory and on disk", () => {
  const good: [string, string, VolumeFiles][] = [
    ["one raw file", "a.mhd", { "a.mhd": header("a.raw"), "a.raw": raw }],
    ["a raw file in a folder below, with a ./", "a.mhd", { "a.mhd": header("./data/a b.raw"), "data/a b.raw": raw }],
    ["a data file named as on Windows", "a.mhd", { "a.mhd": header("data\\a.raw"), "data/a.raw": raw }],
    ["a compressed file", "a.mhd", { "a.mhd": header("a.zraw", compressed), "a.zraw": zraw }],
    ["local data", "a.mha", { "a.mha": joined(header("LOCAL"), raw) }],
    ["compressed local data", "a.mha", { "a.mha": joined(header("LOCAL", compressed), zraw) }],
    ["a header to skip", "a.mhd", { "a.mhd": header("a.raw", "HeaderSize = 3\n"), "a.raw": joined(bytes("xyz"), raw) }],
    [
      "a header of unknown size to skip",
      "a.mhd",
      { "a.mhd": header("a.raw", "HeaderSize = -1\n"), "a.raw": joined(bytes("any header"), raw) },
    ],
    [
      "big-endian data",
      "a.mhd",
      { "a.mhd": header("a.raw", "ElementByteOrderMSB = True\n"), "a.raw": raw.slice().map((_, i) => raw[i ^ 1]!) },
    ],
    [
      "a list of slices",
      "a.mhd",
      { "a.mhd": joined(header("LIST"), bytes("s1.raw\r\ns2.raw\n")), "s1.raw": raw.slice(0, 8), "s2.raw": raw.slice(8) },
    ],
    [
      "a list of compressed slices",
      "a.mhd",
      { "a.mhd": joined(header("LIST", compressed), bytes("s1\ns2")), s1: deflateSync(raw.slice(0, 8)), s2: deflateSync(raw.slice(8)) },
    ],
    ["a list of one volume", "a.mhd", { "a.mhd": joined(header("LIST 3"), bytes("a.raw\n")), "a.raw": raw }],
    ["a pattern with its range", "a.mhd", { "a.mhd": header("s%02d.raw 4 6 2"), "s04.raw": raw.slice(0, 8), "s06.raw": raw.slice(8) }],
    ["a pattern without its range", "a.mhd", { "a.mhd": header("s%d.raw"), "s1.raw": raw.slice(0, 8), "s2.raw": raw.slice(8) }],
    [
      "Windows line ends",
      "a.mhd",
      { "a.mhd": bytes("NDims=3\r\nDimSize=2 2 2\r\nElementType=MET_SHORT\r\nElementDataFile=a.raw\r\n"), "a.raw": raw },
    ],
    [
      "four dimensions, the last of size 1",
      "a.mhd",
      { "a.mhd": bytes("NDims = 4\nDimSize = 2 2 2 1\nElementType = MET_SHORT\nElementDataFile = a.raw\n"), "a.raw": raw },
    ],
  ];
  test.each(good)("%s", async (_, path, files) => {
    expect(await read(files, path)).toEqual({ data: [...voxels] });
  });

  test("an intensity function is applied, 64-bit integers become doubles, an image of two dimensions has one slice", async () => {
    const wide = new Uint8Array(BigInt64Array.of(-5n, 2n ** 40n).buffer);
    const text =
      "NDims = 2\nDimSize = 2 1\nElementType = MET_LONG_LONG\nElementToIntensityFunctionSlope = 2\nElementToIntensityFunctionOffset = 1\nElementDataFile = a.raw\n";
    expect(await read({ "a.mhd": bytes(text), "a.raw": wide }, "a.mhd")).toEqual({ data: [-9, 2 ** 41 + 1] });
  });
});

describe("broken input, in memory and on disk", () => {
  const corrupt = zraw.slice();
  corrupt[zraw.length - 1]! ^= 1;
  const bomb = deflateSync(new Uint8Array(2 ** 28));
  const nifti = formatNifti(sample);
  const edited = (...edits: ["setInt16" | "setUint32" | "setFloat32", number, number][]): Uint8Array => {
    const copy = nifti.slice();
    for (const [set, at, value] of edits) new DataView(copy.buffer)[set](at, value, true);
    return copy;
  };
  const bad: [string, VolumeErrorTag, RegExp, string, VolumeFiles][] = [
    ["a data file that is not there", "NotFound", /^gone\.raw: .*a\.mhd names it/, "a.mhd", { "a.mhd": header("gone.raw") }],
    [
      "a short raw file",
      "Truncated",
      /^a\.raw: the header promises 16 bytes, the file has 15$/,
      "a.mhd",
      { "a.mhd": header("a.raw"), "a.raw": raw.slice(1) },
    ],
    [
      "a short slice",
      "Truncated",
      /^s2\.raw: the header promises 8 bytes/,
      "a.mhd",
      { "a.mhd": header("s%d.raw"), "s1.raw": raw.slice(0, 8), "s2.raw": raw.slice(9) },
    ],
    [
      "short local data",
      "Truncated",
      /^a\.mha: the header promises 16 bytes after the first \d+, the file has 2$/,
      "a.mha",
      { "a.mha": joined(header("LOCAL"), bytes("xy")) },
    ],
    [
      "a cut zlib stream",
      "Truncated",
      /^a\.zraw: its zlib stream ends early/,
      "a.mhd",
      { "a.mhd": header("a.zraw", compressed), "a.zraw": zraw.slice(0, 12) },
    ],
    [
      "a zlib stream of fewer voxels",
      "Truncated",
      /promises 16/,
      "a.mhd",
      { "a.mhd": header("a.zraw", compressed), "a.zraw": deflateSync(raw.slice(2)) },
    ],
    ["a zlib stream with a wrong checksum", "Corrupt", /^a\.zraw: /, "a.mhd", { "a.mhd": header("a.zraw", compressed), "a.zraw": corrupt }],
    [
      "a zlib stream that is none",
      "Corrupt",
      /^a\.zraw: /,
      "a.mhd",
      { "a.mhd": header("a.zraw", compressed), "a.zraw": bytes("this is no zlib stream") },
    ],
    [
      "a compressed file that cannot hold so much",
      "Truncated",
      /compressed bytes, which hold \d+ at most/,
      "a.mhd",
      {
        "a.mhd": bytes("DimSize = 999 999 1\nElementType = MET_UCHAR\nCompressedData = True\nElementDataFile = a.zraw\n"),
        "a.zraw": zraw,
      },
    ],
    [
      "more memory than the limit",
      "TooLarge",
      /999 x 999 x 999 voxels \(z, y, x\) of uint8 need 997002999 bytes, the limit is 1048576 bytes/,
      "a.mhd",
      { "a.mhd": bytes("DimSize = 999 999 999\nElementType = MET_UCHAR\nElementDataFile = a.raw\n"), "a.raw": raw },
    ],
    ["a data file above the folder", "UnsafePath", /"\.\.\/a\.raw"/, "a.mhd", { "a.mhd": header("../a.raw") }],
    ["a data file at an absolute path", "UnsafePath", /"\/etc\/passwd"/, "a.mhd", { "a.mhd": header("/etc/passwd") }],
    ["a data file on a drive", "UnsafePath", /expected a file in the header's folder/, "a.mhd", { "a.mhd": header("C:\\a.raw") }],
    [
      "a list that leads out of the folder",
      "UnsafePath",
      /"x\/\.\.\/\.\.\/b"/,
      "a.mhd",
      { "a.mhd": joined(header("LIST"), bytes("a.raw\nx/../../b\n")), "a.raw": raw },
    ],
    [
      "a list of too few slices",
      "Malformed",
      /it names 1 data files, expected 2 for DimSize 2 2 2/,
      "a.mhd",
      { "a.mhd": joined(header("LIST"), bytes("a.raw\n")), "a.raw": raw },
    ],
    ["a pattern of a huge range", "Malformed", /data files, expected 2/, "a.mhd", { "a.mhd": header("%099d.raw 0 99999999999") }],
    ["no ElementDataFile", "Malformed", /^a\.mhd: the header has no ElementDataFile/, "a.mhd", { "a.mhd": bytes("DimSize = 2 2 2\n") }],
    ["no DimSize", "Malformed", /DimSize is missing/, "a.mhd", { "a.mhd": bytes("ElementType = MET_SHORT\nElementDataFile = a.raw\n") }],
    ["a line that is no tag", "Malformed", /line "hello" of the header is not "Tag = value"/, "a.mhd", { "a.mhd": bytes("hello\n") }],
    [
      "a size of zero",
      "Malformed",
      /the shape is \[2,0,2\], expected three positive integers/,
      "a.mhd",
      { "a.mhd": header("a.raw", "DimSize = 2 0 2\n"), "a.raw": raw },
    ],
    [
      "a spacing of zero",
      "Malformed",
      /the spacing is \[1,0,1\] mm/,
      "a.mhd",
      { "a.mhd": header("a.raw", "ElementSpacing = 1 0 1\n"), "a.raw": raw },
    ],
    [
      "axes in one plane",
      "Malformed",
      /lie in one plane/,
      "a.mhd",
      { "a.mhd": header("a.raw", "TransformMatrix = 1 0 0 1 0 0 0 0 1\n"), "a.raw": raw },
    ],
    ["colors", "Unsupported", /3 channels per voxel/, "a.mhd", { "a.mhd": header("a.raw", "ElementNumberOfChannels = 3\n") }],
    [
      "an element type that no reader has",
      "Unsupported",
      /MET_STRING/,
      "a.mhd",
      { "a.mhd": header("a.raw", "ElementType = MET_STRING\n") },
    ],
    [
      "text data that are compressed",
      "Malformed",
      /BinaryData = False\) and compressed/,
      "a.mhd",
      { "a.mhd": header("a.raw", `BinaryData = False\n${compressed}`) },
    ],
    [
      "64-bit integers that no number holds",
      "Unsupported",
      /9007199254740991/,
      "a.mhd",
      { "a.mhd": bytes("DimSize = 1 1 1\nElementType = MET_LONG_LONG\nElementDataFile = a.raw\n"), "a.raw": new Uint8Array(8).fill(127) },
    ],
    ["a NIfTI file that is too short for a header", "Truncated", /348/, "a.nii", { "a.nii": nifti.slice(0, 100) }],
    [
      "a NIfTI file without its last voxel",
      "Truncated",
      /promises 16 bytes after the first 352, the file has 14/,
      "a.nii",
      { "a.nii": nifti.slice(0, -2) },
    ],
    ["a gzip stream that ends early", "Truncated", /gzip stream/, "a.nii.gz", { "a.nii.gz": gzipSync(nifti).subarray(0, 60) }],
    ["an Analyze header", "Unsupported", /no NIfTI magic/, "a.hdr", { "a.hdr": edited(["setUint32", 344, 0]) }],
    ["something that is no NIfTI header", "Malformed", /a NIfTI header with 348 or 540/, "a.nii", { "a.nii": new Uint8Array(400) }],
    ["complex numbers", "Unsupported", /datatype is 32/, "a.nii", { "a.nii": edited(["setInt16", 70, 32]) }],
    ["a time series", "Unsupported", /2 x 2 x 2 x 9/, "a.nii", { "a.nii": edited(["setInt16", 40, 4], ["setInt16", 48, 9]) }],
    [
      "a NIfTI affine of NaN",
      "Malformed",
      /spacing is/,
      "a.nii",
      { "a.nii": edited(["setFloat32", 280, Number.NaN], ["setInt16", 252, 0]) },
    ],
    ["an .img file without its header", "NotFound", /^a\.hdr: /, "a.img", { "a.img": raw }],
    ["a raw file on its own", "UnknownFormat", /expected the \.mhd file that names it/, "a.raw", { "a.raw": raw }],
    ["a name of no format", "UnknownFormat", /no known ending/, "a.jpg", { "a.jpg": raw }],
    ["something that is no NRRD header", "Malformed", /an NRRD file with NRRD0001 to NRRD0006/, "a.nrrd", { "a.nrrd": raw }],
  ];
  test.each(bad)("%s: %s", async (_, tag, message, path, files) => {
    const answer = await read(files, path, { maxBytes: 2 ** 20 });
    expect(answer.tag).toBe(tag);
    expect(answer.message).toMatch(message);
  });

  test("a decompression bomb is read no further than the header says", async () => {
    const before = process.memoryUsage().arrayBuffers;
    const { tag, data } = await read({ "a.mhd": header("a.zraw", compressed), "a.zraw": bomb }, "a.mhd");
    expect(tag).toBeUndefined();
    expect(data).toEqual(new Array(8).fill(0));
    // What is not collected yet counts too: a few times the 16 MiB of one piece, far from the 256 MiB of the bomb.
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 27);
  });
});

describe("in memory only", () => {
  test("several volumes need a name, no volume is an error", () => {
    const files = { ...formatVolume(sample, "a.mha"), ...formatVolume(sample, "b.mha") };
    expect(() => parseVolume(files)).toThrow(/expected one header .* found a\.mha, b\.mha$/);
    expect(() => parseVolume({})).toThrow(/found none of no files$/);
    expect(Array.from(parseVolume(files, { path: "b.mha" }).data)).toEqual([...voxels]);
  });

  test("what is parsed does not share the caller's memory", () => {
    const file = joined(header("LOCAL"), raw);
    const volume = parseMetaImage(file);
    file.fill(0);
    expect(Array.from(volume.data)).toEqual([...voxels]);
  });
});

describe("on disk only", () => {
  const failure = async (work: Promise<unknown>): Promise<unknown> =>
    work.then(
      () => undefined,
      (error) => error,
    );

  test("a missing file, a missing folder, an empty folder and DICOM without an ending", async () => {
    expect(isVolumeError(await failure(readVolume(join(folder, "none.mhd"))), "NotFound")).toBe(true);
    expect(isVolumeError(await failure(writeVolume(join(folder, "none", "a.mha"), sample)), "NotFound")).toBe(true);
    const empty = await mkdtemp(join(folder, "empty-"));
    expect(isVolumeError(await failure(readVolume(empty)), "UnknownFormat")).toBe(true);
    await writeFile(join(empty, "IM0001"), joined(new Uint8Array(128), bytes("DICM")));
    expect(isVolumeError(await failure(readVolume(join(empty, "IM0001"))), "Malformed")).toBe(true);
    expect(isVolumeError(await failure(readVolume(empty)), "Malformed")).toBe(true);
  });

  test("a data file that is a folder", async () => {
    const place = await mkdtemp(join(folder, "dir-"));
    await mkdir(join(place, "a.raw"));
    await writeFile(join(place, "a.mhd"), header("a.raw"));
    expect(isVolumeError(await failure(readVolume(join(place, "a.mhd"))), "Unreadable")).toBe(true);
  });

  test.each(["a.mhd", "a.mha", "a.nii", "a.nii.gz", "a.hdr", "a.nrrd", "a.nhdr"])(
    "%s is written as in memory, over what was there, and nothing else is left",
    async (name) => {
      const place = await mkdtemp(join(folder, "write-"));
      await writeVolume(join(place, name), createVolume({ data: new Uint8Array(1), shape: [1, 1, 1] }));
      await writeVolume(join(place, name), sample);
      const files = formatVolume(sample, name);
      expect((await readdir(place)).sort()).toEqual(Object.keys(files).sort());
      expect(await readVolume(join(place, name))).toEqual(parseVolume(files, { path: name }));
    },
  );

  test("uncompressed MetaImage is the voxels' own bytes", async () => {
    const place = await mkdtemp(join(folder, "raw-"));
    await writeVolume(join(place, "a.mhd"), sample, { compressed: false });
    expect(new Uint8Array(await readFile(join(place, "a.raw")))).toEqual(raw);
  });

  test("a write that fails leaves nothing behind", async () => {
    const place = await mkdtemp(join(folder, "fail-"));
    await mkdir(join(place, "a.mhd"));
    expect(isVolumeError(await failure(writeVolume(join(place, "a.mhd"), sample)), "Unreadable")).toBe(true);
    expect((await readdir(place)).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });

  test("links are followed, as data sets that are spread over disks need it", async () => {
    const place = await mkdtemp(join(folder, "link-"));
    await writeVolume(join(place, "a.mha"), sample);
    await symlink(join(place, "a.mha"), join(place, "b.mha"));
    expect((await readVolume(join(place, "b.mha"))).data).toEqual(voxels);
  });
});
