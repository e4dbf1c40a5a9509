import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  boundingBox,
  boxesInRegion,
  boxesOfFindings,
  createVolume,
  cropVolume,
  type Matrix3,
  orientVolume,
  patchAround,
  randomPatch,
  resampleVolume,
  type Triple,
  type Volume,
  voxelToWorld,
  worldToVoxel,
} from "../src/index.js";

const triple = (arbitrary: fc.Arbitrary<number>): fc.Arbitrary<Triple> => fc.tuple(arbitrary, arbitrary, arbitrary);
const real = (min: number, max: number): fc.Arbitrary<number> => fc.double({ min, max, noNaN: true }).map((v) => v + 0); // without -0
const shapes = triple(fc.integer({ min: 1, max: 7 }));
const spacings = triple(real(0.3, 5));
const unit = real(0, 1 - 2 ** -53);

/** Any right- or left-handed orthonormal axes: a unit quaternion's rotation, perhaps mirrored. */
const directions: fc.Arbitrary<Matrix3> = fc
  .tuple(real(-1, 1), real(-1, 1), real(-1, 1), real(-1, 1), fc.boolean())
  .map(([a, b, c, d, mirrored]) => {
    const n = Math.hypot(a, b, c, d);
    if (n < 0.1) return [1, 0, 0, 0, 1, 0, 0, 0, 1];
    const [w, x, y, z] = [a / n, b / n, c / n, d / n] as const;
    const m = mirrored ? -1 : 1;
    return [
      1 - 2 * (y * y + z * z),
      2 * (x * y - w * z),
      m * 2 * (x * z + w * y),
      2 * (x * y + w * z),
      1 - 2 * (x * x + z * z),
      m * 2 * (y * z - w * x),
      2 * (x * z - w * y),
      2 * (y * z + w * x),
      m * (1 - 2 * (x * x + y * y)),
    ];
  });

const volumes: fc.Arbitrary<Volume<Int16Array>> = fc
  .record({ shape: shapes, spacingMm: spacings, originMm: triple(real(-500, 500)), direction: directions })
  .chain((grid) => {
    const n = grid.shape[0] * grid.shape[1] * grid.shape[2];
    return fc.int16Array({ minLength: n, maxLength: n }).map((data) => createVolume({ ...grid, data }));
  });
const at = ({ data, shape }: Volume, [z, y, x]: readonly number[]): number => data[(z! * shape[1] + y!) * shape[2] + x!]!;
const eachVoxel = ({ shape }: Volume, visit: (voxel: Triple) => void): void => {
  for (let z = 0; z < shape[0]; z++) for (let y = 0; y < shape[1]; y++) for (let x = 0; x < shape[2]; x++) visit([z, y, x]);
};
const near = (actual: readonly number[], expected: readonly number[], within = 1e-6): void => {
  expect(actual.length).toBe(expected.length);
  for (const [i, value] of expected.entries()) expect(Math.abs(actual[i]! - value)).toBeLessThanOrEqual(within);
};

describe("coordinates", () => {
  test("world to voxel undoes voxel to world", () => {
    fc.assert(
      fc.property(volumes, triple(real(-1000, 1000)), (volume, voxel) => {
        near(worldToVoxel(volume, voxelToWorld(volume, voxel)), voxel);
      }),
    );
  });

  test("sheared axes work too, as a tilted gantry makes them", () => {
    const t = Math.PI / 12;
    const volume = createVolume({
      data: new Uint8Array(1),
      shape: [1, 1, 1],
      spacingMm: [2, 0.7, 0.7],
      direction: [1, 0, 0, 0, Math.cos(t), 0, 0, -Math.sin(t), 1],
    });
    near(worldToVoxel(volume, voxelToWorld(volume, [3.25, -7, 11])), [3.25, -7, 11]);
  });
});

describe("orienting", () => {
  test("keeps the value at every place of the world", () => {
    fc.assert(
      fc.property(volumes, (volume) => {
        const turned = orientVolume(volume);
        eachVoxel(turned, (voxel) => {
          const before = worldToVoxel(volume, voxelToWorld(turned, voxel));
          near(before, before.map(Math.round));
          expect(at(turned, voxel)).toBe(at(volume, before.map(Math.round)));
        });
      }),
    );
  });

  test("twice is once, and the diagonal of the direction is positive", () => {
    fc.assert(
      fc.property(volumes, (volume) => {
        const once = orientVolume(volume);
        expect(orientVolume(once)).toBe(once);
        for (const diagonal of [0, 4, 8]) expect(once.direction[diagonal]).toBeGreaterThan(0);
      }),
    );
  });
});

