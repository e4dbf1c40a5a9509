import { expect, test } from "vitest";
import {
  boundingBox,
  boxesOfFindings,
  createVolume,
  cropVolume,
  formatNifti,
  formatVolume,
  patchAround,
  randomPatch,
  resampleVolume,
  type Volume,
  windowHu,
} from "../src/index.js";

const volume = createVolume({ data: new Int16Array(8), shape: [2, 2, 2] });

test.each<[string, () => unknown, string]>([
  [
    "too few voxels",
    () => createVolume({ data: new Int16Array(7), shape: [2, 2, 2] }),
    "createVolume: a shape of 2 x 2 x 2 needs 8 voxels, the data have 7",
  ],
  [
    "half a voxel",
    () => createVolume({ data: new Int16Array(0), shape: [0.5, 2, 2] }),
    "the shape is [0.5,2,2], expected three positive integers",
  ],
  [
    "no spacing",
    () => createVolume({ data: new Int16Array(1), shape: [1, 1, 1], spacingMm: [1, 0, 1] }),
    "the spacing is [1,0,1] mm, expected three positive numbers",
  ],
  [
    "a place that is not finite",
    () => createVolume({ data: new Int16Array(1), shape: [1, 1, 1], originMm: [Number.NaN, 0, 0] }),
    "the origin is [NaN,0,0] mm",
  ],
  [
    "axes of length 2",
    () => createVolume({ data: new Int16Array(1), shape: [1, 1, 1], direction: [2, 0, 0, 0, 1, 0, 0, 0, 1] }),
    "column 0 of the direction",
  ],
  [
    "a start between voxels",
    () => cropVolume(volume, { start: [0.5, 0, 0], shape: [1, 1, 1] }),
    "cropVolume: start is [0.5,0,0], expected integers",
  ],
  [
    "an empty crop",
    () => cropVolume(volume, { start: [0, 0, 0], shape: [0, 1, 1] }),
    "cropVolume: shape is [0,1,1], expected positive integers",
  ],
  [
    "a spacing of 0",
    () => resampleVolume(volume, { spacingMm: [0, 1, 1] }),
    "resampleVolume: the spacing is [0,1,1] mm, expected three positive numbers",
  ],
  ["a spacing that makes too many voxels", () => resampleVolume(volume, { spacingMm: [1e-6, 1e-6, 1e-6] }), "expected at most 2147483648"],
  [
    "a window that is upside down",
    () => windowHu(volume, { low: 600, high: -1200 }),
    "windowHu: low is 600 and high is -1200, expected finite numbers, low < high",
  ],
  [
    "a finding of unknown size",
    () => boxesOfFindings(volume, [{ scan: "a", x: 0, y: 0, z: 0, diameterMm: -1 }]),
    "boxesOfFindings: finding 0 has a diameter of -1 mm, expected a positive number",
  ],
  [
    "a box that is upside down",
    () => patchAround([3, 3, 3, 1, 1, 1], { shape: [8, 8, 8] }),
    "patchAround: the box is [3,3,3,1,1,1], expected six finite numbers, low ones first",
  ],
  ["half a box", () => patchAround([1, 2, 3], { shape: [8, 8, 8] }), "patchAround: the box is [1,2,3]"],
  [
    "an empty patch",
    () => randomPatch(volume, { shape: [0, 8, 8], random: () => 0 }),
    "randomPatch: the shape is [0,8,8], expected positive integers",
  ],
  [
    "a mask of another shape",
    () => randomPatch(volume, { shape: [1, 1, 1], random: () => 0, mask: createVolume({ data: new Uint8Array(1), shape: [1, 1, 1] }) }),
    "randomPatch: the mask's shape is [1,1,1], the volume's is [2,2,2], expected the same",
  ],
  [
    "a name that a MetaImage header cannot hold",
    () => formatVolume(volume, "a%d.mhd"),
    'the name "a%d" cannot be written into a MetaImage header',
  ],
  ["a compressed pair", () => formatVolume(volume, "a.hdr.gz"), "a.hdr.gz: a pair of .hdr and .img is written uncompressed"],
  [
    "an axis that NIfTI-1 cannot count",
    () => formatNifti(createVolume({ data: new Uint8Array(32768), shape: [1, 1, 32768] })),
    "NIfTI-1 holds at most 32767 voxels along an axis",
  ],
])("%s is refused", (_, work, message) => {
  expect(work).toThrow(RangeError);
  expect(work).toThrow(message);
});

test("NaN becomes 0 in a window, and stays by its neighbors when resampled", () => {
  const line = createVolume({ data: Float32Array.of(Number.NaN, 0, 1, 2), shape: [1, 1, 4] });
  expect(windowHu(line, { low: -1, high: 3 }).data[0]).toBe(0);
  expect(Array.from(resampleVolume(line, { spacingMm: [1, 1, 1] }).data)).toEqual([Number.NaN, 0, 1, 2]);
});

test("doubles stay doubles, other types become 32-bit floats, and nearest keeps the type", () => {
  const kinds = (data: Volume["data"]): string[] => {
    const source = createVolume({ data, shape: [1, 1, 2] });
    const spacingMm = [1, 1, 0.5] as const;
    return [resampleVolume(source, { spacingMm }), resampleVolume(source, { spacingMm, interpolation: "nearest" })].map(
      (v) => v.data.constructor.name,
    );
  };
  expect(kinds(new Float64Array(2))).toEqual(["Float64Array", "Float64Array"]);
  expect(kinds(new Int16Array(2))).toEqual(["Float32Array", "Int16Array"]);
});

test("random patches are on the mask, also on a mask of one voxel in a thousand, and without one where it is empty", () => {
  const mask = createVolume({ data: new Uint8Array(8000), shape: [20, 20, 20] });
  let state = 1;
  const random = (): number => (state = (state * 16807) % 2147483647) / 2147483647;
  expect(boundingBox(mask)).toBeUndefined();
  expect(randomPatch(mask, { shape: [5, 5, 5], random, mask }).shape).toEqual([5, 5, 5]);
  const voxels = [421, 3210, 5555, 7990];
  for (const i of voxels) mask.data[i] = 1;
  const hits = new Set<number>();
  for (let n = 0; n < 200; n++) {
    const { start } = randomPatch(mask, { shape: [1, 1, 1], random, mask });
    hits.add((start[0] * 20 + start[1]) * 20 + start[2]);
  }
  expect([...hits].sort((a, b) => a - b)).toEqual(voxels);
});
