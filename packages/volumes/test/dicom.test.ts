import { readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isVolumeError, listDicomSeries, parseDicom, parseVolumeFiles, type VolumeErrorTag, voxelToWorld } from "../src/index.js";
import { listDicomFolder, readDicom, readVolume } from "../src/node.js";
import { dicomFile, type Element, joined, sliceElements, sliceFile, stackFiles } from "./dicom-files.js";

const refusal = async (work: Promise<unknown>): Promise<{ tag?: VolumeErrorTag; message: string }> => {
  const error = await work.then(
    () => ({ message: "no error" }),
    (caught) => caught,
  );
  if (!(error instanceof Error) || isVolumeError(error)) return error as { tag?: VolumeErrorTag; message: string };
  throw error;
};

const { cases, shape } = JSON.parse(readFileSync(new URL("./fixtures/dicom-syntaxes.json", import.meta.url), "utf8")) as {
  shape: number[];
  cases: { name: string; dicom: string; values: number[]; intercept: number }[];
};

describe("every way of storing pixels, against GDCM and libjpeg-turbo", () => {
  test.each(cases)("$name", async ({ dicom, values, intercept }) => {
    const { volume, notices } = await parseDicom({ "a.dcm": Buffer.from(dicom, "base64") });
    expect(volume.shape).toEqual(shape);
    expect(volume.data).toBeInstanceOf(Int16Array);
    expect(volume.originMm).toEqual([-10, -20, 30]);
    expect(volume.spacingMm).toEqual([1, 0.7, 0.8]);
    expect(notices).toEqual(["one slice without SpacingBetweenSlices, taken to be 1 mm from the next"]);
    expect(Array.from(volume.data, (value) => value - intercept)).toEqual(values);
  });
});

describe("streams that promise something else than their header", () => {
  const fileOf = (name: string): Uint8Array => new Uint8Array(Buffer.from(cases.find((one) => one.name.startsWith(name))!.dicom, "base64"));
  const edited = (name: string, marker: number, edits: [at: number, value: number][]): Record<string, Uint8Array> => {
    const bytes = fileOf(name);
    let start = bytes.length - 1;
    for (let i = bytes.length - 2; i > 132; i--) if (bytes[i] === 0xff && bytes[i + 1] === marker) start = i;
    for (const [at, value] of edits) bytes[start + at] = value;
    return { "a.dcm": bytes };
  };

  test.each([
    ["JPEG baseline, 8", 0xc0, [[6, 99]], /its JPEG stream has 18 x 99 pixels, expected 18 x 13$/],
    ["JPEG baseline, 8", 0xc0, [[9, 3]], /its JPEG stream has 3 components, expected 1$/],
    ["JPEG baseline, 8", 0xc0, [[1, 0xc9]], /its JPEG stream is of the kind SOF9, expected baseline/],
    ["JPEG lossless, 12", 0xc3, [[4, 17]], /its JPEG stream has 17 bits, expected 2 to 16$/],
    ["JPEG-LS, 12", 0xf7, [[5, 77]], /its JPEG-LS stream has 18 x 19725 pixels, expected 18 x 13$/],
    ["JPEG 2000, 12", 0x51, [[9, 77]], /its JPEG 2000 stream has 77 x 13 pixels, expected 18 x 13$/],
    [
      "JPEG 2000, 12",
      0x51,
      [
        [22, 0],
        [23, 0],
        [24, 0],
        [25, 0],
      ],
      /its JPEG 2000 stream has Infinity tiles, the limit is 4096$/,
    ],
  ] as [string, number, [number, number][], RegExp][])("%s: %#", async (name, marker, edits, message) => {
    const error = await refusal(parseDicom(edited(name, marker, edits)));
    expect(error.message).toMatch(message);
    expect(error.tag).toBe("Corrupt");
  });
});

