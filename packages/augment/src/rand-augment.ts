import { cutOutInPlace } from "./cutout.js";
import { type ByteImage, blankLike, requireBytes } from "./image.js";
import { applySteps, type OperationName, operations, type Step } from "./image-operations.js";

/** RandAugment's 14 operations, as FixMatch and FlexMatch draw from them (Cubuk et al., RandAugment, 2020; Sohn et al., FixMatch, 2020). */
export const randAugmentOperations: readonly OperationName[] = Object.freeze(Object.keys(operations) as OperationName[]);

function requireName(of: string, name: string): void {
  if (!Object.hasOwn(operations, name)) throw new RangeError(`${of} is ${name}; expected one of ${randAugmentOperations.join(", ")}`);
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
  requireName("name", name);
  if (!Number.isFinite(value)) throw new RangeError(`value is ${value}; expected a finite number`);
  const data = blankLike(image.data);
  operations[name].apply(image.data, data, image.shape, value);
  return { data, shape: image.shape } as I;
}

export interface RandAugmentOptions {
  /** Draws in 0..1, 1 excluded. */
  random: () => number;
  /** How many operations, drawn with replacement. Default 3. */
  count?: number;
  /** What to draw from, a name more than once for more weight. Default `randAugmentOperations`; for gray digits, say, those that move. */
  operations?: readonly OperationName[];
  /** The largest side of the cutout in parts of the width; 0 for none. Default 0.5. */
  cutoutSide?: number;
  /** What the cutout paints, a value for each channel; default a mean gray for three channels, 0 for one. */
  fill?: ArrayLike<number>;
}

/**
 * The strong view of an image as FlexMatch takes it: three random operations of 14, each at a value drawn from its range, and a cutout.
 *
 * `strongView` flips and moves it as well. (Cubuk et al., RandAugment, 2020; in FixMatch and FlexMatch the magnitude is drawn anew each time instead of being
 * tuned.)
 *
 * @param image bytes, one channel or three
 * @throws RangeError if `count` is no integer ≥ 0, `operations` empty or with an unknown name, or `cutoutSide` not in 0..1, or for an image that the operations
 * refuse; TypeError for floats
 *
 * @example
 * ```ts
 * import { randAugment } from "@gleaner/augment";
 * const image = { data: new Uint8Array(3 * 32 * 32).fill(90), shape: [32, 32, 3] };
 * randAugment(image, { random: Math.random }).shape; // => [32, 32, 3]
 * ```
 */
export function randAugment<I extends ByteImage>(image: I, options: RandAugmentOptions): I {
  const { random, count = 3, operations: names = randAugmentOperations, cutoutSide = 0.5, fill } = options;
  requireBytes(image);
  if (!Number.isInteger(count) || count < 0) throw new RangeError(`count is ${count}; expected an integer of at least 0`);
  if (count > 0 && names.length === 0) throw new RangeError("operations is empty; expected at least one name, or a count of 0");
  for (let i = 0; i < names.length; i++) requireName(`operations[${i}]`, names[i]!);
  const steps: Step[] = [];
  for (let i = 0; i < count; i++) {
    const { min, max, apply } = operations[names[Math.min(names.length - 1, Math.floor(random() * names.length))]!];
    steps.push({ apply, value: min + (max - min) * random() });
  }
  const out = { data: applySteps(image, steps), shape: image.shape } as I;
  cutOutInPlace(out, { random, maxSide: cutoutSide, ...(fill ? { fill } : {}) });
  return out;
}
