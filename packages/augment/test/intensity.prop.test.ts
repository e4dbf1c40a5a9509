import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { expect, it } from "vitest";
import { adjustIntensity, drawIntensityChange } from "../src/index.js";
import { anyRandom, expectClose, onEachBackend, seeded } from "./helpers.js";

const real = (min: number, max: number) => fc.double({ min, max, noNaN: true });
const values = fc.array(real(-2, 3), { minLength: 1, maxLength: 10 });
const ranges = fc.tuple(real(-1000, 100), real(0.5, 500)).map(([low, width]): [number, number] => [low, low + width]);

onEachBackend(() => {
  it("is the formula and stays in the range", () => {
    fc.assert(
      fc.property(values, ranges, real(0, 2), real(-1, 1), real(0.3, 3), (units, range, scale, shift, gamma) => {
        const [low, high] = range;
        const clip = (u: number): number => Math.min(1, Math.max(0, u));
        const x = units.map((u) => low + u * (high - low));
        const out = tf.tidy(() => adjustIntensity(tf.tensor1d(x), { scale, shift, gamma, range }).dataSync());
        const expected = units.map((u) => low + (high - low) * clip(scale * (u - 0.5) + 0.5 + shift) ** gamma);
        // A gamma below 1 is steep at black, where it magnifies the rounding of the float32 inputs.
        expectClose(out, expected, (high - low) * 0.03 + 1e-3);
        for (const value of out) expect(value >= low - 1e-3 && value <= high + 1e-3).toBe(true);
      }),
    );
  });

  it("is the identity by default, on values in the range", () => {
    tf.tidy(() => {
      const x = tf.tensor2d([[0, 0.3, 1]]);
      const same = adjustIntensity(x, {});
      expect(same.arraySync()).toEqual(x.arraySync());
      expect(same.id).not.toBe(x.id);
    });
  });

  it("adds noise of the wanted strength, and stays in the range", () => {
    tf.tidy(() => {
      const noisy = adjustIntensity(tf.fill([20000], 0.5), { noise: 0.1, random: seeded(5) });
      const { mean, variance } = tf.moments(noisy);
      expectClose(mean.dataSync(), [0.5], 5 * (0.1 / Math.sqrt(20000)));
      expectClose(variance.dataSync(), [0.01], 0, 0.05);
      const strong = adjustIntensity(tf.fill([1000], 0.9), { noise: 2, random: seeded(6) }).dataSync();
      expect(Math.min(...strong)).toBe(0);
      expect(Math.max(...strong)).toBe(1);
    });
  });

  it("names what is wrong with its arguments", () => {
    tf.tidy(() => {
      const x = tf.zeros([1]);
      expect(() => adjustIntensity(x, { gamma: 0 })).toThrow(new RangeError("gamma is 0; expected a number above 0"));
      expect(() => adjustIntensity(x, { scale: -1 })).toThrow(/scale is -1/);
      expect(() => adjustIntensity(x, { shift: Number.NaN })).toThrow(/shift is NaN/);
      expect(() => adjustIntensity(x, { noise: 0.1 })).toThrow(/random is missing/);
      expect(() => adjustIntensity(x, { noise: -0.1 })).toThrow(/noise is -0.1/);
      expect(() => adjustIntensity(x, { range: [1, 1] })).toThrow(/range is \[1,1\]/);
    });
  });
});

it("draws changes within their ranges", () => {
  fc.assert(
    fc.property(anyRandom, real(0, 1), real(0, 1), real(0, 2), real(0, 1), (random, scale, shift, gamma, noise) => {
      const change = drawIntensityChange(random, { scale, shift, gamma, noise });
      expect(Math.abs(change.scale - 1)).toBeLessThanOrEqual(scale);
      expect(Math.abs(change.shift)).toBeLessThanOrEqual(shift);
      expect(Math.abs(Math.log(change.gamma))).toBeLessThanOrEqual(Math.log(1 + gamma) + 1e-12);
      expect(change.noise >= 0 && change.noise <= noise).toBe(true);
    }),
  );
  expect(() => drawIntensityChange(Math.random, { scale: 2 })).toThrow(/scale is 2/);
  expect(() => drawIntensityChange(Math.random, { noise: -1 })).toThrow(/noise is -1/);
});
