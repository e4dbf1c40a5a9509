import { createRandom } from "@gleaner/training";
import { voxelToWorld, worldToVoxel } from "@gleaner/volumes";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Point, Triple } from "../../../src/phantom/canvas.js";
import { addNodule } from "../../../src/phantom/inserted/add.js";
import { insertNodules } from "../../../src/phantom/inserted/insert.js";
import { renderNodule } from "../../../src/phantom/inserted/render.js";
import { drawNodule, symmetries, symmetryOf } from "../../../src/phantom/inserted/shapes.js";
import type { InsertedBlock, InsertedNodule, NoduleShape } from "../../../src/phantom/inserted/types.js";
import { lungHu, syntheticChest } from "./chest.js";

const chest = syntheticChest({ shape: [48, 48, 48], spreadMm: [1, 0.8, 0.8], noiseHu: 25 });
const untouched = chest.volume.data.slice();
const whole = { start: [0, 0, 0] as Triple, shape: chest.volume.shape };
const [, ny, nx] = chest.volume.shape;
const spacingMm = 1.5;
const blocks = Array.from({ length: 16 }, (_, seed) => insertNodules(chest, whole, {}, createRandom(seed)));

/** The distance in mm of a voxel from a nodule's center. */
function distancesFrom({ volume }: Pick<InsertedBlock, "volume">, nodule: { x: number; y: number; z: number }): (i: number) => number {
  const [cz, cy, cx] = worldToVoxel(volume, [nodule.x, nodule.y, nodule.z]);
  return (i) => spacingMm * Math.hypot((i % nx) - cx, (Math.floor(i / nx) % ny) - cy, Math.floor(i / (nx * ny)) - cz);
}

const deviation = (values: readonly number[]): number => {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  return Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length);
};
const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

describe("insertNodules", () => {
  test("changes nothing outside of the nodules' reach, makes nothing darker, and keeps what it was given", () => {
    for (const [seed, block] of blocks.entries()) {
      expect(block.nodules.length).toBeGreaterThan(0);
      const distances = block.nodules.map((nodule) => ({ of: distancesFrom(block, nodule), reach: nodule.diameterMm + 9 }));
      let changed = 0;
      for (let i = 0; i < untouched.length; i++) {
        const added = block.volume.data[i]! - untouched[i]!;
        if (added === 0) continue;
        changed++;
        if (distances.every(({ of, reach }) => of(i) > reach)) throw new Error(`seed ${seed}: voxel ${i} has changed by ${added}`);
        if (added < 0) throw new Error(`seed ${seed}: voxel ${i} is darker by ${added}`);
      }
      expect(changed).toBeGreaterThan(8);
    }
    expect(chest.volume.data).toEqual(untouched);
  });

  test("the same draws give the same block", () => {
    expect(insertNodules(chest, whole, {}, createRandom(3))).toEqual(blocks[3]);
  });

  test("a nodule is where its annotation says and as wide, by half maxima", () => {
    const shifts: number[] = [];
    for (const [seed, block] of blocks.entries()) {
      for (const nodule of block.nodules) {
        // Half of the contrast is a rule for nodules of one density, wider than the point spread; the wall would count as nodule.
        if (nodule.kind !== "solid" || nodule.attachment !== "isolated" || nodule.diameterMm < 6 || nodule.margin === "spiculated")
          continue;
        // The bumps of a large neighbor may come near, and would be counted.
        const near = block.nodules.some(
          (other) =>
            other !== nodule &&
            Math.hypot(other.x - nodule.x, other.y - nodule.y, other.z - nodule.z) < 0.75 * (nodule.diameterMm + other.diameterMm) + 3,
        );
        if (near) continue;
        const { diameterMm, shiftMm } = measured(block, nodule);
        expect(Math.abs(diameterMm - nodule.diameterMm), `seed ${seed}: ${JSON.stringify(nodule)}`).toBeLessThan(0.8);
        shifts.push(shiftMm);
      }
    }
    expect(shifts.length).toBeGreaterThan(5);
    expect(shifts.sort((a, b) => a - b)[Math.floor(shifts.length / 2)]!).toBeLessThan(0.3);
    expect(Math.max(...shifts)).toBeLessThan(1);
  });
});

/** A nodule's diameter by the volume above half of its contrast, and how far its center of mass is from the annotation. */
function measured(block: Pick<InsertedBlock, "volume">, nodule: Omit<InsertedNodule, "kind" | "attachment" | "margin">) {
  const of = distancesFrom(block, nodule);
  const half = (nodule.hu + lungHu) / 2;
  const found = [...block.volume.data.keys()].filter((i) => of(i) < 0.65 * nodule.diameterMm + 1 && block.volume.data[i]! > half);
  const places = [(i: number) => Math.floor(i / (nx * ny)), (i: number) => Math.floor(i / nx) % ny, (i: number) => i % nx];
  const at = worldToVoxel(block.volume, [nodule.x, nodule.y, nodule.z]);
  return {
    diameterMm: Math.cbrt((6 * found.length * spacingMm ** 3) / Math.PI),
    shiftMm: spacingMm * Math.hypot(...places.map((place, axis) => mean(found.map(place)) - at[axis]!)),
  };
}

