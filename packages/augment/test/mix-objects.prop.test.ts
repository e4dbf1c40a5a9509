import fc from "fast-check";
import { expect, it } from "vitest";
import { mixObjects, type ObjectPatch, type Triple } from "../src/index.js";
import { anyRandom, expectClose, seeded } from "./helpers.js";

const side = fc.integer({ min: 1, max: 6 });
const corner = fc.double({ min: -3, max: 7, noNaN: true });
const length = fc.double({ min: 0.2, max: 6, noNaN: true });
const anyBox = fc.tuple(corner, corner, corner, length, length, length).map(([z, y, x, dz, dy, dx]) => [z, y, x, z + dz, y + dy, x + dx]);
const anyPatch: fc.Arbitrary<ObjectPatch> = fc
  .tuple(fc.tuple(side, side, side), fc.array(anyBox, { maxLength: 3 }), anyRandom)
  .map(([shape, boxes, random]) => ({
    shape,
    boxes: boxes.flat(),
    data: Float32Array.from({ length: shape[0] * shape[1] * shape[2] }, () => Math.fround(random())),
  }));

/** Whether a voxel's center lies in a box of the patch. */
function inside({ shape, boxes }: ObjectPatch, index: number): boolean {
  const at = [Math.floor(index / (shape[1] * shape[2])), Math.floor(index / shape[2]) % shape[1], index % shape[2]];
  for (let b = 0; b < boxes.length; b += 6) if (at.every((c, i) => c >= boxes[b + i]! && c <= boxes[b + 3 + i]!)) return true;
  return false;
}

it("changes nothing outside the boxes, leaves its input alone and stays in its range", () => {
  fc.assert(
    fc.property(fc.array(anyPatch, { maxLength: 4 }), fc.constantFrom(0, 0.2, 1, 50), anyRandom, (patches, alpha, random) => {
      const before = patches.map(({ data }) => data.slice());
      const out = mixObjects(patches, alpha, random);
      expect(patches.map(({ data }) => data)).toEqual(before);
      const objects = patches.reduce((sum, { boxes }) => sum + boxes.length / 6, 0);
      for (const [p, patch] of patches.entries()) {
        for (const [i, value] of out[p]!.entries()) {
          expect(value >= 0 && value <= 1).toBe(true);
          if (alpha === 0 || objects < 2 || !inside(patch, i)) expect(value).toBe(patch.data[i]);
        }
      }
    }),
  );
});

it("gives of two equal patches the same patch", () => {
  fc.assert(
    fc.property(anyPatch, anyRandom, (patch, random) => {
      fc.pre(patch.boxes.length === 6);
      const [first, second] = mixObjects([patch, patch], 1, random);
      expectClose(first!, patch.data, 1e-6);
      expectClose(second!, patch.data, 1e-6);
    }),
  );
});

it("rescales a donor that is linear in space without error", () => {
  const size: Triple = [8, 8, 8];
  const ramp = (f: (z: number, y: number, x: number) => number): Float32Array =>
    Float32Array.from({ length: 512 }, (_, i) => f(i >> 6, (i >> 3) & 7, i & 7));
  const whole = (d0: number[], d1: number[]): number[] => [...d0, ...d1];
  const boxInside = fc.tuple(
    ...Array.from({ length: 3 }, () => fc.tuple(fc.double({ min: 0, max: 3, noNaN: true }), fc.double({ min: 0.5, max: 4, noNaN: true }))),
  );
  fc.assert(
    fc.property(boxInside, boxInside, fc.integer(), (a, b, seed) => {
      const boxOf = (v: typeof a): number[] =>
        whole(
          v.map(([low]) => low),
          v.map(([low, l]) => low + l),
        );
      const [target, source] = [boxOf(a), boxOf(b)];
      const blank: ObjectPatch = { data: new Float32Array(512), shape: size, boxes: target };
      const donor: ObjectPatch = { data: ramp((z, y, x) => 1 + z + 10 * y + 100 * x), shape: size, boxes: source };
      const [mixed] = mixObjects([blank, donor], 1, seeded(seed));
      let lambda: number | undefined;
      for (const [i, value] of mixed!.entries()) {
        if (!inside(blank, i)) continue;
        const at = [i >> 6, (i >> 3) & 7, i & 7];
        const [z, y, x] = at.map(
          (c, k) => source[k]! + ((c - target[k]!) / (target[k + 3]! - target[k]!)) * (source[k + 3]! - source[k]!),
        ) as [number, number, number];
        const weight = value / (1 + z + 10 * y + 100 * x);
        lambda ??= weight;
        expect(weight).toBeLessThanOrEqual(0.5 + 1e-6);
        expect(weight).toBeCloseTo(lambda, 4);
      }
    }),
  );
});

it("draws donors among the other objects only, all of them", () => {
  const patches = [1, 10, 100].map(
    (value, i): ObjectPatch => ({
      data: Float32Array.of(value),
      shape: [1, 1, 1],
      boxes: i === 0 ? [-1, -1, -1, 1, 1, 1] : [-0.5, -0.5, -0.5, 0.5, 0.5, 0.5],
    }),
  );
  const seen = new Set<string>();
  for (let seed = 0; seed < 50; seed++) {
    const [first] = mixObjects(patches, 1000, seeded(seed));
    seen.add(first![0]! < 20 ? "10" : "100");
    expect(first![0]).toBeGreaterThan(4);
  }
  expect([...seen].sort()).toEqual(["10", "100"]);
});

it("names what is wrong with its arguments", () => {
  const good: ObjectPatch = { data: new Float32Array(8), shape: [2, 2, 2], boxes: [] };
  const mix = (change: Partial<ObjectPatch>): Float32Array[] => mixObjects([good, { ...good, ...change }], 1, Math.random);
  expect(() => mix({ shape: [2, 2, 3] })).toThrow(new RangeError("patches[1] has 8 voxels; expected 2 × 2 × 3"));
  expect(() => mix({ boxes: [1] })).toThrow(/patches\[1\]\.boxes has 1 numbers/);
  expect(() => mix({ boxes: [1, 0, 0, 1, 1, 1] })).toThrow(/lower before upper/);
  expect(() => mix({ boxes: [0, 0, 0, 1, Number.NaN, 1] })).toThrow(/expected finite corners/);
  expect(() => mix({ boxes: [0, 0, 0, 1, 1, Number.POSITIVE_INFINITY] })).toThrow(/expected finite corners/);
  expect(() => mixObjects([good], -1, Math.random)).toThrow(/alpha is -1/);
  expect(mixObjects([], 1, Math.random)).toEqual([]);
});
