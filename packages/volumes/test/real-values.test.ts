import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { cropVolume, lungMask, resampleVolume, type Triple, type Volume, voxelToWorld, worldToVoxel } from "../src/index.js";
import { readFindings, readLuna16, readSeriesUids, readVolume } from "../src/node.js";
import { dataFolder, dataPath, withData } from "./data.js";

const uid = "1.3.6.1.4.1.14519.5.2.1.6279.6001.154677396354641150280013275227";
const scanPath = dataPath("lidc_idri_0314", `${uid}.lungcrop.mhd`);
const lidc = dataFolder ? JSON.parse(readFileSync(dataPath("lidc_idri_0314/nodule.json"), "utf8")) : undefined;

describe.runIf(dataFolder)(withData("the LUNA16 scan of LIDC-IDRI-0314"), () => {
  test("what the readers agree on has the center and the volume that pylidc tells", async () => {
    const votes = await readVolume(dataPath("lidc_idri_0314/nodule_votes.lungcrop.nii.gz"));
    const sum: Triple = [0, 0, 0];
    let voxels = 0;
    for (let i = 0; i < votes.data.length; i++) {
      if (votes.data[i]! < 2) continue;
      const [z, y, x] = [Math.floor(i / (306 * 250)), Math.floor(i / 306) % 250, i % 306];
      for (const [axis, value] of voxelToWorld(votes, [z, y, x]).entries()) sum[axis]! += value;
      voxels++;
    }
    const { centre_world_mm: center, volume_mm3: volume } = lidc.consensus50;
    for (const [axis, value] of sum.entries()) expect(value / voxels).toBeCloseTo(center[axis], 3);
    expect(voxels * votes.spacingMm.reduce((a, b) => a * b)).toBeCloseTo(volume, 3);
  });

  test("resampled to 2 mm it is nearly what ITK made of it with a smoothing filter, and much farther without antialiasing", async () => {
    // A part of the scan whose center falls on a place of ITK's lattice, so that both lattices have the same places.
    const part = cropVolume(await readVolume(scanPath), { start: [0, 2, 35], shape: [271, 189, 251] });
    const itk = await readVolume(dataPath("lidc_idri_0314/ct_2mm.lungcrop.nii.gz"));
    const meanDifference = (antialias: boolean): number => {
      const ours = resampleVolume(part, { spacingMm: [2, 2, 2], antialias });
      const start = worldToVoxel(itk, ours.originMm);
      for (const [axis, value] of [0, 1, 14].entries()) expect(start[axis]).toBeCloseTo(value, 3);
      const theirs = cropVolume(itk, { start: [0, 1, 14], shape: ours.shape });
      let sum = 0;
      for (let i = 0; i < ours.data.length; i++) sum += Math.abs(ours.data[i]! - theirs.data[i]!);
      return sum / ours.data.length;
    };
    expect(meanDifference(true)).toBeLessThan(6);
    expect(meanDifference(false)).toBeGreaterThan(25);
  });

  test("labels resampled to 1 mm by nearest neighbor are what ITK made of them", async () => {
    const part = cropVolume(await readVolume(dataPath("lidc_idri_0314/nodule_votes.lungcrop.nii.gz")), {
      start: [0, 0, 0],
      shape: [271, 225, 289],
    });
    const ours: Volume = resampleVolume(part, { spacingMm: [1, 1, 1], interpolation: "nearest" });
    const itk = await readVolume(dataPath("lidc_idri_0314/nodule_votes_1mm.lungcrop.nii.gz"));
    const theirs = cropVolume(itk, { start: [0, 0, 0], shape: ours.shape });
    let different = 0;
    for (let i = 0; i < ours.data.length; i++) if (ours.data[i] !== theirs.data[i]) different++;
    expect(theirs.data.some((value) => value === 4)).toBe(true);
    expect(different).toBe(0);
  });

  test("its lung mask leaves out the air around the body and holds the nodule", async () => {
    const scan = await readVolume(scanPath);
    const mask = lungMask(scan);
    const votes = await readVolume(dataPath("lidc_idri_0314/nodule_votes.lungcrop.nii.gz"));
    for (let i = 0; i < votes.data.length; i++)
      if (votes.data[i]! > 0 && mask.data[i] === 0) throw new Error(`voxel ${i} of the nodule is outside`);
    const sides = [0, 249].flatMap((y) =>
      Array.from({ length: 271 * 306 }, (_, i) => mask.data[(Math.floor(i / 306) * 250 + y) * 306 + (i % 306)]!),
    );
    expect(sides.every((value) => value === 0)).toBe(true);
    const liters = (mask.data.reduce((sum, value) => sum + value, 0) * scan.spacingMm.reduce((a, b) => a * b)) / 1e6;
    expect(liters).toBeGreaterThan(2.8);
    expect(liters).toBeLessThan(3.1);
  });

  test("a patch that the lung fills from side to side keeps its lung", async () => {
    const patch = await readVolume(dataPath("lidc_idri_0314/nodule_patch96_1mm.mha"));
    const mask = lungMask(patch);
    expect(mask.data[(48 * 96 + 48) * 96 + 48]).toBe(1);
    expect(mask.data.reduce((sum, value) => sum + value, 0)).toBeGreaterThan(300_000);
  });
});