describe("values", () => {
  const valuesOf = async (file: Uint8Array, options = {}): Promise<number[]> =>
    Array.from((await parseDicom({ "a.dcm": file }, options)).volume.data);

  test("slope and intercept, bits that are not stored, sign", async () => {
    expect(await valuesOf(sliceFile())).toEqual([-1000, 0, 40, -976, -100, 200]);
    const more: Element[] = [
      [0x00280101, "US", 12],
      [0x00280102, "US", 11],
    ];
    // Rubbish above bit 11 is no part of the value.
    expect(await valuesOf(sliceFile({ values: [0xf000, 0xf3e8, 1040, 24, 900, 1200], more }))).toEqual([-1000, 0, 40, -976, -100, 200]);
    // 12 bits of two's complement: 0xfff is -1, with or without ones above it.
    expect(await valuesOf(sliceFile({ values: [0xfff, 0xffff, 0x800, 0x7ff, 0, 1], signed: true, more }))).toEqual([
      -1001, -1001, -3048, 1047, -1000, -999,
    ]);
    // HighBit 15 of 12 stored bits: they lie at the top.
    const top: Element[] = [
      [0x00280101, "US", 12],
      [0x00280102, "US", 15],
    ];
    expect(await valuesOf(sliceFile({ values: [0x3e80, 0x10, 0, 0, 0, 0xfff0], more: top }))).toEqual([0, -999, -1000, -1000, -1000, 3095]);
  });

  test("8 and 32 bits", async () => {
    expect(await valuesOf(sliceFile({ bits: 8, values: [0, 255, 1, 2, 3, 4] }))).toEqual([-1000, -745, -999, -998, -997, -996]);
    expect(await valuesOf(sliceFile({ bits: 32, values: [0, 70000, 2 ** 32 - 1, 2, 3, 4] }))).toEqual([
      -1000, 69000, 4294966295, -998, -997, -996,
    ]);
  });

  test("values beyond 16 bits make 32-bit integers, whichever slice has them", async () => {
    const files = stackFiles([0, 1, 2], (i) => ({ values: [0, 0, 0, 0, 0, i === 2 ? 65535 : 7] }));
    const { volume } = await parseDicom(files);
    expect(volume.data).toBeInstanceOf(Int32Array);
    expect([volume.data[5], volume.data[11], volume.data[17]]).toEqual([-993, -993, 64535]);
    expect((await parseDicom(stackFiles([0, 1, 2]))).volume.data).toBeInstanceOf(Int16Array);
  });

  test("slopes differ from slice to slice, and a fraction makes floats", async () => {
    const slope = (text: string): Element[] => [[0x00281053, "DS", text]];
    const files = stackFiles([0, 1], (i) => ({ values: [100, 0, 0, 0, 0, 0], more: slope(i === 0 ? "2" : "0.5") }));
    const { volume } = await parseDicom(files);
    expect(volume.data).toBeInstanceOf(Float32Array);
    expect([volume.data[0], volume.data[6]]).toEqual([-800, -950]);
  });

  test("a slope of 0 is taken as 1, MONOCHROME1 is not inverted, and both are told", async () => {
    const more: Element[] = [
      [0x00281053, "DS", "0"],
      [0x00280004, "CS", "MONOCHROME1"],
    ];
    const { volume, notices } = await parseDicom({ "a.dcm": sliceFile({ more }) });
    expect(Array.from(volume.data)).toEqual([-1000, 0, 40, -976, -100, 200]);
    expect(notices.join("\n")).toMatch(/MONOCHROME1 .*\n.*RescaleSlope is 0|RescaleSlope is 0.*\n.*MONOCHROME1/);
  });

  test("padding is kept or becomes air; a range of it; and -2000 in an unsigned image is negative", async () => {
    const range: Element[] = [
      [0x00280120, "US", 24],
      [0x00280121, "US", 0],
    ];
    expect(await valuesOf(sliceFile({ more: range }))).toEqual([-1000, 0, 40, -976, -100, 200]);
    expect(await valuesOf(sliceFile({ more: range }), { padding: "air" })).toEqual([-1000, 0, 40, -1000, -100, 200]);
    const wild = sliceFile({ values: [63536, 1000, 0, 0, 0, 0], more: [[0x00280120, "US", 63536]] });
    const { volume, notices } = await parseDicom({ "a.dcm": wild });
    expect(Array.from(volume.data)).toEqual([-3000, 0, -1000, -1000, -1000, -1000]);
    expect(volume.data).toBeInstanceOf(Int16Array);
    expect(notices[0]).toMatch(/PixelPaddingValue 63536 of an unsigned image is taken as the negative number -2000/);
    const signed = sliceFile({ values: [63536, 1000, 0, 0, 0, 0], signed: true, more: [[0x00280120, "SS", 63536]] });
    expect((await valuesOf(signed))[0]).toBe(-3000);
    expect((await valuesOf(signed, { padding: "air" }))[0]).toBe(-1000);
  });
});

