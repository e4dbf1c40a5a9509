import { lungMask, worldToVoxel } from "@gleaner/volumes";
import { describe, expect, test } from "vitest";
import { generatePhantom } from "../../src/phantom/generate.js";
import type { Phantom } from "../../src/phantom/types.js";

const cube: [number, number, number] = [64, 64, 64];
const quiet = { noiseHu: [0, 0] } as const;

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
const share = (data: Int16Array, low: number, high: number): number =>
  data.reduce((n, v) => n + (v >= low && v < high ? 1 : 0), 0) / data.length;

/** HU of the voxels whose distance to a world point is within a range, in mm. */
function around({ volume }: Phantom, { x, y, z }: { x: number; y: number; z: number }, near: number, far: number): number[] {
  const [cz, cy, cx] = worldToVoxel(volume, [x, y, z]);
  const [nz, ny, nx] = volume.shape;
  const values: number[] = [];
  for (let iz = 0; iz < nz; iz++) {
    for (let iy = 0; iy < ny; iy++) {
      for (let ix = 0; ix < nx; ix++) {
        const mm = Math.hypot((iz - cz) * volume.spacingMm[0], (iy - cy) * volume.spacingMm[1], (ix - cx) * volume.spacingMm[2]);
        if (mm >= near && mm < far) values.push(volume.data[(iz * ny + iy) * nx + ix]!);
      }
    }
  }
  return values;
}

const many = Array.from({ length: 16 }, (_, seed) => generatePhantom({ seed, size: cube, style: quiet }));

