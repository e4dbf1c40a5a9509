import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, test } from "vitest";
import { cropVolume, isVolumeError, listDicomSeries, parseDicom, type Volume, worldToVoxel } from "../src/index.js";
import { listDicomFolder, readDicom, readVolume } from "../src/node.js";
import { dataFolder, dataPath, withData } from "./data.js";

interface ItkCase {
  path: string;
  shape: number[];
  spacing: number[];
  origin: number[];
  direction: number[];
  files?: string[];
  sha256?: string;
  every499th?: number[];
}
const itk = JSON.parse(readFileSync(new URL("./fixtures/dicom-itk.json", import.meta.url), "utf8")) as { cases: ItkCase[] };
const near = (values: readonly number[]): unknown[] => values.map((value) => expect.closeTo(value, 6));
const hashOf = ({ data }: Volume): string =>
  createHash("sha256")
    .update(new Uint8Array(Int32Array.from(data).buffer))
    .digest("hex");
const refusal = async (work: Promise<unknown>): Promise<Error> =>
  work.then(
    () => new Error("no error"),
    (error: Error) => error,
  );

describe.runIf(dataFolder)(withData("real DICOM files, against SimpleITK"), () => {
  test.each(itk.cases)("$path", async ({ path, shape, spacing, origin, direction, files, sha256, every499th }) => {
    const { volume, series } = await readDicom(dataPath(path));
    expect(volume.shape).toEqual(shape);
    expect(volume.spacingMm).toEqual(near(spacing));
    expect(volume.originMm).toEqual(near(origin));
    expect(volume.direction).toEqual(near(direction));
    if (files) expect(series.files.map((file) => basename(file))).toEqual(files);
    if (sha256 !== undefined) {
      expect(Array.from(volume.data).every(Number.isInteger)).toBe(true);
      expect(hashOf(volume)).toBe(sha256);
    }
    // ITK gives 64-bit floats, ours have 32.
    for (const [i, value] of (every499th ?? []).entries()) expect(volume.data[499 * i]).toBe(Math.fround(value));
  });

  test("22 slices of the LUNA16 scan have the voxels and the places of its .mhd", async () => {
    const slices = await readVolume(dataPath("lidc_idri_0314/dicom_nodule_slices"));
    const uid = "1.3.6.1.4.1.14519.5.2.1.6279.6001.154677396354641150280013275227";
    const scan = await readVolume(dataPath("lidc_idri_0314", `${uid}.lungcrop.mhd`));
    const first = worldToVoxel(scan, slices.originMm);
    for (const value of first) expect(value).toBeCloseTo(Math.round(value), 4);
    const start = first.map((value) => -Math.round(value));
    const [depth, height, width] = [22, scan.shape[1], scan.shape[2]];
    const theirs = cropVolume(scan, { start: [-start[0]!, 0, 0], shape: [depth, height, width] });
    const ours = cropVolume(slices, { start: [0, start[1]!, start[2]!], shape: [depth, height, width] });
    expect(hashOf(ours)).toBe(hashOf(theirs));
  });

  test("bytes give the same as files, in whatever order", async () => {
    const folder = dataPath("format_edge/dicom_reversed_instance");
    const files = readdirSync(folder).map((name) => [name, readFileSync(join(folder, name))] as const);
    const { volume } = await parseDicom(Object.fromEntries(files.reverse()));
    expect(volume).toEqual(await readVolume(folder));
  });

  test("a missing slice is named, and filled on request", async () => {
    const folder = dataPath("format_edge/dicom_gap");
    const error = await refusal(readVolume(folder));
    expect(isVolumeError(error, "Uneven")).toBe(true);
    expect(error.message).toMatch(
      /008\.dcm: its slice is 2 mm from that of .*006\.dcm \(1 slice missing\?\), the usual step of the 15 slices is 1 mm/,
    );
    const filled = await readVolume(folder, { onUneven: "resample" });
    const whole = await readVolume(dataPath("format_edge/dicom_explicit_le"));
    expect(filled.shape).toEqual(whole.shape);
    for (let i = 0; i < whole.data.length; i++) {
      const z = Math.floor(i / 1440);
      const expected = z === 7 ? (whole.data[i - 1440]! + whole.data[i + 1440]!) / 2 : whole.data[i]!;
      expect(Math.abs(filled.data[i]! - expected)).toBeLessThan(1e-2);
    }
  });

  test("a tilted gantry is named with its angle", async () => {
    const error = await refusal(readVolume(dataPath("format_edge/dicom_gantry_tilt")));
    expect(isVolumeError(error, "Uneven")).toBe(true);
    expect(error.message).toMatch(/sheared \(by 15\.0 degrees, as with a tilted gantry\)/);
  });

  test("a head CT with steps of 1.14, 4.22 and 7.38 mm and a tilt of 18.5 degrees is refused with both, and straightened on request", async () => {
    const folder = dataPath("dicom_variable_spacing_ge");
    const error = await refusal(readVolume(folder));
    expect(isVolumeError(error, "Uneven")).toBe(true);
    expect(error.message).toMatch(
      /is (7\.38|1\.14) mm from that of .*the usual step of the 8 slices is 4\.22 mm.*sheared \(by 18\.5 degrees/,
    );
    const { volume, notices } = await readDicom(folder, { onUneven: "resample" });
    expect(notices.length).toBe(2);
    const along = 36 * 0.9483237 - 0.0600001 * 0.9483237;
    expect((volume.shape[0] - 1) * volume.spacingMm[0]).toBeCloseTo(along, 2);
    // The outermost slices are as they were, where the sheared stack has them.
    const [first, last] = [await readVolume(join(folder, "11.dcm")), await readVolume(join(folder, "18.dcm"))];
    for (const [slice, z] of [[first, 0] as const, [last, volume.shape[0] - 1] as const]) {
      const at = worldToVoxel(volume, slice.originMm);
      expect(at[0]).toBeCloseTo(z, 4);
      const exact = Math.abs(at[1] - Math.round(at[1])) < 1e-4;
      const row = Math.round(at[1]);
      for (let i = 0; exact && i < 512 * 512; i += 97) {
        const place = (z * volume.shape[1] + row + Math.floor(i / 512)) * volume.shape[2] + (i % 512);
        expect(volume.data[place]).toBeCloseTo(slice.data[i]!, 2);
      }
    }
  });

  test.each([
    ["dicom_misc/highdicom/dx_image.dcm", "Malformed", /does not say where it lies/],
    ["dicom_misc/highdicom/seg_image_ct_binary.dcm", "Unsupported", /without an image of a scan/],
    ["dicom_misc/rt-utils/rt.dcm", "Unsupported", /without an image of a scan/],
    ["dicom_misc/pydicom/ExplVR_BigEnd.dcm", "Unsupported", /3 values per pixel \(RGB\)/],
    ["dicom_transfer_syntaxes", "Ambiguous", /it holds 4 series/],
  ] as const)("%s is refused: %s", async (path, tag, message) => {
    const error = await refusal(readVolume(dataPath(path)));
    expect(isVolumeError(error, tag)).toBe(true);
    expect(error.message).toMatch(message);
  });

  test("a folder of all kinds is listed without a word of patients", async () => {
    const unreadable: string[] = [];
    const series = await listDicomFolder(dataPath("dicom_misc"), { onUnreadable: ({ path }) => unreadable.push(basename(path)) });
    expect(series.map(({ slices, sizeXY, modality }) => [slices, ...sizeXY, modality])).toEqual(
      expect.arrayContaining([
        [2, 512, 512, "CT"],
        [1, 211, 169, "DX"],
      ]),
    );
    expect(unreadable).toEqual(["ExplVR_BigEnd.dcm"]);
    expect(JSON.stringify(series)).not.toMatch(/CompressedSamples|1CT1|Rubo|Anonymous/i);
    const folder = dataPath("dicom_misc/rt-utils");
    const files = Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name))]));
    expect((await listDicomSeries(files)).map(({ slices, files: names }) => [slices, names])).toEqual([[2, ["ct_1.dcm", "ct_2.dcm"]]]);
  });
});