describe.runIf(dataFolder)(withData("the lung mask against others' masks (lung-mask)"), () => {
  const dice = (mask: Volume, reference: Volume, isLung: (label: number) => boolean): number => {
    let both = 0;
    let sum = 0;
    for (let i = 0; i < mask.data.length; i++) {
      const [a, b] = [mask.data[i] === 1, isLung(reference.data[i]!)];
      if (a && b) both++;
      sum += Number(a) + Number(b);
    }
    return (2 * both) / sum;
  };

  test("elastix's own mask of its lung CT: Dice above 0.98", async () => {
    const mask = lungMask(await readVolume(dataPath("elastix_lung/3DCT_lung.mha")));
    expect(dice(mask, await readVolume(dataPath("elastix_lung/3DCT_lung_baseline_mask.mha")), (label) => label > 0)).toBeGreaterThan(0.98);
  });

  test("the five lobes of TotalSegmentator in an abdominal CT full of bowel gas: Dice above 0.95", async () => {
    const mask = lungMask(await readVolume(dataPath("totalseg/example_ct_sm.nii.gz")));
    // Labels 10 to 14 are the lobes of the lungs in the table that the file's header holds.
    expect(dice(mask, await readVolume(dataPath("totalseg/example_seg.nii.gz")), (label) => label >= 10 && label <= 14)).toBeGreaterThan(
      0.95,
    );
  });

  test("another real scan at 1 mm: two lungs of plausible size, and nothing of the air beside the arms", async () => {
    const scan = await readVolume(dataPath("lungfcp_0001/ct_1mm.lungcrop.nii.gz"));
    const mask = lungMask(scan);
    const liters = mask.data.reduce((sum, value) => sum + value, 0) / 1e6;
    expect(liters).toBeGreaterThan(1.3);
    expect(liters).toBeLessThan(1.4);
    const estimate = worldToVoxel(scan, [-52, -148, 58]).map(Math.round);
    expect(mask.data[(estimate[0]! * 202 + estimate[1]!) * 260 + estimate[2]!]).toBe(1);
  });
});

describe.runIf(dataFolder)(withData("LUNA16's tables"), () => {
  test("are read whole", () => {
    const findings = readFindings(dataPath("luna16_csv/annotations.csv"));
    expect(findings.length).toBe(1186);
    expect(new Set(findings.map(({ scan }) => scan)).size).toBe(601);
    expect(findings.find(({ scan }) => scan === uid)).toEqual({
      scan: uid,
      x: -57.43923954,
      y: 131.2325201,
      z: -520.3592267,
      diameterMm: 15.48525426,
    });
    const excluded = readFindings(dataPath("luna16_csv/annotations_excluded.csv"));
    expect(excluded.length).toBe(35192);
    expect(excluded.filter(({ diameterMm }) => diameterMm === -1).length).toBe(30513);
    expect(readSeriesUids(dataPath("luna16_csv/seriesuids.csv")).length).toBe(888);
  });

  test("are found beside no scan at all, and then name 888 unknown scans", () => {
    const set = readLuna16(dataPath("luna16_csv"));
    expect(set.scans).toEqual([]);
    expect(set.unknown.length).toBe(888);
    expect(set.annotations.length).toBe(1186);
  });
});