describe("generatePhantom", () => {
  test("the same seed gives the same scan, another seed another", () => {
    const again = generatePhantom({ seed: 3, size: cube, style: quiet });
    expect(again).toEqual(many[3]);
    expect(many[4]!.volume.data).not.toEqual(many[3]!.volume.data);
    expect(many[4]!.volume.originMm).not.toEqual(many[3]!.volume.originMm);
  });

  test("has the size and spacing asked for, and a Volume's geometry", () => {
    const { volume } = generatePhantom({ seed: 1, size: [32, 40, 48], spacingMm: [3, 2, 1.5] });
    expect(volume).toMatchObject({ shape: [32, 40, 48], spacingMm: [3, 2, 1.5], direction: [1, 0, 0, 0, 1, 0, 0, 0, 1] });
    expect(volume.data).toHaveLength(32 * 40 * 48);
  });

  test.each([
    [{ size: [16, 64, 64] as [number, number, number] }, "size is 16,64,64; expected three whole numbers from 32 to 1024"],
    [{ spacingMm: [1, 0, 1] as [number, number, number] }, "spacingMm is 1,0,1; expected three lengths from 0.3 to 5 mm"],
  ])("refuses %j", (options, message) => {
    expect(() => generatePhantom({ seed: 1, ...options })).toThrow(message);
  });

  test("tissues fill the share of the scan and the HU that they fill in a chest", () => {
    for (const seed of [0, 1]) {
      const { volume } = generatePhantom({ seed, style: { ...quiet, emphysema: [0, 0] } });
      const { data } = volume;
      expect(share(data, -1024, -960), "air around the body and in the airways").toBeLessThan(0.35);
      expect(share(data, -960, -700), "lung").toBeGreaterThan(0.15);
      expect(share(data, -960, -700), "lung").toBeLessThan(0.55);
      expect(share(data, -130, -70), "fat").toBeGreaterThan(0.04);
      expect(share(data, 0, 90), "muscle, blood and organs").toBeGreaterThan(0.12);
      expect(share(data, 200, 1200), "bone").toBeGreaterThan(0.008);
      expect(share(data, 200, 1200), "bone").toBeLessThan(0.1);
      expect(share(data, 1200, 4000), "metal").toBe(0);
    }
  });

  test("nodules are where the list says, denser than what is around", () => {
    for (const phantom of many) {
      for (const nodule of phantom.nodules) {
        const radius = nodule.diameterMm / 2;
        const inside = mean(around(phantom, nodule, 0, Math.max(1.5, radius * 0.6)));
        const shell = around(phantom, nodule, radius + 2, radius + 4).sort((a, b) => a - b);
        // At the pleura half of the shell is chest wall; its darker part is the lung that the nodule lies in.
        const lung = shell[Math.floor(shell.length * 0.2)]!;
        expect(lung).toBeLessThan(-650);
        expect(inside - lung).toBeGreaterThan(nodule.kind === "ground-glass" ? 80 : 150);
        if (nodule.kind === "solid" && nodule.diameterMm > 8) expect(inside).toBeGreaterThan(-60);
      }
    }
  });

  test("nodules have sizes and kinds as ordered and keep apart, also from what does not count", () => {
    const counts: Record<string, number> = {};
    let nodules = 0;
    for (const phantom of many) {
      expect(phantom.nodules.length).toBeGreaterThanOrEqual(1);
      expect(phantom.nodules.length).toBeLessThanOrEqual(4);
      nodules += phantom.nodules.length;
      const all = [...phantom.nodules, ...phantom.excluded];
      for (const [i, a] of all.entries()) {
        const voxel = worldToVoxel(phantom.volume, [a.x, a.y, a.z]);
        for (const [axis, v] of voxel.entries()) {
          expect(v).toBeGreaterThan(1);
          expect(v).toBeLessThan(cube[axis]! - 2);
        }
        for (const b of all.slice(i + 1)) {
          const apart = Math.hypot(a.x - b.x, a.y - b.y, a.z - b.z);
          expect(apart).toBeGreaterThan((Math.max(0, a.diameterMm) + Math.max(0, b.diameterMm)) / 2 + 5);
        }
      }
      for (const { diameterMm, kind, attachment } of phantom.nodules) {
        expect(diameterMm).toBeGreaterThanOrEqual(4);
        expect(diameterMm).toBeLessThanOrEqual(20);
        counts[kind] = (counts[kind] ?? 0) + 1;
        counts[attachment] = (counts[attachment] ?? 0) + 1;
      }
    }
    expect(counts["solid"]! / nodules).toBeGreaterThan(0.45);
    for (const name of ["part-solid", "ground-glass", "vessel", "pleura", "isolated"]) expect(counts[name]).toBeGreaterThan(0);
    expect(mean(many.map(({ excluded }) => excluded.length))).toBeGreaterThan(0.6);
    expect(mean(many.map(({ excluded }) => excluded.length))).toBeLessThan(1.8);
  });

  test("the lung mask of @gleaner/volumes finds the lungs with all nodules in them", () => {
    for (const seed of [2, 3, 4]) {
      const phantom = generatePhantom({ seed, size: cube });
      const mask = lungMask(phantom.volume);
      expect(share(Int16Array.from(mask.data), 1, 2)).toBeGreaterThan(0.25);
      for (const nodule of phantom.nodules)
        expect(Math.max(...around({ ...phantom, volume: { ...phantom.volume, data: Int16Array.from(mask.data) } }, nodule, 0, 2))).toBe(1);
    }
  });

  test("vessels in cross-section are as bright as nodules: a threshold does not find them", () => {
    for (const phantom of many.slice(0, 6)) {
      const bright = phantom.nodules.flatMap((nodule) => around(phantom, nodule, 0, nodule.diameterMm / 2)).filter((hu) => hu > -300);
      const { data, shape } = phantom.volume;
      // Bright voxels next to lung in all six directions two voxels away are thin things in the lung.
      const [nz, ny, nx] = shape;
      let thin = 0;
      for (let z = 3; z < nz - 3; z++) {
        for (let y = 3; y < ny - 3; y++) {
          for (let x = 3; x < nx - 3; x++) {
            const i = (z * ny + y) * nx + x;
            if (data[i]! <= -300) continue;
            const dark = (step: number): boolean => data[i - step]! < -600 && data[i + step]! < -600;
            if (dark(3) || dark(3 * nx)) thin++;
          }
        }
      }
      expect(thin).toBeGreaterThan(bright.length);
    }
  });

  test("scans differ in style", () => {
    const spread = (pick: (phantom: Phantom) => number): number => {
      const values = many.map(pick);
      return Math.max(...values) - Math.min(...values);
    };
    expect(spread(({ style }) => style.sharpness)).toBeGreaterThan(0.5);
    expect(spread(({ style }) => style.lungHu)).toBeGreaterThan(40);
    // And it shows in the voxels: the median of the aerated lung.
    const lung = ({ volume }: Phantom): number => {
      const values = volume.data.filter((hu) => hu > -960 && hu < -700).sort();
      return values[values.length >> 1]!;
    };
    expect(spread(lung)).toBeGreaterThan(40);
  });

  test("the noise has the strength of the style and is correlated", () => {
    for (const sharpness of [0.1, 0.9]) {
      const style = { sharpness: [sharpness, sharpness] } as const;
      const clean = generatePhantom({ seed: 5, size: cube, style: { ...style, ...quiet } });
      const noisy = generatePhantom({ seed: 5, size: cube, style: { ...style, noiseHu: [40, 40] } });
      const noise: number[] = [];
      const beside: number[] = [];
      for (let i = 0; i < clean.volume.data.length - 1; i++) {
        // Air is cut off at -1024, so only voxels well above show the whole noise.
        if (clean.volume.data[i]! < -500 || clean.volume.data[i + 1]! < -500 || (i + 1) % 64 === 0) continue;
        noise.push(noisy.volume.data[i]! - clean.volume.data[i]!);
        beside.push(noisy.volume.data[i + 1]! - clean.volume.data[i + 1]!);
      }
      const power = mean(noise.map((v) => v * v));
      expect(Math.sqrt(power)).toBeGreaterThan(30);
      expect(Math.sqrt(power)).toBeLessThan(55);
      const correlation = mean(noise.map((v, i) => v * beside[i]!)) / power;
      if (sharpness < 0.5) expect(correlation).toBeGreaterThan(0.4);
      else expect(correlation).toBeLessThan(0.4);
      expect(correlation).toBeGreaterThan(0.05);
    }
  });

  test("easy phantoms hold solid nodules of at least 7 mm and no ground glass", () => {
    for (const seed of [0, 1, 2, 3]) {
      const { nodules, style } = generatePhantom({ seed, size: cube, difficulty: "easy" });
      expect(style.noiseHu).toBeLessThanOrEqual(25);
      for (const { kind, diameterMm } of nodules) expect({ kind, large: diameterMm >= 7 }).toEqual({ kind: "solid", large: true });
    }
  });
});