const ball = (radius: number, center: Point, hu = 40): NoduleShape => ({
  layers: [
    {
      body: (canvas) => canvas.shape(center, radius + 2, (x, y, z) => Math.hypot(x - center[0], y - center[1], z - center[2]) - radius),
      density: 1,
      tissue: () => hu,
    },
  ],
  reachMm: radius + 2,
  hu,
});
const everywhere = new Uint8Array(untouched.length).fill(1);

test("a ball of one tissue has its diameter, its place, its HU, and the noise of the lung that was there", () => {
  fc.assert(
    fc.property(
      fc.double({ min: 5, max: 8, noNaN: true }),
      fc.array(fc.double({ min: 32, max: 38, noNaN: true }), { minLength: 3, maxLength: 3 }),
      (radius, at) => {
        const center = at as unknown as Point;
        const volume = { ...chest.volume, data: untouched.slice() };
        const shape = ball(radius, center);
        addNodule(volume, shape, renderNodule(volume, everywhere, shape, center, chest.spreadMm), 25);
        const [x, y, z] = voxelToWorld(volume, [center[2] / spacingMm, center[1] / spacingMm, center[0] / spacingMm]);
        const nodule = { x, y, z, diameterMm: 2 * radius, hu: 40 };
        const { diameterMm, shiftMm } = measured({ volume }, nodule);
        expect(Math.abs(diameterMm - 2 * radius)).toBeLessThan(0.4);
        expect(shiftMm).toBeLessThan(0.3);
        const of = distancesFrom({ volume }, nodule);
        const core = [...untouched.keys()].filter((i) => of(i) < radius - 2.6);
        const values = core.map((i) => volume.data[i]!);
        expect(Math.abs(mean(values) - 40)).toBeLessThan(12);
        const was = deviation(core.map((i) => untouched[i]!));
        expect(deviation(values) / was).toBeGreaterThan(0.8);
        expect(deviation(values) / was).toBeLessThan(1.1);
      },
    ),
    { numRuns: 10, seed: 4 },
  );
});

describe("renderNodule", () => {
  const block = chest.volume;

  test("a ball has its volume and center, and blurring keeps its mass", () => {
    fc.assert(
      fc.property(fc.double({ min: 2, max: 8, noNaN: true }), fc.double({ min: 32, max: 38, noNaN: true }), (radius, at) => {
        const center: Point = [at, at + 3, at - 2];
        const rendered = renderNodule(block, everywhere, ball(radius, center), center, [1.2, 0.9, 0.9]);
        const volume = (4 / 3) * Math.PI * radius ** 3;
        expect(rendered.volumeMm3 / volume).toBeGreaterThan(0.97);
        expect(rendered.volumeMm3 / volume).toBeLessThan(1.05);
        for (const axis of [0, 1, 2]) expect(rendered.center[axis]!).toBeCloseTo(center[axis]!, 1);
        const mass = rendered.coverages[0]!.reduce((a, b) => a + b, 0) * spacingMm ** 3;
        expect(mass / rendered.volumeMm3).toBeGreaterThan(0.9);
        expect(mass / rendered.volumeMm3).toBeLessThan(1.1);
      }),
      { numRuns: 20, seed: 2 },
    );
  });

  test("the middle of a ball is as bright as a Gaussian leaves it", () => {
    // Of a ball of radius r, a Gaussian of sigma s leaves erf(r / s√2) − √(2/π) (r/s) exp(−r²/2s²) in the middle: 0.7385 at r = 2 s.
    const center: Point = [36, 36, 36];
    const rendered = renderNodule(block, everywhere, ball(4, center), center, [2, 2, 2]);
    expect(Math.max(...rendered.coverages[0]!)).toBeCloseTo(0.7385, 1);
  });

  test("what is not allowed stays empty, but for the blur", () => {
    const half = everywhere.map((_, i) => Number(i % nx < 24));
    const center: Point = [24 * spacingMm, 36, 36];
    const rendered = renderNodule(block, half, ball(5, center), center, [0.8, 0.8, 0.8]);
    const ballMm3 = (4 / 3) * Math.PI * 125;
    expect(rendered.volumeMm3 / ballMm3).toBeGreaterThan(0.3);
    expect(rendered.volumeMm3 / ballMm3).toBeLessThan(0.5);
    expect(rendered.center[0]).toBeLessThan(center[0] - 1);
  });
});

test("the symmetries are 48 different ones that keep lengths", () => {
  const v: Point = [1, 2, 3];
  const turned = Array.from({ length: symmetries }, (_, k) => symmetryOf(k)(v));
  expect(new Set(turned.map((t) => t.join())).size).toBe(48);
  for (const t of turned) expect(Math.hypot(...t)).toBeCloseTo(Math.hypot(...v), 12);
});

test("haze is as dense as the phantoms' on lung of any density", () => {
  fc.assert(
    fc.property(fc.integer({ min: -950, max: -650 }), fc.nat(1e6), (lung, seed) => {
      const shape = drawNodule({ kind: "ground-glass", margin: "smooth", radius: 5, center: [0, 0, 0], lungHu: lung }, createRandom(seed));
      const [layer] = shape.layers;
      expect(layer!.density).toBeGreaterThan(0);
      expect(layer!.density).toBeLessThan(1);
      // Lung of that density, filled by that share of tissue, has the HU that are noted.
      expect(lung + layer!.density * (35 - lung)).toBeCloseTo(shape.hu, 6);
    }),
  );
});