describe("a stack", () => {
  test("is sorted by place, whatever files are called and in whatever order they come", async () => {
    const files = stackFiles([5, 7.5, 10, 12.5]);
    const { volume, series, notices } = await parseDicom(files);
    expect(volume.shape).toEqual([4, 2, 3]);
    expect(volume.spacingMm).toEqual([2.5, 0.5, 0.75]);
    expect(volume.originMm).toEqual([-10, -20, 5]);
    expect([0, 6, 12, 18].map((i) => volume.data[i])).toEqual([-1000, -999, -998, -997]);
    expect(series).toEqual({
      id: "1.2.3",
      uid: "1.2.3",
      description: "LUNG",
      modality: "CT",
      slices: 4,
      sizeXY: [3, 2],
      spacingMm: [2.5, 0.5, 0.75],
      localizer: false,
      files: ["0-0.dcm", "7-1.dcm", "4-2.dcm", "1-3.dcm"],
      problems: [],
    });
    expect(notices).toEqual([]);
  });

  test("of oblique slices has its third axis along their normal", async () => {
    // Sagittal: rows run to the back, columns to the feet, so the normal runs to the left.
    const files = Object.fromEntries(
      [3, 1, 2].map((x) => [
        `${x}`,
        sliceFile({ orientation: "0\\1\\0\\0\\0\\-1", position: `${x}\\-20\\30`, values: [x, 0, 0, 0, 0, 0] }),
      ]),
    );
    const { volume } = await parseDicom(files);
    expect(volume.direction).toEqual([0, 0, -1, 1, 0, 0, 0, -1, 0]);
    expect(volume.originMm).toEqual([3, -20, 30]);
    expect(voxelToWorld(volume, [2, 1, 2])).toEqual([1, -18.5, 29.5]);
    expect([0, 6, 12].map((i) => volume.data[i]! + 1000)).toEqual([3, 2, 1]);
  });

  test("with positions rounded to a tenth of a mm is even", async () => {
    const { volume } = await parseDicom(stackFiles([0, 1.3, 2.5, 3.8, 5]));
    expect(volume.spacingMm[0]).toBe(1.25);
  });

  test("with the same slice twice is read, and that is told", async () => {
    const files = { ...stackFiles([0, 1, 2]), "copy.dcm": sliceFile({ position: "-10\\-20\\1", values: [1, 1, 1, 1, 1, 1001] }) };
    const { volume, notices } = await parseDicom(files);
    expect(volume.shape[0]).toBe(3);
    expect(notices).toEqual(["1 identical duplicate left out: copy.dcm"]);
  });

  const other = (parts: Parameters<typeof sliceFile>[0]): Record<string, Uint8Array> => ({
    ...stackFiles([0, 1, 2]),
    "x.dcm": sliceFile(parts),
  });
  const bad: [string, VolumeErrorTag, RegExp, Record<string, Uint8Array>][] = [
    [
      "a missing slice",
      "Uneven",
      /^1-3\.dcm: its slice is 2 mm from that of 4-2\.dcm \(1 slice missing\?\), the usual step of the 5 slices is 1 mm; expected an even stack, or onUneven "resample"$/,
      stackFiles([0, 1, 2, 4, 5]),
    ],
    [
      "uneven steps",
      "Uneven",
      /^7-1\.dcm: its slice is 1\.5 mm from that of 0-0\.dcm, .*; 1 more steps differ/,
      stackFiles([0, 1.5, 2, 3]),
    ],
    ["steps that slowly grow", "Uneven", /usual step/, stackFiles([0, 1, 2.02, 3.06, 4.12, 5.2, 6.3, 7.42])],
    [
      "a tilted gantry",
      "Uneven",
      /^4-2\.dcm: its slice is shifted by 0\.518 mm .* sheared \(by 15\.0 degrees, as with a tilted gantry\)/,
      stackFiles([0, 1, 2], () => ({ orientation: "1\\0\\0\\0\\0.965926\\-0.258819" })),
    ],
    [
      "two slices at one place",
      "Conflicting",
      /^x\.dcm: its slice lies at the place of 7-1\.dcm and differs from it/,
      other({ position: "-10\\-20\\1" }),
    ],
    [
      "two slices in one plane",
      "Conflicting",
      /^x\.dcm: it lies in one plane with 7-1\.dcm, 40 mm aside/,
      other({ position: "30\\-20\\1" }),
    ],
    [
      "mixed sizes",
      "Conflicting",
      /0-0\.dcm and x\.dcm of one series differ in size \(3 x 2 and 2 x 3 pixels\), .* 1\.2\.3#1 \(3 slices\), 1\.2\.3#2 \(1 slice\)$/,
      other({ position: "-10\\-20\\3", rows: 3, columns: 2 }),
    ],
    [
      "mixed orientations",
      "Conflicting",
      /0-0\.dcm and x\.dcm of one series differ in orientation/,
      other({ orientation: "0\\1\\0\\0\\0\\-1" }),
    ],
    ["mixed spacings", "Conflicting", /differ in pixel spacing \(\[0\.5,0\.75\] and \[0\.5,0\.5\] mm\)/, other({ spacing: "0.5\\0.5" })],
    [
      "several series",
      "Ambiguous",
      /^the files: it holds 2 series, expected the option series to name one: 1\.2\.3 \(3 slices\), 1\.2\.9 \(1 slice\)$/,
      other({ series: "1.2.9" }),
    ],
    ["a slice that says no place", "Malformed", /^a: it does not say where it lies/, { a: sliceFile({ position: undefined }) }],
    [
      "color",
      "Unsupported",
      /^a: it has 3 values per pixel \(RGB\)/,
      {
        a: sliceFile({
          more: [
            [0x00280002, "US", 3],
            [0x00280004, "CS", "RGB"],
          ],
        }),
      },
    ],
    [
      "a segmentation",
      "Unsupported",
      /holds 1 DICOM file without an image/,
      { a: sliceFile({ more: [[0x00080016, "UI", "1.2.840.10008.5.1.4.1.1.66.4"]] }) },
    ],
    [
      "frames without places",
      "Unsupported",
      /^a: it has 2 frames that do not say where they lie/,
      { a: sliceFile({ more: [[0x00280008, "IS", "2"]] }) },
    ],
    ["no frames", "Malformed", /NumberOfFrames is 0/, { a: sliceFile({ more: [[0x00280008, "IS", "0"]] }) }],
    [
      "pixels that are cut off",
      "Truncated",
      /^a: its header promises 12 bytes of pixels, the file has 10$/,
      { a: sliceFile().subarray(0, -2) },
    ],
    ["a header that is cut off", "Malformed", /^a: its DICOM header cannot be read to its end/, { a: sliceFile().subarray(0, 400) }],
    ["bits that contradict", "Malformed", /BitsStored is 17 and HighBit 15/, { a: sliceFile({ more: [[0x00280101, "US", 17]] }) }],
    ["packed bits", "Unsupported", /BitsAllocated is 12/, { a: sliceFile({ more: [[0x00280100, "US", 12]] }) }],
    ["no size", "Malformed", /Rows is missing/, { a: sliceFile({ without: [0x00280010] }) }],
    ["no spacing", "Malformed", /PixelSpacing is missing/, { a: sliceFile({ without: [0x00280030] }) }],
    ["a spacing of 0", "Malformed", /PixelSpacing is \[0,1\]/, { a: sliceFile({ spacing: "0\\1" }) }],
    [
      "a spacing that is no number",
      "Malformed",
      /element \(0028,0030\) is "a\\\\b", expected numbers/,
      { a: sliceFile({ spacing: "a\\b" }) },
    ],
    ["two coordinates", "Malformed", /ImagePositionPatient has 2 values, expected 3/, { a: sliceFile({ position: "1\\2" }) }],
    [
      "axes that are not perpendicular",
      "Malformed",
      /ImageOrientationPatient is \[1,0,0,1,0,0\]/,
      { a: sliceFile({ orientation: "1\\0\\0\\1\\0\\0" }) },
    ],
    [
      "an unknown transfer syntax",
      "Unsupported",
      /transfer syntax is "1\.2\.840\.10008\.1\.2\.4\.100"/,
      { a: dicomFile(sliceElements(), "1.2.840.10008.1.2.4.100") },
    ],
    ["compressed pixels that are not", "Malformed", /not in items/, { a: dicomFile(sliceElements(), "1.2.840.10008.1.2.4.70") }],
    ["no files", "UnknownFormat", /holds no DICOM files/, {}],
  ];
  test.each(bad)("%s: %s", async (_, tag, message, files) => {
    const error = await refusal(parseDicom(files));
    expect(error.message).toMatch(message);
    expect(error.tag).toBe(tag);
    expect(error.message).not.toMatch(/SECRET/);
    expect(JSON.stringify(error)).not.toMatch(/SECRET/);
  });

  test("too large a volume is refused before it is allocated", async () => {
    const error = await refusal(parseDicom(stackFiles([0, 1, 2]), { maxBytes: 35 }));
    expect(error.tag).toBe("TooLarge");
    expect(error.message).toBe("the files: 3 slices of 6 pixels need 36 bytes, the limit is 35 bytes");
    await expect(parseDicom(stackFiles([0, 1, 2]), { maxBytes: 36 })).resolves.toBeDefined();
  });

  test("scout views and images without a place are left out where a stack remains, and that is told", async () => {
    const scout = sliceFile({ rows: 3, columns: 2, more: [[0x00080008, "CS", "ORIGINAL\\PRIMARY\\LOCALIZER"]] });
    const page = sliceFile({ position: undefined, rows: 1, columns: 6 });
    const { volume, notices } = await parseDicom({ ...stackFiles([0, 1, 2]), "scout.dcm": scout, "page.dcm": page });
    expect(volume.shape).toEqual([3, 2, 3]);
    expect(notices[0]).toBe("2 images are left out: scout views or images that do not say where they lie");
    const { volume: alone } = await parseDicom({ ...stackFiles([0, 1, 2]), "scout.dcm": scout }, { series: "1.2.3#2" });
    expect(alone.shape).toEqual([1, 3, 2]);
  });

  test("series are listed, chosen, and missed by name", async () => {
    const files = { ...stackFiles([0, 1, 3]), "x.dcm": sliceFile({ series: "1.2.9" }), "y.txt": Uint8Array.of(1, 2, 3) };
    const list = await listDicomSeries(files);
    expect(list.map(({ id, slices, problems }) => [id, slices, problems.map(({ tag }) => tag)])).toEqual([
      ["1.2.3", 3, ["Uneven"]],
      ["1.2.9", 1, []],
    ]);
    expect(JSON.stringify(list)).not.toMatch(/SECRET/);
    expect((await parseDicom(files, { series: "1.2.9" })).volume.shape[0]).toBe(1);
    const error = await refusal(parseDicom(files, { series: "1.2.8" }));
    expect(error.tag).toBe("NotFound");
    expect(error.message).toMatch(/no series "1\.2\.8", expected one of 1\.2\.3 \(3 slices\), 1\.2\.9 \(1 slice\)$/);
  });

  test("a file that cannot be read refuses its own series, and is a notice for others", async () => {
    const broken = sliceFile({ position: "-10\\-20\\3", more: [[0x00280100, "US", 12]] });
    expect((await refusal(parseDicom({ ...stackFiles([0, 1, 2]), "x.dcm": broken }))).message).toMatch(/^x\.dcm: BitsAllocated is 12/);
    const elsewhere = sliceFile({ series: "1.2.9", more: [[0x00280100, "US", 12]] });
    const { notices } = await parseDicom({ ...stackFiles([0, 1, 2]), "x.dcm": elsewhere }, { series: "1.2.3" });
    expect(notices[0]).toMatch(/^1 DICOM file cannot be read, such as x\.dcm: BitsAllocated is 12/);
    const told: string[] = [];
    const [listed] = await listDicomSeries(
      { ...stackFiles([0, 1, 2]), "x.dcm": broken },
      { onUnreadable: ({ message }) => told.push(message) },
    );
    expect(told.length).toBe(1);
    expect(listed!.problems[0]).toEqual({ tag: "Unsupported", path: "x.dcm", message: "BitsAllocated is 12, expected 8, 16 or 32" });
  });
});

