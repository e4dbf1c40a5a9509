import fc from "fast-check";
import { expect, test } from "vitest";
import { createRandom, createSampler, restoreRandom, restoreSampler, shuffled } from "../src/index.js";

const seeds = fc.maxSafeNat();

test("a snapshot, through JSON, continues the stream", () => {
  fc.assert(
    fc.property(seeds, fc.nat(20), fc.string(), (seed, before, label) => {
      const random = createRandom(seed).fork(label);
      for (let i = 0; i < before; i++) random();
      const again = restoreRandom(JSON.parse(JSON.stringify(random.snapshot())));
      for (let i = 0; i < 5; i++) expect(again()).toBe(random());
    }),
  );
});

test("shuffling keeps the values", () => {
  fc.assert(
    fc.property(seeds, fc.array(fc.integer()), (seed, values) => {
      const sort = (x: number[]): number[] => [...x].sort((a, b) => a - b);
      expect(sort(shuffled(values, createRandom(seed)))).toEqual(sort(values));
    }),
  );
});

test("a sampler gives each index once a pass, however it is asked, and continues from a snapshot", () => {
  fc.assert(
    fc.property(seeds, fc.integer({ min: 1, max: 20 }), fc.array(fc.nat(30), { maxLength: 8 }), (seed, size, counts) => {
      const sampler = createSampler(size, createRandom(seed));
      const drawn = counts.flatMap((count) => sampler.next(count));
      const again = restoreSampler(JSON.parse(JSON.stringify(sampler.snapshot())));
      const rest = sampler.next(2 * size);
      expect(again.next(2 * size)).toEqual(rest);
      const all = [...drawn, ...rest];
      for (let pass = 0; (pass + 1) * size <= all.length; pass++) {
        expect(new Set(all.slice(pass * size, (pass + 1) * size)).size).toBe(size);
      }
    }),
  );
});

test("a sampler of nothing and a snapshot that is none are refused", () => {
  const random = createRandom(0);
  for (const size of [0, -1, 1.5]) expect(() => createSampler(size, random)).toThrow(RangeError);
  const good = createSampler(3, random).snapshot();
  for (const bad of [{ order: [0, 0, 1] }, { order: [] }, { position: 4 }, { position: -1 }]) {
    expect(() => restoreSampler({ ...good, ...bad })).toThrow(RangeError);
  }
});
