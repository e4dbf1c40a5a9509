import { cutout } from "./cutout.js";
import { type Image, requireImage } from "./image.js";
import { type ByteImage, type OperationName, operations } from "./image-operations.js";

function requireBytes(image: Image): void {
  requireImage(image);
  if (image.data.BYTES_PER_ELEMENT !== 1) throw new TypeError("data holds floats; expected bytes, 0..255");
  if (image.shape[2] !== 1 && image.shape[2] !== 3) throw new RangeError(`image has ${image.shape[2]} channels; expected 1 or 3`);
}

/**
 * One of RandAugment's operations on an image, as Pillow computes it: nearest pixels, black outside.
 *
 * | name | value | range in FlexMatch |
 * |---|---|---|
 * | Brightness, Color, Contrast, Sharpness | 1 leaves the image, 0 is black, gray, flat, smooth | 0.05..0.95 |
 * | Posterize | bits that are kept, cut to an integer | 4..8 |
 * | Rotate | degrees, counterclockwise | −30..30 |
 * | ShearX, ShearY | shift per pixel of the other axis, from the upper left corner | −0.3..0.3 |
 * | Solarize | values from here on are inverted | 0..256 |
 * | TranslateX, TranslateY | parts of the side, to the left or up | −0.3..0.3 |
 * | AutoContrast, Equalize, Identity | unused | |
 *
 * (Cubuk et al., RandAugment, 2020.)
 *
 * @param image bytes, one channel or three
 * @returns a new image
 * @throws RangeError for an unknown name, a value that is not finite, other channels, or a shape that does not fit; TypeError for floats
 *
 * @example
 * ```ts
 * import { applyOperation } from "@gleaner/augment";
 * const image = { data: Uint8Array.of(10, 100, 200), shape: [1, 3, 1] };
 * applyOperation(image, "Solarize", 128).data; // => [10, 100, 55]
 * applyOperation(image, "TranslateX", 1 / 3).data; // => [100, 200, 0]
 * ```
 */
export function applyOperation<I extends ByteImage>(image: I, name: OperationName, value: number): I {
  requireBytes(image);
  if (!Object.hasOwn(operations, name)) throw new RangeError(`name is ${name}; expected one of ${Object.keys(operations).join(", ")}`);
  if (!Number.isFinite(value)) throw new RangeError(`value is ${value}; expected a finite number`);
  return operations[name].apply(image, value) as I;
}

export interface RandAugmentOptions {
  /** Draws in 0..1, 1 excluded. */
  random: () => number;
  /** How many operations, drawn with replacement. Default 3. */
  count?: number;
  /** The largest side of the cutout in parts of the width; 0 for none. Default 0.5. */
  cutoutSide?: number;
  /** What the cutout paints, a value for each channel; default a mean gray for three channels, 0 for one. */
  fill?: ArrayLike<number>;
}

/**
 * The strong view of an image as FlexMatch takes it: three random operations of 14, each at a value drawn from its range, and a cutout.
 *
 * Apply it to a weak view. (Cubuk et al., RandAugment, 2020; in FixMatch and FlexMatch the magnitude is drawn anew each time instead of being tuned.)
 *
 * @param image bytes, one channel or three
 * @throws RangeError if `count` is no integer ≥ 0 or `cutoutSide` not in 0..1, or for an image that the operations refuse; TypeError for floats
 *
 * @example
 * ```ts
 * import { randAugment } from "@gleaner/augment";
 * const image = { data: new Uint8Array(3 * 32 * 32).fill(90), shape: [32, 32, 3] };
 * randAugment(image, { random: Math.random }).shape; // => [32, 32, 3]
 * ```
 */
export function randAugment<I extends ByteImage>(image: I, options: RandAugmentOptions): I {
  const { random, count = 3, cutoutSide = 0.5, fill } = options;
  requireBytes(image);
  if (!Number.isInteger(count) || count < 0) throw new RangeError(`count is ${count}; expected an integer of at least 0`);
  const names = Object.keys(operations) as OperationName[];
  let out = image;
  for (let i = 0; i < count; i++) {
    const name = names[Math.min(names.length - 1, Math.floor(random() * names.length))]!;
    const { min, max } = operations[name];
    out = applyOperation(out, name, min + (max - min) * random());
  }
  return cutout(out, { random, maxSide: cutoutSide, ...(fill ? { fill } : {}) });
}