describe("resampled on request", () => {
  test("a gap is filled by the line between its neighbors", async () => {
    const files = stackFiles([0, 1, 3, 4], (i) => ({ values: [[0, 100, 300, 400][i]!, 0, 0, 0, 0, 0] }));
    const { volume, notices } = await parseDicom(files, { onUneven: "resample" });
    expect(volume.shape).toEqual([5, 2, 3]);
    expect(volume.spacingMm[0]).toBe(1);
    expect([0, 6, 12, 18, 24].map((i) => volume.data[i])).toEqual([-1000, -900, -800, -700, -600]);
    expect(notices[0]).toMatch(/^4-2\.dcm: its slice is 2 mm from that of 7-1\.dcm .*; resampled onto an even grid$/);
  });

  test("a sheared stack is straightened: a ramp in the world stays that ramp", async () => {
    // Rows lean by 30 degrees; the value of a pixel is 10 times its world y plus its world z.
    const [c, s] = [Math.cos(Math.PI / 6), Math.sin(Math.PI / 6)];
    const [rows, columns] = [24, 3];
    const files = Object.fromEntries(
      [0, 1, 2, 3.5, 5].map((z) => {
        const values = Array.from({ length: rows * columns }, (_, i) => {
          const row = Math.floor(i / columns);
          return Math.round(1000 * (10 * (c * row) + (z - s * row) + 20));
        });
        const more: Element[] = [
          [0x00281052, "DS", "0"],
          [0x00281053, "DS", "0.001"],
        ];
        return [
          `${z}.dcm`,
          sliceFile({
            rows,
            columns,
            bits: 32,
            spacing: "1\\1",
            position: `0\\0\\${z}`,
            orientation: `1\\0\\0\\0\\${c.toFixed(12)}\\${(-s).toFixed(12)}`,
            values,
            more,
          }),
        ];
      }),
    );
    expect((await refusal(parseDicom(files))).tag).toBe("Uneven");
    const { volume } = await parseDicom(files, { onUneven: "resample" });
    const [depth, height] = volume.shape;
    expect(volume.spacingMm[0]).toBeCloseTo((5 * c) / (depth - 1), 9);
    expect(height).toBe(rows + 3);
    let inside = 0;
    for (let z = 0; z < depth; z++) {
      for (let y = 0; y < height; y++) {
        const value = volume.data[(z * height + y) * columns + 1]!;
        const [, wy, wz] = voxelToWorld(volume, [z, y, 1]);
        // Between a slice that covers the place and one that does not, air is mixed in.
        if (y < 3 || y > rows - 1) continue;
        inside++;
        expect(value).toBeCloseTo(10 * wy + wz + 20, 2);
      }
    }
    expect(inside).toBe(depth * (rows - 3));
  });

  test("slices that disagree are still refused", async () => {
    const files = { ...stackFiles([0, 1, 3]), "x.dcm": sliceFile({ position: "-10\\-20\\1" }) };
    expect((await refusal(parseDicom(files, { onUneven: "resample" }))).tag).toBe("Conflicting");
  });

  test("an even stack stays as it is", async () => {
    const { volume } = await parseDicom(stackFiles([0, 1, 2]), { onUneven: "resample" });
    expect(volume.data).toBeInstanceOf(Int16Array);
  });

  test("a far slice does not make an endless grid", async () => {
    const error = await refusal(parseDicom(stackFiles([0, 1e-1, 2e-1, 1e9]), { onUneven: "resample" }));
    expect(error.tag).toBe("TooLarge");
  });
});

