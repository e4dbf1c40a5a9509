import { createRandom } from "@gleaner/training";
import { describe, expect, test } from "vitest";
import { createAnatomy } from "../../src/phantom/anatomy.js";
import { growTree } from "../../src/phantom/branching.js";
import { createCanvas, type Point } from "../../src/phantom/canvas.js";
import { poisson, weighted } from "../../src/phantom/draw.js";
import { lump } from "../../src/phantom/nodules.js";
import { blur, grain } from "../../src/phantom/scanner.js";
import { createSmoothNoise } from "../../src/phantom/smooth-noise.js";

const sum = (values: ArrayLike<number>): number => Array.from(values).reduce((a, b) => a + b, 0);

describe("canvas", () => {
  const grid = {
    shape: [24, 24, 24] as [number, number, number],
    spacingMm: [1, 1, 1] as [number, number, number],
    startMm: [0, 0, 0] as [number, number, number],
  };

  test("a capsule covers its cross-section, also where it is thinner than a voxel", () => {
    for (const radius of [0.2, 0.4, 1, 3]) {
      const canvas = createCanvas(grid);
      canvas.capsule([-20, 11.5, 11.5], [44, 11.5, 11.5], radius, radius);
      const perSlice = sum(canvas.coverage) / 24;
      expect(perSlice / (Math.PI * radius * radius)).toBeGreaterThan(0.85);
      expect(perSlice / (Math.PI * radius * radius)).toBeLessThan(1.15);
    }
  });

  test("a ball covers its volume, and filling blends once and forgets", () => {
    const canvas = createCanvas(grid);
    const ball = (x: number, y: number, z: number): number => Math.hypot(x - 12, y - 12, z - 12) - 5;
    canvas.shape([12, 12, 12], 7, ball);
    canvas.shape([12, 12, 12], 7, ball);
    expect(sum(canvas.coverage) / ((4 / 3) * Math.PI * 125)).toBeCloseTo(1, 1);
    canvas.fill(40);
    expect(Math.max(...canvas.values)).toBe(40);
    expect(Math.max(...canvas.coverage)).toBe(0);
    const before = canvas.values.slice();
    canvas.fill(500);
    expect(canvas.values).toEqual(before);
  });

  test("shapes outside of the grid are no matter", () => {
    const canvas = createCanvas(grid);
    canvas.capsule([100, 0, 0], [120, 0, 0], 3, 3);
    canvas.shape([-50, 0, 0], 5, () => -1);
    canvas.fill(100);
    expect(Math.max(...canvas.values)).toBe(-1000);
  });
});

describe("growTree", () => {
  test("reaches every terminal by branches that hang together and get thinner", () => {
    const random = createRandom(4);
    const terminals = Array.from({ length: 200 }, (): Point => [100 * random(), 100 * random(), 100 * random()]);
    const root: Point = [0, 50, 50];
    const branches = growTree({ root, direction: [1, 0, 0], terminals, terminalRadiusMm: 0.5, maxRadiusMm: 6, stepMm: 5, random });
    const key = (point: Point): string => point.map((v) => v.toFixed(6)).join();
    const ends = new Map(branches.map((branch) => [key(branch.curve.at(-1)!), branch]));
    for (const terminal of terminals) expect(ends.has(key(terminal))).toBe(true);
    for (const branch of branches) {
      expect(branch.to).toBeLessThanOrEqual(branch.from);
      const parent = ends.get(key(branch.curve[0]!));
      if (parent) expect(branch.from).toBeLessThanOrEqual(parent.to + 1e-9);
      else expect(branch.curve[0]).toEqual(root);
    }
    expect(branches).toHaveLength(2 * terminals.length - 1);
    expect(growTree({ root, direction: [1, 0, 0], terminals: [], terminalRadiusMm: 1, maxRadiusMm: 5, stepMm: 5, random })).toEqual([]);
  });
});

