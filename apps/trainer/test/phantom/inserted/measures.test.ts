import { describe, expect, test } from "vitest";
import { lungNoise, structureUnderNoise } from "../../../src/phantom/inserted/noise.js";
import { estimatePointSpread } from "../../../src/phantom/inserted/point-spread.js";
import { syntheticChest } from "./chest.js";

describe("estimatePointSpread", () => {
  test.each([
    { spreadMm: [1, 0.8, 0.8] as [number, number, number], noiseHu: 25 },
    { spreadMm: [0.9, 0.9, 0.9] as [number, number, number], noiseHu: 40 },
    { spreadMm: [2, 1, 1] as [number, number, number], noiseHu: 20 },
    { spreadMm: [1.2, 1.6, 1.6] as [number, number, number], noiseHu: 15 },
  ])("finds the sigma of edges that are integrals of a Gaussian: $spreadMm with noise of $noiseHu HU", (options) => {
    const { volume, lungs } = syntheticChest(options);
    const found = estimatePointSpread(volume, lungs);
    for (const axis of [0, 1, 2]) {
      expect(found[axis]! / options.spreadMm[axis]!).toBeGreaterThan(0.85);
      expect(found[axis]! / options.spreadMm[axis]!).toBeLessThan(1.15);
    }
  });

  test("without edges it is 0.6 of a voxel", () => {
    const { volume, lungs } = syntheticChest({});
    lungs.data.fill(0);
    expect(estimatePointSpread(volume, lungs)).toEqual([0.6 * 1.5, 0.6 * 1.5, 0.6 * 1.5]);
  });
});

describe("noise of the lung", () => {
  test("is the noise that was put in", () => {
    for (const noiseHu of [10, 25, 60]) {
      const { volume, lungs } = syntheticChest({ noiseHu, seed: noiseHu });
      const found = lungNoise(volume, lungs, { start: [0, 0, 0], shape: volume.shape })!;
      expect(found / noiseHu).toBeGreaterThan(0.8);
      expect(found / noiseHu).toBeLessThan(1.05);
    }
  });

  test("is unknown where there is no lung", () => {
    const { volume, lungs } = syntheticChest({});
    expect(lungNoise(volume, lungs, { start: [0, 0, 0], shape: [6, 6, 6] })).toBeUndefined();
  });

  test("structure is what is left without it, and a thin vessel stays in it", () => {
    const { volume } = syntheticChest({ noiseHu: 25 });
    const [, ny, nx] = volume.shape;
    // A vessel of one voxel's width, along x.
    for (let x = 16; x < 48; x++) volume.data[(24 * ny + 28) * nx + x]! += 400;
    const region = { start: [16, 16, 16] as [number, number, number], shape: [16, 24, 32] as [number, number, number] };
    const structure = structureUnderNoise(volume, region, 25);
    const residual = [...structure].map((s, o) => {
      const [z, y, x] = [Math.floor(o / (24 * 32)), Math.floor(o / 32) % 24, o % 32];
      return { value: volume.data[((z + 16) * ny + y + 16) * nx + x + 16]! - s, vessel: z === 8 && y === 12 };
    });
    const deviation = (values: number[]): number => Math.sqrt(values.reduce((sum, v) => sum + v * v, 0) / values.length);
    const away = deviation(residual.filter(({ vessel }) => !vessel).map(({ value }) => value));
    expect(away / 25).toBeGreaterThan(0.85);
    expect(away / 25).toBeLessThan(1.05);
    expect(Math.max(...residual.filter(({ vessel }) => vessel).map(({ value }) => Math.abs(value)))).toBeLessThan(3 * 25);
  });
});
