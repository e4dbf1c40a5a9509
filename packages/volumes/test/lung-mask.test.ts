import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { connectedComponents } from "../src/components.js";
import { createVolume, lungMask, type Triple, type Volume } from "../src/index.js";
import { dilate } from "../src/morphology.js";

const masks = fc
  .tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 70 }))
  .chain((shape) =>
    fc.tuple(
      fc.constant(shape),
      fc.array(fc.nat({ max: 9 }), { minLength: shape[0] * shape[1] * shape[2], maxLength: shape[0] * shape[1] * shape[2] }),
    ),
  )
  .map(([shape, values]) => ({ shape: shape as Triple, mask: Uint8Array.from(values, (value) => (value < 3 ? 1 : 0)) }));
const coordinates = (i: number, [, height, width]: Triple): Triple => [
  Math.floor(i / (height * width)),
  Math.floor(i / width) % height,
  i % width,
];

describe("parts of the lung mask", () => {
  test("components by runs are those of a flood fill", () => {
    fc.assert(
      fc.property(masks, fc.constantFrom(0 as const, 1 as const), ({ shape, mask }, value) => {
        const { runs, starts, ends, labels, count } = connectedComponents(mask, shape, value);
        const found = new Int32Array(mask.length).fill(-1);
        for (let run = 0; run < runs; run++) found.fill(labels[run]!, starts[run], ends[run]);
        const flooded = new Int32Array(mask.length).fill(-1);
        let next = 0;
        for (let seed = 0; seed < mask.length; seed++) {
          if (mask[seed] !== value || flooded[seed] !== -1) continue;
          const stack = [seed];
          while (stack.length > 0) {
            const i = stack.pop()!;
            if (mask[i] !== value || flooded[i] !== -1) continue;
            flooded[i] = next;
            const [z, y, x] = coordinates(i, shape);
            if (x > 0) stack.push(i - 1);
            if (x < shape[2] - 1) stack.push(i + 1);
            if (y > 0) stack.push(i - shape[2]);
            if (y < shape[1] - 1) stack.push(i + shape[2]);
            if (z > 0) stack.push(i - shape[1] * shape[2]);
            if (z < shape[0] - 1) stack.push(i + shape[1] * shape[2]);
          }
          next++;
        }
        expect(count).toBe(next);
        expect(found).toEqual(flooded);
      }),
    );
  });

  test("dilation is by the exact ball", () => {
    fc.assert(
      fc.property(
        masks,
        fc.tuple(...[0, 1, 2].map(() => fc.double({ min: 0.5, max: 4, noNaN: true }))),
        fc.double({ min: 0, max: 12, noNaN: true }),
        ({ shape, mask }, spacing, radius) => {
          const spacingMm = spacing as Triple;
          const set = Array.from(mask.keys())
            .filter((i) => mask[i] === 1)
            .map((i) => coordinates(i, shape));
          const brute = mask.map((_, i) => {
            const here = coordinates(i, shape);
            return set.some(
              (there) => there.reduce((sum, v, axis) => sum + ((v - here[axis]!) * spacingMm[axis]!) ** 2, 0) <= radius ** 2 * (1 + 1e-9),
            )
              ? 1
              : 0;
          });
          expect(dilate(mask, shape, spacingMm, radius)).toEqual(brute);
        },
      ),
      { numRuns: 40 },
    );
  });
});

/** A body of water in air, 3 mm voxels, with what `paint` puts in it; -1000 around the body. */
function phantom(paint: (z: number, y: number, x: number) => number | undefined, shape: Triple = [40, 60, 80]): Volume<Int16Array> {
  const volume = createVolume({ data: new Int16Array(shape[0] * shape[1] * shape[2]), shape, spacingMm: [3, 3, 3] });
  for (let i = 0; i < volume.data.length; i++) {
    const [z, y, x] = coordinates(i, shape);
    const inBody = ((y - shape[1] / 2) / 26) ** 2 + ((x - shape[2] / 2) / 36) ** 2 < 1;
    volume.data[i] = paint(z, y, x) ?? (inBody ? 30 : -1000);
  }
  return volume;
}
const inLung = (side: -1 | 1, z: number, y: number, x: number): boolean =>
  ((z - 20) / 16) ** 2 + ((y - 30) / 16) ** 2 + ((x - 40 - side * 17) / 13) ** 2 < 1;