describe("anatomy", () => {
  const anatomy = createAnatomy(1, 12, createRandom(1));

  test("there are two lungs with the heart, the spine and the liver outside of them", () => {
    for (const x of [-75, 80]) expect(anatomy.lungDistance(x, 0, 20)).toBeLessThan(-10);
    const { heart } = anatomy;
    expect(anatomy.lungDistance(heart.x, heart.y, heart.z)).toBeGreaterThan(10);
    expect(anatomy.lungDistance(0, 60, 0)).toBeGreaterThan(5);
    expect(anatomy.lungDistance(-60, 0, -110)).toBeGreaterThan(5);
    expect(anatomy.lungDistance(0, 0, 200)).toBeGreaterThan(0);
    expect(anatomy.lungDistance(150, 0, 0)).toBeGreaterThan(5);
  });

  test("distances along the ribs are about millimeters", () => {
    const { width } = anatomy.cage(20);
    const at = (mm: number): number => anatomy.lungDistance(-width + mm, 0, 20);
    expect((at(14) - at(24)) / 10).toBeGreaterThan(0.8);
    expect((at(14) - at(24)) / 10).toBeLessThan(1.2);
  });
});

describe("scanner", () => {
  test("blur keeps a constant, and the sum of what is far from the edge", () => {
    expect(blur(new Float32Array(1000).fill(7), [10, 10, 10], [1, 2, 0.5]).every((v) => Math.abs(v - 7) < 1e-4)).toBe(true);
    const spot = new Float32Array(21 ** 3);
    spot[(10 * 21 + 10) * 21 + 10] = 1;
    const blurred = blur(spot, [21, 21, 21], [1, 1.5, 1]);
    expect(sum(blurred)).toBeCloseTo(1, 5);
    // Variance along y of a Gaussian cut at 2.6 sigma.
    let variance = 0;
    for (let i = 0; i < blurred.length; i++) variance += blurred[i]! * ((Math.floor(i / 21) % 21) - 10) ** 2;
    expect(variance).toBeGreaterThan(1.5 ** 2 * 0.85);
    expect(variance).toBeLessThan(1.5 ** 2 * 1.02);
  });

  test("blur without width copies", () => {
    const data = new Float32Array([1, 2, 3, 4]);
    const copy = blur(data, [1, 2, 2], [0, 0, 0]);
    expect(copy).toEqual(data);
    expect(copy).not.toBe(data);
  });

  test("grain has mean 0 and deviation 1", () => {
    const noise = grain([24, 24, 24], [0.4, 0.6, 0.6], createRandom(2));
    expect(sum(noise) / noise.length).toBeCloseTo(0, 1);
    expect(sum(noise.map((v) => v * v)) / noise.length).toBeCloseTo(1, 4);
  });
});

describe("draws", () => {
  test("poisson and weighted have their means", () => {
    const random = createRandom(3);
    const draws = 4000;
    let count = 0;
    let first = 0;
    for (let i = 0; i < draws; i++) {
      count += poisson(1.2, random);
      if (weighted({ a: 3, b: 1 }, random) === "a") first++;
    }
    expect(count / draws).toBeCloseTo(1.2, 1);
    expect(first / draws).toBeCloseTo(0.75, 1);
  });

  test("smooth noise has about deviation 1 and neighbors that agree", () => {
    const noise = createSmoothNoise(10, createRandom(5));
    const random = createRandom(6);
    let power = 0;
    let step = 0;
    for (let i = 0; i < 4000; i++) {
      const [x, y, z] = [300 * random(), 300 * random(), 300 * random()];
      power += noise(x, y, z) ** 2;
      step += (noise(x, y, z) - noise(x + 0.5, y, z)) ** 2;
    }
    expect(power / 4000).toBeGreaterThan(0.6);
    expect(power / 4000).toBeLessThan(1.6);
    expect(step / power).toBeLessThan(0.05);
  });

  test("a lump has the radius asked for, on average over directions", () => {
    for (let seed = 0; seed < 8; seed++) {
      const distance = lump([0, 0, 0], 5, 0.3, createRandom(seed));
      let inside = 0;
      for (let z = -9; z <= 9; z++) for (let y = -9; y <= 9; y++) for (let x = -9; x <= 9; x++) if (distance(x, y, z) < 0) inside++;
      expect(Math.cbrt((inside * 3) / (4 * Math.PI))).toBeGreaterThan(4.7);
      expect(Math.cbrt((inside * 3) / (4 * Math.PI))).toBeLessThan(5.4);
    }
  });
});
