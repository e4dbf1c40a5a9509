import { type Image, requireImage } from "./image.js";

/** The gray of the data sets' mean color that the authors of FixMatch and FlexMatch fill with. */
const gray = [125, 123, 114] as const;

/**
 * An image with a square painted over.
 *
 * The square reaches from ⌊center − side/2⌋, at least 0, to that plus ⌊side⌋ inclusive, as in FlexMatch's code; the border cuts it off.
 *
 * @param image any channels, integers or floats
 * @param center [y, x] in pixels from the upper left corner
 * @param side in pixels; 0 or less changes nothing
 * @param fill a value for each channel; default a mean gray for three channels, 0 for others
 * @returns a new image
 * @throws RangeError if a number is not finite, the fill does not fit the channels, or the shape the data
 *
 * @example
 * ```ts
 * import { eraseSquare } from "@gleaner/augment";
 * eraseSquare({ data: Uint8Array.of(9, 9, 9, 9), shape: [1, 4, 1] }, [0, 2], 1.5, [0]).data; // => [9, 0, 0, 9]
 * ```
 */
export function eraseSquare<I extends Image>(image: I, center: readonly [y: number, x: number], side: number, fill?: ArrayLike<number>): I {
  requireImage(image);
  const [height, width, channels] = image.shape;
  const color = fill ?? (channels === 3 ? gray : new Array<number>(channels).fill(0));
  if (color.length !== channels) throw new RangeError(`fill has ${color.length} values; expected ${channels}, one for each channel`);
  if (![...center, side].every(Number.isFinite)) throw new RangeError(`center is [${center}] and side ${side}; expected finite numbers`);
  const data = image.data.slice();
  if (side > 0) {
    const top = Math.floor(Math.max(0, center[0] - side / 2));
    const left = Math.floor(Math.max(0, center[1] - side / 2));
    const bottom = Math.min(height - 1, Math.floor(top + side));
    const right = Math.min(width - 1, Math.floor(left + side));
    for (let y = top; y <= bottom; y++) {
      for (let x = left; x <= right; x++) data.set(color, (y * width + x) * channels);
    }
  }
  return { ...image, data };
}

export interface CutoutOptions {
  /** Draws in 0..1, 1 excluded; called three times. */
  random: () => number;
  /** The largest side in parts of the width, in 0..1. Default 0.5. */
  maxSide?: number;
  /** A value for each channel; default a mean gray for three channels, 0 for others. */
  fill?: ArrayLike<number>;
}

/**
 * An image with a square of random size at a random place painted over (DeVries and Taylor, 2017).
 *
 * The side is uniform in 0..maxSide·width, the center uniform over the image. (In FlexMatch's code the center is never in the first pixel, by a slip.)
 *
 * @throws RangeError if `maxSide` is not in 0..1, the fill does not fit the channels, or the shape the data
 *
 * @example
 * ```ts
 * import { cutout } from "@gleaner/augment";
 * const image = { data: new Uint8Array(16).fill(200), shape: [4, 4, 1] };
 * cutout(image, { random: () => 0.5, fill: [0] }).data; // => [200, 200, 200, 200, 200, 0, 0, 200, 200, 0, 0, 200, 200, 200, 200, 200]
 * ```
 */
export function cutout<I extends Image>(image: I, options: CutoutOptions): I {
  const { random, maxSide = 0.5, fill } = options;
  if (!(maxSide >= 0 && maxSide <= 1)) throw new RangeError(`maxSide is ${maxSide}; expected a number in 0..1`);
  requireImage(image);
  const side = random() * maxSide * image.shape[1];
  return eraseSquare(image, [random() * image.shape[0], random() * image.shape[1]], side, fill);
}
