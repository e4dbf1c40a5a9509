import fc from "fast-check";
import { expect, test } from "vitest";
import { evenShares, sumInOrder } from "../src/index.js";

test("even shares cover everything once, in order, and differ by one at most", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 500 }), fc.integer({ min: 1, max: 40 }), (count, parts) => {
      const shares = evenShares(count, parts);
      expect(shares).toHaveLength(Math.min(count, parts));
      const covered = shares.flatMap(({ from, to }) => Array.from({ length: to - from }, (_, i) => from + i));
      expect(covered).toEqual(Array.from({ length: count }, (_, i) => i));
      const sizes = shares.map(({ from, to }) => to - from);
      expect(sizes).toEqual(sizes.toSorted((a, b) => b - a));
      if (count > 0) expect(sizes[0]! - sizes.at(-1)!).toBeLessThanOrEqual(1);
    }),
  );
});

test("even shares refuse what is no count", () => {
  expect(() => evenShares(-1, 2)).toThrow(new RangeError("count is -1, expected an integer from 0"));
  expect(() => evenShares(Number.NaN, 2)).toThrow("count is NaN");
  expect(() => evenShares(2, 0)).toThrow(new RangeError("parts is 0, expected an integer from 1"));
  expect(() => evenShares(2, 1.5)).toThrow("parts is 1.5");
});

const numbers = (length: number): fc.Arbitrary<Float32Array> =>
  fc.float32Array({ minLength: length, maxLength: length, min: -1e6, max: 1e6, noNaN: true });

test("sums are within half a unit in the last place of the exact one, whatever the order", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 20 }).chain((length) => fc.array(numbers(length), { minLength: 1, maxLength: 5 })),
      (parts) => {
        const sums = sumInOrder(parts);
        const exact = Array.from(sums, (_, i) => parts.reduce((sum, part) => sum + part[i]!, 0));
        // −0 and 0 are the same sum.
        expect(Array.from(sums, (sum) => sum + 0)).toEqual(exact.map((sum) => Math.fround(sum) + 0));
        for (const [i, value] of sumInOrder(parts.toReversed()).entries())
          expect(Math.abs(value - sums[i]!)).toBeLessThanOrEqual(2 ** -23 * Math.abs(exact[i]!) + 1e-8);
      },
    ),
  );
});

test("a sum of nothing, or of arrays that do not fit, is refused", () => {
  expect(() => sumInOrder([])).toThrow(new RangeError("there are no parts, expected at least one"));
  expect(() => sumInOrder([new Float32Array(2), new Float32Array(3)])).toThrow(
    new RangeError("a part has 3 numbers, expected 2 as the first"),
  );
  expect(sumInOrder([Float32Array.of(Number.NaN, 1), Float32Array.of(1, 1)])).toEqual(Float32Array.of(Number.NaN, 2));
});
