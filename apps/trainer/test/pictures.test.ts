import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { locationMaxima } from "../src/run/anchor-locations.js";
import { grayPlane, rectanglesOn, startAround } from "../src/run/picture-planes.js";

describe("locationMaxima", () => {
  test("takes the highest over the sizes of a location; a coarser level counts for the finer locations that it covers", () => {
    const one = [1, 1, 1] as [number, number, number];
    const grid = {
      levels: [
        { shape: [1, 2, 4] as [number, number, number], anchors: [one, one] },
        { shape: [1, 1, 2] as [number, number, number], anchors: [one] },
      ],
    };
    const fine = [0.1, 0, 0, 0, 0.2, 0.3, 0, 0.9, /* second row */ 0, 0, 0.7, 0.6, 0, 0, 0.1, 0.1];
    const coarse = [0.25, 0.5];
    const { shape, values } = locationMaxima([...fine, ...coarse], grid);
    expect(shape).toEqual([1, 2, 4]);
    expect([...values].map((value) => Number(value.toFixed(6)))).toEqual([0.25, 0.25, 0.5, 0.9, 0.25, 0.7, 0.5, 0.5]);
    expect([...locationMaxima([...coarse, ...fine], { levels: [...grid.levels].reverse() }).values]).toEqual([...values]);
  });
});

describe("grayPlane", () => {
  test("stretches −1..1 to bytes, rows and columns of the plane that is asked for", () => {
    const voxels = Float32Array.from([9, 9, 9, 9, -1, 1, 0, -5]);
    expect([...Buffer.from(grayPlane(voxels, 2, 1), "base64")]).toEqual([0, 255, 128, 0]);
  });
});

describe("rectanglesOn", () => {
  test("gives x before y, and null for a box that the plane misses", () => {
    const boxes = [0, 1, 2, 4, 5, 6, 5, 1, 2, 8, 5, 6];
    expect(rectanglesOn(boxes, 4)).toEqual([[2, 1, 6, 5], null]);
    expect(rectanglesOn(boxes, 4.5)).toEqual([null, null]);
    expect(rectanglesOn([], 0)).toEqual([]);
  });
});

describe("startAround", () => {
  test("keeps the cube inside of the scan and the voxel near its middle where both can be", () => {
    const length = fc.integer({ min: 1, max: 60 });
    fc.assert(
      fc.property(
        fc.tuple(length, length, length),
        fc.integer({ min: 1, max: 24 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (shape, size, part) => {
          const center = shape.map((extent) => part * (extent - 1));
          for (const [axis, start] of startAround(center, size, { shape }).entries()) {
            const extent = shape[axis]!;
            if (extent <= size) {
              expect(Math.abs(2 * start + size - extent)).toBeLessThanOrEqual(1);
              continue;
            }
            expect(start).toBeGreaterThanOrEqual(0);
            expect(start + size).toBeLessThanOrEqual(extent);
            const isMoved = start === 0 || start + size === extent;
            if (!isMoved) expect(Math.abs(start + (size - 1) / 2 - center[axis]!)).toBeLessThanOrEqual(0.5);
          }
        },
      ),
    );
  });
});
