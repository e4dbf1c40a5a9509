import * as tf from "@tensorflow/tfjs-core";
import { drawNormal } from "./draws.js";

export interface IntensityChange {
  /** Contrast: factor about the middle of the range. Default 1. */
  scale?: number;
  /** Brightness: added, in parts of the range. Default 0. */
  shift?: number;
  /** Exponent γ > 0 on values taken as 0..1. Default 1. */
  gamma?: number;
  /** Standard deviation of Gaussian noise, in parts of the range; needs `random`. Default 0. */
  noise?: number;
  /** Draws in 0..1, 1 excluded, for the noise: two a value. */
  random?: () => number;
  /** The values that stand for black and white. Default [0, 1]. */
  range?: readonly [number, number];
}

/**
 * A batch with other contrast, brightness, gamma and noise, kept in its range.
 *
 * ```
 * u = (x − low)/(high − low);   u' = clip(scale·(u − ½) + ½ + shift, 0, 1)^gamma;   out = low + (high − low)·clip(u' + noise·n, 0, 1),   n ~ N(0, 1)
 * ```
 *
 * A part that is left at its default costs nothing. There is no inverse: targets stay as they are.
 *
 * @param x float32, any shape; values outside the range are clipped to it
 * @returns a new tensor of the same shape
 * @throws RangeError if a number is out of range, or noise is wanted without `random`
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { adjustIntensity } from "@gleaner/augment";
 * const x = tf.tensor1d([0, 0.25, 0.5, 1]);
 * adjustIntensity(x, { scale: 0.5, shift: 0.25 }).arraySync(); // => [0.5, 0.625, 0.75, 1]
 * adjustIntensity(x, { gamma: 2 }).arraySync(); // => [0, 0.0625, 0.25, 1]
 * ```
 */
export function adjustIntensity<T extends tf.Tensor>(x: T, change: IntensityChange): T {
  const { scale = 1, shift = 0, gamma = 1, noise = 0, random, range = [0, 1] } = change;
  const [low, high] = range;
  if (!(Number.isFinite(low) && Number.isFinite(high) && low < high))
    throw new RangeError(`range is [${range}]; expected [low, high] with low < high`);
  for (const [name, value] of Object.entries({ scale, shift, gamma, noise })) {
    if (!Number.isFinite(value)) throw new RangeError(`${name} is ${value}; expected a finite number`);
  }
  if (scale < 0) throw new RangeError(`scale is ${scale}; expected a number of at least 0`);
  if (gamma <= 0) throw new RangeError(`gamma is ${gamma}; expected a number above 0`);
  if (noise < 0) throw new RangeError(`noise is ${noise}; expected a number of at least 0`);
  if (noise > 0 && !random) throw new RangeError("random is missing; expected a generator, since noise is above 0");
  return tf.tidy(() => {
    const unit = low === 0 && high === 1 ? x : tf.div(tf.sub(x, low), high - low);
    // scale·(u − ½) + ½ + shift as one factor and one sum.
    const linear = scale === 1 && shift === 0 ? unit : tf.add(tf.mul(unit, scale), 0.5 - 0.5 * scale + shift);
    let out: tf.Tensor = tf.clipByValue(linear, 0, 1);
    if (gamma !== 1) out = tf.pow(out, gamma);
    if (noise > 0) {
      const draws = Float32Array.from({ length: x.size }, () => noise * drawNormal(random as () => number));
      out = tf.clipByValue(tf.add(out, tf.tensor(draws, x.shape)), 0, 1);
    }
    return (low === 0 && high === 1 ? out : tf.add(tf.mul(out, high - low), low)) as T;
  });
}

/** Ranges that `drawIntensityChange` draws from: each change lies uniformly between 1 − a and 1 + a, or −a and a. */
export interface IntensityRanges {
  /** Scale in 1 − scale..1 + scale, scale in 0..1. Default 0.1. */
  scale?: number;
  /** Shift in −shift..shift. Default 0.1. */
  shift?: number;
  /** γ in 1/(1 + gamma)..1 + gamma, uniformly in its logarithm. Default 0.25. */
  gamma?: number;
  /** Noise in 0..noise. Default 0. */
  noise?: number;
}

/**
 * A random change for `adjustIntensity`.
 *
 * @param random draws in 0..1, 1 excluded; called four times, and kept in the result for the noise
 * @throws RangeError if a range is negative or not finite, or `scale` above 1
 *
 * @example
 * ```ts
 * import { drawIntensityChange } from "@gleaner/augment";
 * const { scale, shift, gamma } = drawIntensityChange(() => 0.75, { scale: 0.1, shift: 0.1, gamma: 0.44 });
 * [scale, shift, gamma]; // => [1.05, 0.05, 1.2]
 * ```
 */
export function drawIntensityChange(random: () => number, ranges: IntensityRanges = {}): Required<Omit<IntensityChange, "range">> {
  const { scale = 0.1, shift = 0.1, gamma = 0.25, noise = 0 } = ranges;
  for (const [name, value] of Object.entries({ scale, shift, gamma, noise })) {
    if (!(value >= 0 && Number.isFinite(value))) throw new RangeError(`${name} is ${value}; expected a finite number of at least 0`);
  }
  if (scale > 1) throw new RangeError(`scale is ${scale}; expected a number in 0..1`);
  const around = (): number => 2 * random() - 1;
  return { scale: 1 + scale * around(), shift: shift * around(), gamma: (1 + gamma) ** around(), noise: noise * random(), random };
}
