import { copyOf, type Image, type ImageShape, type Pixels, requireImage } from "./image.js";

/** The gray of the data sets' mean color that the authors of FixMatch and FlexMatch fill with. */
const gray = [125, 123, 114] as const;

/** Paints over rows top..bottom−1 and columns left..right−1, in place. */
export function paint(
  data: Pixels,
  [, width, channels]: ImageShape,
  [top, left, bottom, right]: readonly [number, number, number, number],
  color: ArrayLike<number>,
): void {
  for (let y = top; y < bottom; y++) {
    for (let x = left, at = (y * width + left) * channels; x < right; x++) {
      for (let c = 0; c < channels; c++, at++) data[at] = color[c]!;
    }
  }
}

/** The color to paint with: the wanted one, or gray for three channels and 0 for others. */
function colorFor(channels: number, fill?: ArrayLike<number>): ArrayLike<number> {
  const color = fill ?? (channels === 3 ? gray : new Array<number>(channels).fill(0));
  if (color.length !== channels) throw new RangeError(`fill has ${color.length} values; expected ${channels}, one for each channel`);
  return color;
}

/** Erases in place what `eraseSquare` does. */
function eraseInPlace({ data, shape }: Image, [y, x]: readonly [y: number, x: number], side: number, fill?: ArrayLike<number>): void {
  const color = colorFor(shape[2], fill);
  if (!(side > 0)) return;
  const [top, left] = [Math.floor(Math.max(0, y - side / 2)), Math.floor(Math.max(0, x - side / 2))];
  paint(data, shape, [top, left, Math.min(shape[0], Math.floor(top + side) + 1), Math.min(shape[1], Math.floor(left + side) + 1)], color);
}

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
  if (![...center, side].every(Number.isFinite)) throw new RangeError(`center is [${center}] and side ${side}; expected finite numbers`);
  const out = { ...image, data: copyOf(image.data) };
  eraseInPlace(out, center, side, fill);
  return out;
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
  requireImage(image);
  const out = { ...image, data: copyOf(image.data) };
  cutOutInPlace(out, options);
  return out;
}

/** Cuts out in place, for the images of this package's own making. */
export function cutOutInPlace(image: Image, { random, maxSide = 0.5, fill }: CutoutOptions): void {
  if (!(maxSide >= 0 && maxSide <= 1)) throw new RangeError(`maxSide is ${maxSide}; expected a number in 0..1`);
  const side = random() * maxSide * image.shape[1];
  eraseInPlace(image, [random() * image.shape[0], random() * image.shape[1]], side, fill);
}
