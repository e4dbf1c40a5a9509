import { deflateSync, gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import {
  createVolume,
  formatNifti,
  formatNrrd,
  formatVolume,
  isVolumeError,
  parseVolume,
  parseVolumeFiles,
  type VolumeFileInput,
} from "../src/index.js";

const sample = createVolume({ data: Int16Array.of(1, 2, 3, 4), shape: [1, 2, 2] });
const pair = formatVolume(sample, "scan.mhd");
const bufferOf = (bytes: Uint8Array): ArrayBuffer => bytes.slice().buffer as ArrayBuffer;
const fileOf = (bytes: Uint8Array, name: string): File => new File([bytes as Uint8Array<ArrayBuffer>], name);

describe("bytes of any kind", () => {
  test.each([
    ["an .mha without a name", formatVolume(sample, "a.mha")["a.mha"]!],
    ["a NIfTI without a name", formatNifti(sample)],
    ["a compressed NIfTI without a name", formatNifti(sample, { compressed: true })],
    ["an NRRD in an ArrayBuffer", bufferOf(formatNrrd(sample))],
    ["a list of one", [formatNrrd(sample)]],
    ["a record", pair],
    ["a record of ArrayBuffers", Object.fromEntries(Object.entries(pair).map(([name, bytes]) => [name, bufferOf(bytes)]))],
    ["a header under a name of no format, among others", { "scan.zraw": pair["scan.zraw"]!, header: pair["scan.mhd"]! }],
    ["an NRRD under the name of a NIfTI", { "scan.nii": formatNrrd(sample) }],
  ])("%s", (_, input) => {
    expect(parseVolume(input).data).toEqual(sample.data);
  });

  test("a view that starts within its buffer, at an odd place", () => {
    const bytes = formatNifti(sample);
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    expect(parseVolume(shifted.subarray(3)).data).toEqual(sample.data);
  });

  test.each([
    ["a text", { "scan.mhd": "NDims = 3" }, "parseVolume: scan.mhd is of type string, expected"],
    ["nothing", null, "the files are null, expected"],
    ["a number", 3, "the files are of type number, expected"],
  ])("%s is refused with a TypeError", (_, input, message) => {
    expect(() => parseVolume(input as never)).toThrow(TypeError);
    expect(() => parseVolume(input as never)).toThrow(message);
  });

  test("bytes of no format are refused", () => {
    let error: unknown;
    try {
      parseVolume(new Uint8Array(100));
    } catch (caught) {
      error = caught;
    }
    expect(isVolumeError(error, "UnknownFormat")).toBe(true);
  });
});

describe("files of a browser", () => {
  const inputs: [string, VolumeFileInput][] = [
    ["a File", fileOf(formatNrrd(sample), "scan.nrrd")],
    ["a Blob", new Blob([formatNrrd(sample) as Uint8Array<ArrayBuffer>])],
    ["a list of Files", Object.entries(pair).map(([name, bytes]) => fileOf(bytes, name))],
    ["a set of Files", new Set(Object.entries(pair).map(([name, bytes]) => fileOf(bytes, name)))],
    [
      "a record of Blobs",
      Object.fromEntries(Object.entries(pair).map(([name, bytes]) => [name, new Blob([bytes as Uint8Array<ArrayBuffer>])])),
    ],
    ["bytes", formatNifti(sample)],
  ];
  test.each(inputs)("%s", async (_, input) => {
    expect((await parseVolumeFiles(input)).data).toEqual(sample.data);
  });

  test("Files of a folder go by their paths in it", async () => {
    const files = Object.entries(pair).map(([name, bytes]) => Object.assign(fileOf(bytes, name), { webkitRelativePath: `scans/${name}` }));
    expect((await parseVolumeFiles(files)).data).toEqual(sample.data);
  });

  test("more bytes than the limit, and a file that cannot be read, are refused", async () => {
    const file = fileOf(formatNrrd(sample), "scan.nrrd");
    const error = await parseVolumeFiles([file], { maxBytes: 10 }).catch((caught) => caught);
    expect(isVolumeError(error, "TooLarge")).toBe(true);
    const broken = Object.assign(fileOf(formatNrrd(sample), "scan.nrrd"), {
      arrayBuffer: () => Promise.reject(new Error("the disk is gone")),
      slice: () => ({ arrayBuffer: () => Promise.reject(new Error("the disk is gone")) }),
    });
    const unread = await parseVolumeFiles([broken]).catch((caught) => caught);
    expect(isVolumeError(unread, "Unreadable")).toBe(true);
    expect(unread.message).toBe("scan.nrrd: it cannot be read (the disk is gone)");
  });
});

describe("checksums of what is compressed", () => {
  const voxels = new Uint8Array(40000).map((_, i) => (i * i) % 251);
  const header = (more: string): Uint8Array =>
    new TextEncoder().encode(
      `ObjectType = Image\nNDims = 3\nDimSize = 200 200 1\nElementType = MET_UCHAR\nCompressedData = True\n${more}ElementDataFile = a.zraw\n`,
    );
  const read = (stream: Uint8Array): Uint8Array => parseVolume({ "a.mhd": header(""), "a.zraw": stream }).data as Uint8Array;
  const zlib = new Uint8Array(deflateSync(voxels));
  const gzip = new Uint8Array(gzipSync(voxels));
  const spoiled = (bytes: Uint8Array, fromEnd: number): Uint8Array =>
    bytes.map((value, i) => (i === bytes.length - fromEnd ? value ^ 4 : value));

  test("are checked, also where other bytes follow the stream", () => {
    const more = new Uint8Array(50000).fill(7);
    for (const stream of [zlib, gzip]) {
      expect(read(stream)).toEqual(voxels);
      expect(read(Uint8Array.from([...stream, ...more.subarray(0, 3)]))).toEqual(voxels);
      expect(read(Uint8Array.from([...stream, ...more]))).toEqual(voxels);
      for (const place of [1, 2, 3, 4])
        expect(() => read(spoiled(stream, place))).toThrow(/a\.zraw: the checksum of its (zlib|gzip) stream is wrong/);
    }
    expect(() => read(Uint8Array.from([...spoiled(zlib, 2), ...more]))).toThrow("the checksum of its zlib stream is wrong");
  });
});