describe("enhanced multi-frame images", () => {
  const group = (tag: number, elements: Element[]): Element => [tag, "SQ", [elements]];
  const enhanced = (zs: number[], more: Element[] = []): Uint8Array =>
    dicomFile([
      ...sliceElements({
        position: undefined,
        values: zs.flatMap((_, i) => [i, 0, 0, 0, 0, 9]),
        without: [0x00200037, 0x00280030, 0x00281052, 0x00281053],
        more: [
          [0x00280008, "IS", `${zs.length}`],
          [
            0x52009229,
            "SQ",
            [[group(0x00209116, [[0x00200037, "DS", "1\\0\\0\\0\\1\\0"]]), group(0x00289110, [[0x00280030, "DS", "0.5\\0.75"]])]],
          ],
          [
            0x52009230,
            "SQ",
            zs.map((z, i) => [
              group(0x00209113, [[0x00200032, "DS", `-10\\-20\\${z}`]]),
              group(0x00289145, [
                [0x00281052, "DS", "-1000"],
                [0x00281053, "DS", `${i + 1}`],
              ]),
            ]),
          ],
          ...more,
        ],
      }),
    ]);

  test("have a place and a slope for each frame", async () => {
    const { volume } = await parseDicom({ "a.dcm": enhanced([2, 4, 6]) });
    expect(volume.shape).toEqual([3, 2, 3]);
    expect(volume.spacingMm).toEqual([2, 0.5, 0.75]);
    expect([0, 5, 6, 11, 12, 17].map((i) => volume.data[i]! + 1000)).toEqual([0, 9, 2, 18, 6, 27]);
  });

  test("keep the order of their frames where that runs against the normal, as in ITK", async () => {
    const { volume } = await parseDicom({ "a.dcm": enhanced([6, 4, 2]) });
    expect(volume.originMm).toEqual([-10, -20, 6]);
    expect(volume.direction).toEqual([1, 0, 0, 0, 1, 0, 0, 0, -1]);
    expect(volume.data[6]! + 1000).toBe(2);
  });

  test("with a gap or too few groups are refused", async () => {
    expect((await refusal(parseDicom({ "a.dcm": enhanced([0, 1, 3]) }))).message).toMatch(
      /^a\.dcm \(frame 3\): its slice is 2 mm from that of a\.dcm \(frame 2\)/,
    );
    const few = enhanced([0, 1, 3], [[0x00280008, "IS", "4"]]);
    expect((await refusal(parseDicom({ "a.dcm": few }))).message).toMatch(/it has 4 frames, but groups for 3 of them/);
  });
});