describe("cropping", () => {
  const starts = triple(fc.integer({ min: -8, max: 8 }));
  test("gives the volume's voxels inside and the fill outside, at their places of the world", () => {
    fc.assert(
      fc.property(volumes, starts, shapes, (volume, start, shape) => {
        const crop = cropVolume(volume, { start, shape, fill: -1000 });
        near(voxelToWorld(crop, [1, 2, 3]), voxelToWorld(volume, [start[0] + 1, start[1] + 2, start[2] + 3]));
        eachVoxel(crop, (voxel) => {
          const from = voxel.map((v, axis) => v + start[axis]!);
          const inside = from.every((v, axis) => v >= 0 && v < volume.shape[axis]!);
          expect(at(crop, voxel)).toBe(inside ? at(volume, from) : -1000);
        });
      }),
    );
  });

  test("the whole of a volume is the volume", () => {
    fc.assert(
      fc.property(volumes, (volume) => {
        expect(cropVolume(volume, { start: [0, 0, 0], shape: volume.shape })).toEqual(volume);
      }),
    );
  });

  test("the bounding box of a mask holds all of it and touches it on every side", () => {
    const masks = shapes.chain((shape) =>
      fc
        .uint8Array({ min: 0, max: 1, minLength: shape[0] * shape[1] * shape[2], maxLength: shape[0] * shape[1] * shape[2] })
        .map((data) => createVolume({ data, shape })),
    );
    fc.assert(
      fc.property(masks, (mask) => {
        const set: Triple[] = [];
        eachVoxel(mask, (voxel) => void (at(mask, voxel) && set.push(voxel)));
        const low = [0, 1, 2].map((axis) => Math.min(...set.map((voxel) => voxel[axis]!)));
        const high = [0, 1, 2].map((axis) => Math.max(...set.map((voxel) => voxel[axis]!)));
        expect(boundingBox(mask)).toEqual(set.length === 0 ? undefined : { start: low, shape: high.map((h, axis) => h - low[axis]! + 1) });
      }),
    );
  });
});

describe("resampling", () => {
  const kinds = fc.constantFrom("linear" as const, "nearest" as const);
  test("to the same spacing gives the same voxels", () => {
    fc.assert(
      fc.property(volumes, kinds, (volume, interpolation) => {
        const same = resampleVolume(volume, { spacingMm: volume.spacingMm, interpolation });
        expect(Array.from(same.data)).toEqual(Array.from(volume.data));
        near(same.originMm, volume.originMm);
      }),
    );
  });

  test("keeps the center, the extent up to half a voxel, and a constant", () => {
    fc.assert(
      fc.property(volumes, spacings, kinds, fc.boolean(), (volume, spacingMm, interpolation, antialias) => {
        const constant = resampleVolume(
          { ...volume, data: new Float32Array(volume.data.length).fill(-850) },
          { spacingMm, interpolation, antialias },
        );
        for (const value of constant.data) expect(value).toBeCloseTo(-850, 3);
        const middle = (v: Volume): Triple => voxelToWorld(v, v.shape.map((n) => (n - 1) / 2) as Triple);
        near(middle(constant), middle(volume));
        for (const axis of [0, 1, 2]) {
          const before = volume.shape[axis]! * volume.spacingMm[axis]!;
          const off = Math.abs(constant.shape[axis]! * spacingMm[axis]! - before);
          expect(off).toBeLessThanOrEqual(Math.max(spacingMm[axis]! / 2, spacingMm[axis]! - before) + 1e-6);
        }
      }),
    );
  });

  test("stays within the values that were there", () => {
    fc.assert(
      fc.property(volumes, spacings, fc.boolean(), (volume, spacingMm, antialias) => {
        const { data } = resampleVolume(volume, { spacingMm, antialias });
        for (const value of data) {
          expect(value).toBeGreaterThanOrEqual(Math.min(...volume.data) - 0.01);
          expect(value).toBeLessThanOrEqual(Math.max(...volume.data) + 0.01);
        }
      }),
    );
  });

  test("a linear image stays linear, at every inner place of the world", () => {
    fc.assert(
      fc.property(volumes, triple(real(0.3, 2)), triple(real(-20, 20)), (volume, ratio, slope) => {
        const ramp = { ...volume, data: new Float64Array(volume.data.length) };
        let i = 0;
        eachVoxel(volume, (voxel) => void (ramp.data[i++] = voxel.reduce((sum, v, axis) => sum + v * slope[axis]!, 0)));
        const out = resampleVolume(ramp, { spacingMm: volume.spacingMm.map((s, axis) => s * ratio[axis]!) as Triple, antialias: false });
        eachVoxel(out, (voxel) => {
          // Beyond the outer centers the outer values go on.
          const from = worldToVoxel(volume, voxelToWorld(out, voxel)).map((v, axis) => Math.max(0, Math.min(volume.shape[axis]! - 1, v)));
          expect(at(out, voxel)).toBeCloseTo(
            from.reduce((sum, v, axis) => sum + v * slope[axis]!, 0),
            5,
          );
        });
      }),
    );
  });
});

