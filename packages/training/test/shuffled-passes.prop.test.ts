import fc from "fast-check";
import { expect, test } from "vitest";
import { createRandom, createShuffledPasses } from "../src/index.js";

const sequences = fc.record({ seed: fc.maxSafeNat(), size: fc.integer({ min: 1, max: 40 }), replacement: fc.boolean() });
const create = ({ seed, size, replacement }: { seed: number; size: number; replacement: boolean }) =>
  createShuffledPasses(size, createRandom(seed).fork("x"), { replacement });

test("any split of a range gives the same draws", () => {
  fc.assert(
    fc.property(sequences, fc.nat(3000), fc.array(fc.nat(100), { maxLength: 8 }), (sequence, start, counts) => {
      const draws = create(sequence);
      let at = start;
      const pieces = counts.flatMap((count) => {
        at += count;
        return Array.from(draws(at - count, count));
      });
      expect(pieces).toEqual(Array.from(create(sequence)(start, at - start)));
    }),
  );
});

test("draws do not depend on what was asked before, nor on its order", () => {
  fc.assert(
    fc.property(sequences, fc.array(fc.tuple(fc.nat(5000), fc.nat(60)), { minLength: 1, maxLength: 8 }), (sequence, ranges) => {
      const draws = create(sequence);
      for (const [start, count] of ranges) expect(draws(start, count)).toEqual(create(sequence)(start, count));
    }),
  );
});

test("each pass is a permutation", () => {
  fc.assert(
    fc.property(sequences, fc.nat(1000), ({ seed, size }, pass) => {
      const order = create({ seed, size, replacement: false })(pass * size, size);
      expect(Array.from(order.sort())).toEqual(Array.from({ length: size }, (_, i) => i));
    }),
  );
});

test("draws with replacement are indices", () => {
  fc.assert(
    fc.property(sequences, fc.maxSafeNat(), ({ seed, size }, start) => {
      const draws = create({ seed, size, replacement: true })(Math.min(start, Number.MAX_SAFE_INTEGER - 50), 50);
      expect(draws.every((index) => index >= 0 && index < size)).toBe(true);
    }),
  );
});
