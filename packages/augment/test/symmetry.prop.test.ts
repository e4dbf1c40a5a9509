import fc from "fast-check";
import { expect, it } from "vitest";
import { composeSymmetries, cubeSymmetries, inverseSymmetry, randomSymmetry, type Symmetry } from "../src/index.js";
import { anyRandom, anySymmetry } from "./helpers.js";

/** The symmetry as the matrix that takes centered input coordinates to output coordinates. */
const matrix = ({ axes, flips }: Symmetry): number[][] =>
  axes.map((axis, i) => [0, 1, 2].map((column) => (column === axis ? (flips[i] ? -1 : 1) : 0)));
const multiply = (a: number[][], b: number[][]): number[][] =>
  a.map((row) => [0, 1, 2].map((j) => row.reduce((sum, value, k) => sum + value * b[k]![j]!, 0) + 0));
const identity = [
  [1, 0, 0],
  [0, 1, 0],
  [0, 0, 1],
];

it("is a group of 48 different signed permutations, half of them rotations", () => {
  const all = cubeSymmetries();
  expect(new Set(all.map((s) => JSON.stringify(matrix(s)))).size).toBe(48);
  const determinant = (m: number[][]): number =>
    [0, 1, 2].reduce(
      (sum, i) => sum + m[0]![i]! * (m[1]![(i + 1) % 3]! * m[2]![(i + 2) % 3]! - m[1]![(i + 2) % 3]! * m[2]![(i + 1) % 3]!),
      0,
    );
  expect(all.filter((s) => determinant(matrix(s)) === 1).length).toBe(24);
  expect(all.slice(0, 8).every((s) => s.axes.join() === "0,1,2")).toBe(true);
});

it("composes as matrices multiply, and the inverse undoes on both sides", () => {
  fc.assert(
    fc.property(anySymmetry, anySymmetry, (first, second) => {
      expect(matrix(composeSymmetries(first, second))).toEqual(multiply(matrix(second), matrix(first)));
      expect(matrix(composeSymmetries(first, inverseSymmetry(first)))).toEqual(identity);
      expect(matrix(composeSymmetries(inverseSymmetry(first), first))).toEqual(identity);
      expect(inverseSymmetry(inverseSymmetry(first))).toEqual(first);
    }),
  );
});

it("draws each symmetry, or each flip, equally often", () => {
  fc.assert(
    fc.property(anyRandom, (random) => {
      const counts = new Map<string, number>();
      for (let i = 0; i < 4800; i++) {
        const key = JSON.stringify(randomSymmetry(random));
        counts.set(key, (counts.get(key) ?? 0) + 1);
      }
      expect(counts.size).toBe(48);
      // 100 expected, standard deviation 9.9.
      expect(Math.min(...counts.values())).toBeGreaterThan(45);
      expect(Math.max(...counts.values())).toBeLessThan(165);
      const flips = Array.from({ length: 200 }, () => randomSymmetry(random, { permute: false }));
      expect(flips.every((s) => s.axes.join() === "0,1,2")).toBe(true);
      expect(new Set(flips.map((s) => s.flips.join())).size).toBe(8);
    }),
    { numRuns: 10 },
  );
});

it("refuses axes that are no order", () => {
  const bad = { axes: [0, 0, 1], flips: [false, false, false] } as unknown as Symmetry;
  expect(() => inverseSymmetry(bad)).toThrow(new RangeError("axes is [0,0,1]; expected an order of 0, 1, 2"));
  expect(() => composeSymmetries(bad, bad)).toThrow(RangeError);
});
