import "@tensorflow/tfjs";
import { cubeSymmetries, type Symmetry, transformBoxes, transformVolume } from "@gleaner/augment";
import { generateAnchors } from "@gleaner/detector";
import { createRandom } from "@gleaner/training";
import { boxesOfFindings, createVolume, cropVolume, type Finding, type Volume, voxelToWorld } from "@gleaner/volumes";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { stackLabeled } from "../src/run/batches.js";
import {
  drawSymmetry,
  makePatch,
  type Patch,
  type PatchRecipe,
  samplePatch,
  targetsOf,
  toNetworkRange,
  turnCube,
} from "../src/run/patches.js";
import type { OpenedScan } from "../src/run/prepared-scans.js";

const size = 16;
const window: [number, number] = [-1000, 400];
beforeAll(async () => {
  await tf.setBackend("cpu");
});

const opened = (id: string, volume: Volume): OpenedScan => ({
  id,
  grid: volume,
  cut: async (region, fill) => cropVolume(volume, { ...region, fill }),
});

/** A scan of air, 24 x 28 x 32 voxels of 2 mm, with one bright voxel in the middle of each nodule. */
function scanWith(voxels: [number, number, number][], diameterMm = 8): { scan: OpenedScan; findings: Finding[] } {
  const volume = createVolume({
    data: new Int16Array(24 * 28 * 32).fill(-1000),
    shape: [24, 28, 32],
    spacingMm: [2, 2, 2],
    originMm: [-10, 5, 70],
  });
  const findings = voxels.map(([z, y, x]): Finding => {
    volume.data[(z * 28 + y) * 32 + x] = 400;
    const [wx, wy, wz] = voxelToWorld(volume, [z, y, x]);
    return { scan: "a", x: wx, y: wy, z: wz, diameterMm };
  });
  return { scan: opened("a", volume), findings };
}

test("toNetworkRange stretches the window to −1..1 and clips", () => {
  expect([...toNetworkRange([-2000, -1000, -300, 400, 3000], window)]).toEqual([-1, -1, 0, 1, 1]);
});