const lungs = (z: number, y: number, x: number): number | undefined => (inLung(-1, z, y, x) || inLung(1, z, y, x) ? -850 : undefined);
const at = ({ data, shape }: Volume, [z, y, x]: Triple): number => data[(z * shape[1] + y) * shape[2] + x]!;
const count = (mask: Volume): number => Array.from(mask.data).reduce((sum, value) => sum + value, 0);

describe("the lung mask", () => {
  test("is both lungs, without the air around the body", () => {
    const volume = phantom(lungs);
    const mask = lungMask(volume, { closingMm: 0 });
    expect(Array.from(mask.data)).toEqual(Array.from(volume.data, (value) => (value === -850 ? 1 : 0)));
    expect(mask.spacingMm).toEqual(volume.spacingMm);
  });

  test("holds vessels, a nodule inside and one at the pleura, and does not join the lungs", () => {
    const pleura: Triple = [20, 30, 12];
    const volume = phantom((z, y, x) => {
      const nearPleura = Math.hypot(z - pleura[0], y - pleura[1], x - pleura[2]) < 1.6;
      const nodule = Math.hypot(z - 20, y - 30, x - 57) < 5;
      // It comes from the mediastinum: a hole would be filled even without closing.
      const vessel = y === 33 && x > 20 && x < 40 && z === 18;
      return lungs(z, y, x) !== undefined && (nearPleura || nodule || vessel) ? 40 : lungs(z, y, x);
    });
    const bare = lungMask(volume, { closingMm: 0 });
    const closed = lungMask(volume);
    // The nodule reaches the chest wall, at x = 10.
    expect([at(bare, [20, 30, 11]), at(closed, [20, 30, 11])]).toEqual([0, 1]);
    expect([at(bare, pleura), at(closed, pleura)]).toEqual([0, 1]);
    expect([at(bare, [18, 33, 25]), at(closed, [18, 33, 25])]).toEqual([0, 1]);
    expect(at(closed, [20, 30, 57])).toBe(1);
    expect(at(closed, [20, 30, 40])).toBe(0);
  });

  test("leaves out gas in the bowel and keeps a lung that the scan cuts in the middle", () => {
    const gas = (z: number, y: number, x: number): boolean => Math.hypot(z - 20, y - 48, x - 40) < 6;
    const volume = phantom((z, y, x) => (gas(z, y, x) ? -1000 : lungs(z, y, x)));
    expect(at(lungMask(volume), [20, 48, 40])).toBe(0);
    // The middle of one lung: no body around it, lung at the borders.
    const cut = createVolume({
      data: Int16Array.from({ length: 12 ** 3 }, (_, i) => (i % 50 === 0 ? 40 : -850)),
      shape: [12, 12, 12],
      spacingMm: [3, 3, 3],
    });
    expect(count(lungMask(cut))).toBe(12 ** 3);
  });

  test("is empty where there is no lung, and NaN is outside", () => {
    expect(count(lungMask(phantom(() => undefined)))).toBe(0);
    expect(count(lungMask(createVolume({ data: new Float32Array(27).fill(Number.NaN), shape: [3, 3, 3] })))).toBe(0);
    expect(count(lungMask(createVolume({ data: new Int16Array(27).fill(-1000), shape: [3, 3, 3] })))).toBe(0);
  });

  test("refuses options that make no sense", () => {
    const volume = createVolume({ data: new Int16Array(1), shape: [1, 1, 1] });
    expect(() => lungMask(volume, { closingMm: -1 })).toThrow("lungMask: closingMm is -1, expected a finite number, 0 or more");
    expect(() => lungMask(volume, { thresholdHu: Number.NaN })).toThrow("thresholdHu is NaN");
  });
});