describe("boxes and patches", () => {
  test("a finding's box touches its sphere on all six sides, on oblique axes too", () => {
    fc.assert(
      fc.property(volumes, triple(real(-100, 100)), real(1, 40), (volume, [x, y, z], diameterMm) => {
        const box = boxesOfFindings(volume, [{ scan: "a", x, y, z, diameterMm }]);
        const center = worldToVoxel(volume, [x, y, z]);
        for (const axis of [0, 1, 2]) {
          // For orthonormal axes the sphere reaches radius / spacing voxels.
          const half = diameterMm / 2 / volume.spacingMm[axis]!;
          expect(box[axis]).toBeCloseTo(center[axis]! - half, 2);
          expect(box[axis + 3]).toBeCloseTo(center[axis]! + half, 2);
        }
      }),
    );
  });

  const boxes = fc
    .tuple(triple(real(-20, 200)), triple(real(0, 40)))
    .map(([low, size]) => [...low, ...low.map((v, axis) => v + size[axis]!)]);
  test("a patch holds the whole of its box, or is within it, wherever it is drawn", () => {
    fc.assert(
      fc.property(boxes, triple(fc.integer({ min: 1, max: 64 })), real(0, 4), unit, (box, shape, margin, draw) => {
        const { start } = patchAround(box, { shape, margin, random: () => draw });
        for (const axis of [0, 1, 2]) {
          const [low, high, from, to] = [box[axis]!, box[axis + 3]!, start[axis]! - 0.5, start[axis]! + shape[axis]! - 0.5];
          const room = shape[axis]! - (high - low);
          // Where the box has less than a voxel of room (or a patch of it), whole voxels cannot do better than half a voxel.
          const slack = Math.abs(room) < 1 ? 0.5 + 1e-9 : 1e-9;
          if (room >= 0) {
            expect(from).toBeLessThanOrEqual(low + slack);
            expect(to).toBeGreaterThanOrEqual(high - slack);
          } else {
            expect(from).toBeGreaterThanOrEqual(low - slack);
            expect(to).toBeLessThanOrEqual(high + slack);
          }
        }
        const fits = [0, 1, 2].every((axis) => shape[axis]! >= box[axis + 3]! - box[axis]! + 1);
        if (fits) expect(boxesInRegion(Float32Array.from(box), { start, shape }).length).toBe(6);
      }),
    );
  });

  test("a random patch stays in the volume where there is room, and its mask is in it", () => {
    fc.assert(
      fc.property(volumes, shapes, fc.array(unit, { minLength: 3, maxLength: 3 }), fc.boolean(), (volume, shape, draws, masked) => {
        const mask = createVolume({ data: new Uint8Array(volume.data.length), shape: volume.shape });
        mask.data[mask.data.length - 1] = 1;
        let n = 0;
        const { start } = randomPatch(volume, { shape, random: () => draws[n++ % 3]!, ...(masked && { mask }) });
        for (const axis of [0, 1, 2]) {
          const room = volume.shape[axis]! - shape[axis]!;
          expect(start[axis]).toBeGreaterThanOrEqual(Math.min(0, Math.floor(room / 2)));
          expect(start[axis]).toBeLessThanOrEqual(Math.max(0, room));
          if (masked && room > 0) expect(start[axis]! + shape[axis]!).toBe(volume.shape[axis]);
        }
      }),
    );
  });
});