describe("samplePatch", () => {
  test("a foreground patch holds its nodule: the bright voxel is at the middle of the box", async () => {
    const random = createRandom(1);
    const { scan, findings } = scanWith([
      [2, 3, 4],
      [20, 20, 27],
    ]);
    const boxes = boxesOfFindings(scan.grid, findings);
    for (let i = 0; i < 100; i++) {
      const patch = await samplePatch(scan, boxes, size, window, true, random);
      expect(patch.voxels).toHaveLength(size ** 3);
      const bright = patch.voxels.indexOf(1);
      expect(bright).toBeGreaterThan(0);
      const at = [Math.floor(bright / size ** 2), Math.floor(bright / size) % size, bright % size];
      expect([0, 1, 2].map((axis) => (patch.boxes[axis]! + patch.boxes[axis + 3]!) / 2)).toEqual(at);
      for (const c of at) expect(c >= 3 && c <= 12).toBe(true);
      // Beyond the scan is air.
      expect(patch.voxels.every((value) => value === -1 || value === 1)).toBe(true);
    }
  });

  test("a background patch lies anywhere in the scan, with the boxes that reach into it", async () => {
    const random = createRandom(2);
    const { scan, findings } = scanWith([[12, 14, 16]]);
    const boxes = boxesOfFindings(scan.grid, findings);
    const starts = new Set<number>();
    for (let i = 0; i < 300; i++) {
      const patch = await samplePatch(scan, boxes, size, window, false, random);
      const bright = patch.voxels.indexOf(1);
      if (bright >= 0) expect(patch.boxes).toHaveLength(6);
      if (patch.boxes.length > 0) starts.add(patch.boxes[0]!);
      expect(patch.voxels.every((value) => value === -1 || value === 1)).toBe(true);
    }
    // The scan is 24 voxels deep: a patch of 16 begins at 0 to 8.
    expect([...starts].sort((a, b) => a - b)).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  test("a scan smaller than the patch is in its middle", async () => {
    const volume = createVolume({ data: new Int16Array(8).fill(400), shape: [2, 2, 2], spacingMm: [2, 2, 2] });
    const { voxels, boxes } = await samplePatch(opened("b", volume), new Float32Array(), size, window, true, createRandom(3));
    expect(voxels.filter((value) => value === 1)).toHaveLength(8);
    expect(voxels[7 * size ** 2 + 7 * size + 7]).toBe(1);
    expect(boxes).toHaveLength(0);
  });
});

const anchors = generateAnchors({
  shape: [size, size, size],
  levels: [
    {
      stride: 4,
      sizes: [
        [3, 3, 3],
        [5, 5, 5],
      ],
    },
  ],
});
const center = (box: ArrayLike<number>, at = 0): number[] => [0, 1, 2].map((axis) => (box[at + axis]! + box[at + axis + 3]!) / 2);

test("turnCube does to an array what transformVolume does to a tensor, under all 48 symmetries", () => {
  const cube = Float32Array.from({ length: 27 }, (_, i) => i);
  for (const view of cubeSymmetries()) {
    const expected = tf.tidy(() => transformVolume(tf.tensor5d(cube, [1, 3, 3, 3, 1]), view).dataSync());
    expect(turnCube(cube, 3, view)).toEqual(expected);
  }
});

describe("targetsOf and stackLabeled", () => {
  const cubeWith = (bright: [number, number, number]): Float32Array => {
    const voxels = new Float32Array(size ** 3).fill(-1);
    voxels[(bright[0] * size + bright[1]) * size + bright[2]] = 1;
    return voxels;
  };
  const seen = (voxels: Float32Array, boxes: number[], view: Symmetry, method: "iou" | "center" | "atss"): Patch => ({
    voxels: turnCube(voxels, size, view),
    targets: targetsOf(transformBoxes(boxes, [size, size, size], view), { size, anchors, matching: { method } }),
  });

  test("voxels, boxes and anchors move together under all 48 symmetries", () => {
    const views = cubeSymmetries();
    const patches = views.map((view) => seen(cubeWith([3, 10, 5]), [1, 8, 3, 5, 12, 7], view, "iou"));
    const batch = stackLabeled(patches, size);
    expect(batch.patches.shape).toEqual([48, size, size, size, 1]);
    expect(batch.deltas.shape).toEqual([48, anchors.count, 6]);
    const voxels = batch.patches.dataSync();
    const [positives, deltas] = [batch.positives.dataSync(), batch.deltas.dataSync()];
    for (const v of views.keys()) {
      const bright = voxels.subarray(v * size ** 3, (v + 1) * size ** 3).indexOf(1);
      const at = [Math.floor(bright / size ** 2), Math.floor(bright / size) % size, bright % size];
      let found = 0;
      for (let a = 0; a < anchors.count; a++) {
        if (positives[v * anchors.count + a] !== 1) continue;
        found++;
        // Decoded, each positive anchor says where the bright voxel is: delta times the anchor's edge from its center.
        const from = center(anchors.boxes, 6 * a);
        for (const axis of [0, 1, 2]) {
          const edge = anchors.boxes[6 * a + axis + 3]! - anchors.boxes[6 * a + axis]!;
          const delta = deltas[(v * anchors.count + a) * 6 + axis]!;
          expect(from[axis]! + delta * edge).toBeCloseTo(at[axis]!, 4);
        }
      }
      expect(found).toBeGreaterThan(0);
    }
    tf.dispose(Object.values(batch));
  });

  test("a box whose middle is cut off is neither background nor an object", () => {
    const still = drawSymmetry("none", () => 0);
    for (const method of ["center", "iou", "atss"] as const) {
      const batch = stackLabeled(
        [seen(cubeWith([0, 0, 0]), [5, 5, 14, 9, 9, 19], still, method), seen(cubeWith([0, 0, 0]), [], still, method)],
        size,
      );
      const [weights, targets] = [batch.weights.dataSync(), batch.targets.dataSync()];
      expect(targets.every((t) => t === 0)).toBe(true);
      const ignored = [...weights.subarray(0, anchors.count).entries()].filter(([, weight]) => weight === 0).map(([a]) => a);
      expect(ignored.length).toBeGreaterThan(0);
      // What is ignored lies at that border.
      for (const a of ignored) expect(center(anchors.boxes, 6 * a)[2]).toBeGreaterThan(8);
      expect(weights.subarray(anchors.count).every((weight) => weight === 1)).toBe(true);
      tf.dispose(Object.values(batch));
    }
  });
});

describe("makePatch", () => {
  const { scan, findings } = scanWith([[12, 14, 16]]);
  const store = { open: async () => scan };
  const recipe: PatchRecipe = { size, windowHu: window, foreground: 1, symmetries: "cube", anchors, matching: { method: "center" } };
  const job = (seed: number, own?: Finding[]) => ({
    scan: { id: "a", path: "a" },
    random: createRandom(seed).snapshot(),
    ...(own && { findings: own }),
  });

  test("a labeled patch has its nodule and positive anchors at it, an unlabeled one has voxels alone; the same for the same stream", async () => {
    for (let seed = 0; seed < 20; seed++) {
      const patch: Patch = await makePatch(job(seed, findings), recipe, store);
      const bright = patch.voxels.indexOf(1);
      const at = [Math.floor(bright / size ** 2), Math.floor(bright / size) % size, bright % size];
      const positive = [...patch.targets!.positives.entries()].filter(([, value]) => value === 1).map(([a]) => a);
      expect(positive.length).toBeGreaterThan(0);
      for (const a of positive) expect(Math.hypot(...center(anchors.boxes, 6 * a).map((c, i) => c - at[i]!))).toBeLessThan(6);
      expect(await makePatch(job(seed, findings), recipe, store)).toEqual(patch);
    }
    const unlabeled: Patch = await makePatch(job(1), recipe, store);
    expect(unlabeled.voxels).toHaveLength(size ** 3);
    expect(unlabeled.targets).toBeUndefined();
  });

  test("a labeled scan without nodules gives background", async () => {
    const patch: Patch = await makePatch(job(4, []), recipe, store);
    expect(patch.targets!.positives.every((value) => value === 0)).toBe(true);
    expect(patch.targets!.weights.every((value) => value === 1)).toBe(true);
  });

  test("the chosen share of the labeled patches is cut around a nodule", async () => {
    // A nodule in the corner, where the middle of no patch that lies inside of the scan comes: only those around it reach beyond the scan.
    const corner = scanWith([[0, 0, 0]]);
    let around = 0;
    for (let seed = 0; seed < 400; seed++) {
      const { voxels }: Patch = await makePatch(
        job(seed, corner.findings),
        { ...recipe, foreground: 0.25, symmetries: "none" },
        { open: async () => corner.scan },
      );
      const bright = voxels.indexOf(1);
      if (bright > 0) around++;
    }
    // Binomial: 100 ± 3 × 8.7.
    expect(around).toBeGreaterThan(74);
    expect(around).toBeLessThan(126);
  });
});

describe("drawSymmetry", () => {
  const drawn = (kind: "cube" | "flips" | "none"): number => {
    const random = createRandom(5);
    return new Set(Array.from({ length: 500 }, () => JSON.stringify(drawSymmetry(kind, random)))).size;
  };
  test("draws the 48 of the cube, the 8 flips, or nothing", () =>
    expect([drawn("cube"), drawn("flips"), drawn("none")]).toEqual([48, 8, 1]));
});
