import { readFileSync } from "node:fs";
import { deflateRawSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import {
  type DicomSegment,
  type Grid,
  isVolumeError,
  lesionsOfMask,
  maskOfContours,
  parseDicomSeg,
  parseRtStruct,
  type RtStructOptions,
  type VolumeError,
  voxelToWorld,
} from "../src/index.js";
import { dataFolder, dataPath, withData } from "./data.js";

const fixture = (name: string): Uint8Array => readFileSync(new URL(`fixtures/annotations${name}`, import.meta.url));
interface Probe {
  shape: number[];
  originMm: number[];
  sum: number;
  z: number;
  y: number;
  x: number;
}
/** What highdicom and matplotlib say; fixtures/annotations.py made them. */
const expected: { grid: Grid; rtstruct: { mask: number[]; points: number[] } } & Record<string, Probe[]> = JSON.parse(
  new TextDecoder().decode(fixture(".json")),
);

/** The value of an element of explicit VR, replaced in place. */
function changed(bytes: Uint8Array, from: string, to: string): Uint8Array {
  const text = new TextDecoder("latin1").decode(bytes);
  const at = text.indexOf(from);
  expect(at).toBeGreaterThan(0);
  expect(to.length).toBe(from.length);
  const copy = Uint8Array.from(bytes);
  copy.set(
    Array.from(to, (letter) => letter.charCodeAt(0)),
    at,
  );
  return copy;
}

async function rejected(work: Promise<unknown>): Promise<VolumeError> {
  const error = await work.then(() => undefined).catch((caught) => caught);
  if (isVolumeError(error)) return error;
  throw error ?? new Error("nothing was thrown");
}
const thrown = (work: () => unknown): Promise<VolumeError> => rejected(Promise.resolve().then(work));

function probeOf({ mask }: DicomSegment): Probe {
  const [, height, width] = mask!.shape;
  const sums = { sum: 0, z: 0, y: 0, x: 0 };
  for (const [i, value] of mask!.data.entries()) {
    sums.sum += value;
    sums.z += value * Math.floor(i / (height * width));
    sums.y += value * (Math.floor(i / width) % height);
    sums.x += value * (i % width);
  }
  return { shape: [...mask!.shape], originMm: [...mask!.originMm], ...sums };
}
const near = (value: number | number[]): unknown =>
  Array.isArray(value) ? value.map((v) => expect.closeTo(v, 3)) : expect.closeTo(value, 3);

describe("DICOM segmentations written by highdicom", () => {
  test.each([
    ["seg-binary", "binary", ["nodule", "Knötchen 肺"]],
    ["seg-fractional", "probability", ["nodule"]],
    ["seg-rle", "occupancy", ["nodule"]],
    ["seg-labelmap", "label map", ["first", "second"]],
  ])("%s: voxels, places and labels", async (name, kind, labels) => {
    const seg = await parseDicomSeg(fixture(`-${name}.dcm`));
    expect(seg.kind).toBe(kind);
    expect(seg.seriesUid).toBe("1.2.826.0.1.3680043.8.498.3");
    expect(seg.frameOfReferenceUid).toBe("1.2.826.0.1.3680043.8.498.4");
    expect(seg.segments.map(({ label }) => label)).toEqual(labels);
    expect(seg.segments[0]!.category).toEqual({ value: "49755003", scheme: "SCT", meaning: "Morphologically Abnormal Structure" });
    expect(seg.segments[0]!.algorithm).toBe("MANUAL");
    for (const [i, { shape, originMm, ...sums }] of expected[name]!.entries()) {
      const found = probeOf(seg.segments[i]!);
      expect(found.shape).toEqual(shape);
      expect(found.originMm).toEqual(near(originMm));
      for (const key of ["sum", "z", "y", "x"] as const) expect(found[key]).toEqual(near(sums[key]));
      expect([...seg.segments[i]!.mask!.spacingMm]).toEqual([...expected.grid.spacingMm].map((mm) => expect.closeTo(mm, 4)));
      expect([...seg.segments[i]!.mask!.direction]).toEqual(expected.grid.direction.map((v) => expect.closeTo(v, 6)));
    }
  });

  test("other files, contradictions and too little memory are refused in words", async () => {
    const binary = fixture("-seg-binary.dcm");
    expect((await rejected(parseDicomSeg(new Uint8Array(10)))).message).toBe("seg.dcm: it is no DICOM file, expected a DICOM segmentation");
    expect((await rejected(parseDicomSeg(fixture("-rtstruct.dcm")))).message).toBe(
      "seg.dcm: its storage class (SOPClassUID) is 1.2.840.10008.5.1.4.1.1.481.3, expected a DICOM segmentation",
    );
    expect((await rejected(parseDicomSeg(binary, { maxBytes: 100, path: "s" }))).message).toBe(
      "s: its masks need 1440 bytes, the limit is 100 bytes",
    );
    expect((await rejected(parseDicomSeg(changed(binary, "BINARY", "BINART")))).message).toMatch(
      /SegmentationType is "BINART", expected BINARY, FRACTIONAL or LABELMAP$/,
    );
    expect((await rejected(parseDicomSeg(binary.subarray(0, binary.length - 100)))).tag).toMatch(/Malformed|Truncated/);
    expect((await rejected(parseDicomSeg(binary.subarray(0, 3000)))).message).toBe(
      "seg.dcm: its DICOM elements cannot be read to their end; the file may be cut off",
    );
    // Only segment 2 has the first slice and the sixth one.
    expect((await rejected(parseDicomSeg(changed(binary, "-40.0\\12.5\\300.0", "-39.7\\11.7\\301.2")))).message).toMatch(
      /its frames are not in even steps/,
    );
    expect((await rejected(parseDicomSeg(changed(binary, "-40.0\\12.5\\300.0", "-49.0\\12.5\\300.0")))).message).toMatch(
      /its frames lie aside from each other/,
    );
    expect((await rejected(parseDicomSeg(changed(binary, "-38.460909\\8.271383\\306.0", "-38.973940\\9.680922\\304.0")))).message).toBe(
      "seg.dcm: two frames of segment 2 lie at one place",
    );
  });

  test("a deflated one reads the same, and one that inflates without end is refused", async () => {
    const plain = fixture("-seg-binary.dcm");
    const view = new DataView(plain.buffer, plain.byteOffset);
    const start = 144 + view.getUint32(140, true);
    const deflate = (body: Uint8Array): Uint8Array => {
      // The same UID with its last part replaced, which needs two bytes more and so a longer group.
      const meta = Buffer.from(plain.subarray(0, start));
      const at = meta.indexOf("1.2.840.10008.1.2.1");
      const head = [meta.subarray(0, at - 2), Buffer.from([22, 0]), Buffer.from("1.2.840.10008.1.2.1.99"), meta.subarray(at + 20)];
      const joined = Buffer.concat([...head, deflateRawSync(body)]);
      joined.writeUInt32LE(view.getUint32(140, true) + 2, 140);
      return joined;
    };
    expect(await parseDicomSeg(deflate(plain.subarray(start)))).toEqual(await parseDicomSeg(plain));
    const bomb = deflate(new Uint8Array(2 ** 28));
    expect(bomb.length).toBeLessThan(2 ** 20);
    expect((await rejected(parseDicomSeg(bomb))).tag).toMatch(/Malformed|TooLarge/);
  });

  test("lesions of a segment are where its voxels are", async () => {
    const [segment] = (await parseDicomSeg(fixture("-seg-binary.dcm"))).segments;
    const [lesion, ...others] = lesionsOfMask(segment!.mask!, { per: "label" });
    expect(others).toEqual([]);
    const { sum, z, y, x } = expected["seg-binary"]![0]!;
    const [wx, wy, wz] = voxelToWorld(expected.grid, [1 + z / sum, y / sum, x / sum]);
    expect([lesion!.x, lesion!.y, lesion!.z, lesion!.voxels]).toEqual([near(wx), near(wy), near(wz), sum]);
  });
});

describe("RT structure sets", () => {
  const bytes = fixture("-rtstruct.dcm");
  const set = parseRtStruct(bytes);

  test("have regions with names, types and contours, and nothing of the patient", () => {
    expect(set.rois.map(({ number, name, type }) => [number, name, type])).toEqual([
      [1, "Knötchen 肺", "GTV"],
      [7, "points", undefined],
    ]);
    expect(set.rois[0]!.contours.map(({ pointsMm }) => pointsMm.length / 3)).toEqual(expected.rtstruct.points);
    expect(set.rois[0]!.contours[0]!.instanceUid).toBe("1.2.826.0.1.3680043.8.498.1.2");
    expect(set.seriesUid).toBe("1.2.826.0.1.3680043.8.498.3");
    expect(set.frameOfReferenceUid).toBe("1.2.826.0.1.3680043.8.498.4");
    expect(set.instanceUids.length).toBe(7);
    expect(set.notices).toEqual(["region 7: 1 contours of the kind POINT left out, those that are CLOSED_PLANAR are read"]);
    expect(JSON.stringify(set)).not.toMatch(/Nobody|no-id/);
  });

  test("their mask on an oblique lattice has the voxels that matplotlib finds inside", () => {
    const { data } = maskOfContours(set.rois[0]!.contours, expected.grid);
    expect([...data.keys()].filter((i) => data[i] === 1)).toEqual(expected.rtstruct.mask);
  });

  test("of another scan are refused", async () => {
    const check = (options: RtStructOptions): Promise<VolumeError> => thrown(() => parseRtStruct(bytes, { path: "rt", ...options }));
    expect(parseRtStruct(bytes, { instanceUids: set.instanceUids, frameOfReferenceUid: set.frameOfReferenceUid })).toEqual(set);
    const other = await check({ instanceUids: set.instanceUids.slice(1) });
    expect(other.tag).toBe("Conflicting");
    expect(other.message).toBe("rt: 1 of the 7 images that it refers to are not of the scan, such as 1.2.826.0.1.3680043.8.498.1.1");
    expect((await check({ frameOfReferenceUid: "1.2" })).message).toBe(
      "rt: its frame of reference is 1.2.826.0.1.3680043.8.498.4, expected the scan's, 1.2",
    );
  });

  test("with broken contours are refused", async () => {
    const [first] = expected.rtstruct.points;
    const count = (n: number): string => `\x06\x30\x46\x00IS\x02\x00${n} `;
    expect((await thrown(() => parseRtStruct(changed(bytes, count(first!), count(first! - 1))))).message).toBe(
      `rtstruct.dcm: a contour of region 1 has ${3 * first!} numbers, expected three for each of its ${first! - 1} points`,
    );
    const [x] = set.rois[0]!.contours[0]!.pointsMm;
    const digits = String(x).slice(0, 6);
    expect((await thrown(() => parseRtStruct(changed(bytes, digits, `${digits.slice(0, 5)}x`)))).message).toBe(
      "rtstruct.dcm: element (3006,0050) has a value that is no number",
    );
    const number = "\x06\x30\x22\x00IS\x02\x00";
    expect((await thrown(() => parseRtStruct(changed(bytes, `${number}7 `, `${number}1 `)))).message).toBe(
      "rtstruct.dcm: two regions have the ROINumber 1, expected different ones",
    );
    expect((await thrown(() => parseRtStruct(bytes.subarray(0, 2000)))).tag).toBe("Malformed");
  });
});

describe("masks of contours", () => {
  const grid: Grid = { shape: [3, 6, 6], spacingMm: [2, 1, 1], originMm: [0, 0, 0], direction: [1, 0, 0, 0, 1, 0, 0, 0, 1] };
  const square = (low: number, high: number, z: number) => ({
    pointsMm: Float64Array.of(low, low, z, high, low, z, high, high, z, low, high, z),
  });
  const count = (contours: { pointsMm: Float64Array }[]): number => maskOfContours(contours, grid).data.filter((v) => v === 1).length;

  test("centers on the lower edges are inside, so that neighbors share none; contours outside and of two points mark nothing", () => {
    expect(count([square(1, 3, 2)])).toBe(4);
    const left = { pointsMm: Float64Array.of(0, 0, 0, 2, 0, 0, 2, 4, 0, 0, 4, 0) };
    const right = { pointsMm: Float64Array.of(2, 0, 0, 4, 0, 0, 4, 4, 0, 2, 4, 0) };
    expect(count([left]) + count([right])).toBe(count([left, right]));
    expect(count([square(0, 5, 7), square(50, 60, 2), { pointsMm: Float64Array.of(0, 0, 2, 5, 5, 2) }])).toBe(0);
    expect(count([])).toBe(0);
  });

  test("a contour in another one is a hole", () => {
    expect(count([square(-0.5, 4.5, 2), square(0.5, 3.5, 2)])).toBe(25 - 9);
    expect(count([square(-0.5, 4.5, 2), square(0.5, 3.5, 4)])).toBe(25 + 9);
  });

  test("what is no planar contour of the lattice is refused in words", () => {
    expect(() => count([{ pointsMm: Float64Array.of(0, 0) }])).toThrow("maskOfContours: contour 0 has 2 numbers, expected x, y, z each");
    expect(() => count([square(0, 1, 2), { pointsMm: Float64Array.of(0, 0, 0, 1, 0, 1, 1, 1, 0) }])).toThrow(
      "maskOfContours: contour 1 reaches over 0.5 slices, expected one that is parallel to the slices",
    );
    expect(() => count([square(0, Number.NaN, 2)])).toThrow("maskOfContours: contour 0 has a coordinate that is no finite number");
    expect(() => maskOfContours([], { ...grid, spacingMm: [0, 1, 1] })).toThrow("maskOfContours: the spacing is [0,1,1] mm");
  });
});

describe.runIf(dataFolder)(withData("real DICOM objects"), () => {
  const read = (...parts: string[]): Uint8Array => readFileSync(dataPath("dicom_misc", ...parts));

  // Slices, sums and centers by highdicom 0.28.2: Segmentation.get_volume(segment_numbers=[n], rescale_fractional=True).
  test.each([
    ["seg_image_ct_binary.dcm", 1, 3, 638, [-121.7129, -124.41723, 104.52078]],
    ["seg_image_ct_binary_fractional.dcm", 1, 3, 638, [-121.7129, -124.41723, 104.52078]],
    ["seg_image_ct_binary_overlap.dcm", 1, 165, 64, [-122.31445, -125.41446, 53.3325]],
    ["seg_image_ct_binary_overlap.dcm", 2, 165, 16, [-121.82617, -124.92618, 53.3325]],
    ["seg_image_ct_binary_single_frame.dcm", 1, 1, 1832, [-121.88035, -148.32195, -75.7]],
    ["seg_image_ct_true_fractional.dcm", 1, 3, 326.023529, [-121.70157, -124.41816, 104.49613]],
  ])("%s, segment %i: as highdicom reads it", async (name, number, slices, sum, center) => {
    const { segments } = await parseDicomSeg(read("highdicom", name));
    const segment = segments.find((one) => one.number === number)!;
    expect(segment.label).toBe(number === 1 ? "first segment" : "second segment");
    expect(segment.type!.meaning).toBe(number === 1 ? "Bone" : "Spine");
    const probe = probeOf(segment);
    expect(probe.shape[0]).toBe(slices);
    expect(probe.sum).toBeCloseTo(sum, 4);
    expect(voxelToWorld(segment.mask!, [probe.z / probe.sum, probe.y / probe.sum, probe.x / probe.sum])).toEqual(near(center));
  });

  const lattice: Grid = {
    shape: [3, 512, 512],
    spacingMm: [5, 0.488281, 0.488281],
    originMm: [-125, -125, 60],
    direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  };
  // Counts by matplotlib 3's Path.contains_points of pixel centers, contours of a slice joined by exclusive or.
  test.each([
    ["rt.dcm", [[1443, 0, 0]]],
    [
      "invalid_reference_rt.dcm",
      [
        [3010, 1966, 484],
        [1415, 2282, 1343],
        [2747, 1772, 294],
        [2419, 4535, 2244],
      ],
    ],
  ])("%s: as many pixels inside as matplotlib finds", (name, counts) => {
    const { rois } = parseRtStruct(read("rt-utils", name));
    const found = rois.map(({ contours }) => {
      const { data } = maskOfContours(contours, lattice);
      return [0, 1, 2].map((z) => data.subarray(z * 512 * 512, (z + 1) * 512 * 512).reduce((sum, value) => sum + value, 0));
    });
    expect(found).toEqual(counts);
  });

  test("structure sets that refer to images which the scan lacks are refused with it, as rt-utils does, and say so without", async () => {
    const instanceUids = [
      "2.16.840.1.114362.1.11940992.23790159890.563423471.893.87",
      "2.16.840.1.114362.1.11940992.23790159890.563423471.985.89",
    ];
    expect(parseRtStruct(read("rt-utils/rt.dcm"), { instanceUids }).rois.length).toBe(1);
    for (const name of ["invalid_reference_rt.dcm", "non_existent_reference_rt.dcm"]) {
      const error = await thrown(() => parseRtStruct(read("rt-utils", name), { path: name, instanceUids }));
      expect(error.tag).toBe("Conflicting");
      expect(error.message).toMatch(/^\w+\.dcm: \d of the \d images that it refers to are not of the scan, such as 2\.16\./);
    }
    expect(parseRtStruct(read("rt-utils/non_existent_reference_rt.dcm")).notices).toEqual([
      "it does not tell the series that its contours were drawn on",
    ]);
  });
});