describe("a browser's files and Node's folders", () => {
  let folder = "";
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "dicom-"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  test("Files are read slice by slice", async () => {
    const chosen = Object.entries(stackFiles([0, 1, 2])).map(([name, bytes]) => new File([bytes as Uint8Array<ArrayBuffer>], name));
    const { volume } = await parseDicom(chosen);
    expect(volume).toEqual((await parseDicom(stackFiles([0, 1, 2]))).volume);
    expect(await parseVolumeFiles(chosen)).toEqual(volume);
    expect(
      (await parseVolumeFiles([...chosen, new File([sliceFile({ series: "1.2.9" }) as Uint8Array<ArrayBuffer>], "x")], { series: "1.2.3" }))
        .shape[0],
    ).toBe(3);
    await expect(parseDicom([1] as never)).rejects.toThrow(/^parseDicom: 0 is of type number, expected a File/);
  });

  test("bytes of the caller stay as they are", async () => {
    const big = dicomFile(sliceElements());
    const before = big.slice();
    await parseDicom({ a: big });
    expect(big).toEqual(before);
  });

  test("a data set without a preamble is read, other files are passed over", async () => {
    const bare = dicomFile(sliceElements({ more: [[0x00080005, "CS", "ISO_IR 100"]] })).subarray(132 + 8 + 20);
    expect([...bare.subarray(0, 6)]).toEqual([8, 0, 5, 0, 67, 83]);
    const { volume } = await parseDicom({ bare, other: joined(Uint8Array.of(8, 0, 5, 0, 67, 83, 255, 255), new Uint8Array(200)) });
    expect(Array.from(volume.data)).toEqual([-1000, 0, 40, -976, -100, 200]);
  });

  test("a folder tree: non-DICOM files and DICOMDIR are passed over, names tell nothing", async () => {
    const place = join(folder, "export");
    await mkdir(join(place, "a", "b"), { recursive: true });
    for (const [i, [, bytes]] of Object.entries(stackFiles([0, 1, 2])).entries())
      await writeFile(join(place, i === 1 ? "a/b" : "a", `IM${i}`), bytes);
    await writeFile(join(place, "DICOMDIR"), sliceFile({ series: "1.2.9" }));
    await writeFile(join(place, "readme.txt"), "hello");
    await writeFile(join(place, ".hidden"), sliceFile({ series: "1.2.9" }));
    const volume = await readVolume(place);
    expect(volume).toEqual((await parseDicom(stackFiles([0, 1, 2]))).volume);
    const [series, ...others] = await listDicomFolder(place);
    expect(others).toEqual([]);
    expect(series!.files).toEqual([join(place, "a", "IM0"), join(place, "a", "b", "IM1"), join(place, "a", "IM2")]);
    expect((await readDicom([...series!.files].reverse())).volume).toEqual(volume);
    expect((await readVolume(series!.files[2]!)).shape).toEqual([1, 2, 3]);
    await writeFile(join(place, "x"), sliceFile({ series: "1.2.9" }));
    expect((await refusal(readVolume(place))).tag).toBe("Ambiguous");
    expect((await readVolume(place, { series: "1.2.9" })).shape).toEqual([1, 2, 3]);
  });

  test("what is not there or no DICOM", async () => {
    expect((await refusal(readDicom(join(folder, "none")))).tag).toBe("NotFound");
    expect((await refusal(listDicomFolder([join(folder, "none")]))).tag).toBe("NotFound");
    await writeFile(join(folder, "text.dcm"), "no scan");
    expect((await refusal(readVolume(join(folder, "text.dcm")))).message).toMatch(/text\.dcm: it holds no DICOM files, expected some/);
  });
});
