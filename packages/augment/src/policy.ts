import { type CtOperationName, ctOperations } from "./ct-operations.js";
import { type ByteImage, requireBytes } from "./image.js";
import { applySteps } from "./image-operations.js";

/** One operation of a policy. */
export interface PolicyStep {
  operation: CtOperationName;
  /** In 0..1: none for Identity, the size and the method for Rescale, one for the others. */
  values: readonly number[];
  /** Where a cutout lies: [y, x] of its center in parts of the sides, in 0..1. Default drawn when the policy is applied. */
  center?: readonly [y: number, x: number];
}

/** Operations one after another, as plain data: it can be drawn in one thread, sent, kept as JSON and applied in another. */
export type Policy = readonly PolicyStep[];

const isPart = (value: unknown): boolean => typeof value === "number" && value >= 0 && value <= 1;

/** Throws unless every step names an operation and gives it the values it takes. */
export function requirePolicy(policy: Policy): void {
  for (const [i, { operation, values, center }] of policy.entries()) {
    if (!Object.hasOwn(ctOperations, operation)) {
      throw new RangeError(`policy[${i}].operation is ${operation}; expected one of ${Object.keys(ctOperations).join(", ")}`);
    }
    const { length } = ctOperations[operation].bins;
    if (values.length !== length) throw new RangeError(`policy[${i}].values has ${values.length} numbers; ${operation} expects ${length}`);
    if (!values.every(isPart)) throw new RangeError(`policy[${i}].values is [${values}]; expected numbers in 0..1`);
    if (center && !(center.length === 2 && center.every(isPart))) {
      throw new RangeError(`policy[${i}].center is [${center}]; expected [y, x] in 0..1`);
    }
  }
}

export interface ApplyPolicyOptions {
  /** Draws in 0..1, 1 excluded: two for each cutout whose step has no center. The policies of `createCtAugment` all have theirs, and nothing is drawn. */
  random?: () => number;
  /**
   * What ±0.3 of a translation counts in: parts of the side, as the method means it, or pixels, as the authors' code has it, where it moves nothing.
   * Default "side".
   */
  translation?: "side" | "pixels";
}

/**
 * An image after the operations of a policy, as Pillow computes them: nearest pixels, black outside.
 *
 * | name | what a value v in 0..1 stands for |
 * |---|---|
 * | Brightness, Color, Contrast, Sharpness | a factor 0.1 + 1.9·v; 1 leaves the image, 0 is black, gray, flat, smooth |
 * | AutoContrast, Blur, Equalize, Invert, Smooth | the part of the result in a mean with the image |
 * | Cutout | a square of gray 127, about v/2 of the shorter side |
 * | Posterize | 1 + ⌊7.999·v⌋ bits that are kept |
 * | Rescale | the image without v/4 of each side at both ends, enlarged; a second value chooses Lanczos, bicubic, bilinear, box, Hamming or nearest |
 * | Rotate | (2·v − 1)·45 degrees, rounded, counterclockwise |
 * | ShearX, ShearY | (2·v − 1)·0.3 pixels per pixel of the other axis |
 * | Solarize | values from ⌊255.999·v⌋ on are inverted |
 * | TranslateX, TranslateY | (2·v − 1)·0.3 of the side, to the left or up |
 *
 * (Berthelot et al., ReMixMatch, ICLR 2020; numbers as in the code of FixMatch, Sohn et al., NeurIPS 2020.) In that code a translation counts in pixels, so
 * that ±0.3 moves nothing; `translation: "pixels"` does the same.
 *
 * @param image bytes, one channel or three
 * @returns a new image of the same size; an empty policy copies
 * @throws RangeError for an unknown operation, values that do not fit it, a cutout without center or `random`, or an image that the operations refuse;
 * TypeError for floats
 *
 * @example
 * ```ts
 * import { applyPolicy } from "@gleaner/augment";
 * const image = { data: Uint8Array.of(10, 100, 200), shape: [1, 3, 1] };
 * applyPolicy(image, [{ operation: "Invert", values: [1] }]).data; // => [245, 155, 55]
 * applyPolicy(image, [{ operation: "Solarize", values: [0.5] }, { operation: "Identity", values: [] }]).data; // => [10, 100, 55]
 * ```
 */
export function applyPolicy<I extends ByteImage>(image: I, policy: Policy, options: ApplyPolicyOptions = {}): I {
  const { random, translation = "side" } = options;
  requireBytes(image);
  requirePolicy(policy);
  if (translation !== "side" && translation !== "pixels") {
    throw new RangeError(`translation is ${translation}; expected "side" or "pixels"`);
  }
  const steps = policy.map(({ operation, values, center }, i) => {
    if (operation !== "Cutout") return ctOperations[operation].step({ values, center: [0, 0], translation });
    if (!center && !random) throw new RangeError(`policy[${i}].center is missing; expected [y, x], or random to draw it`);
    return ctOperations[operation].step({ values, center: center ?? drawCenter(random as () => number), translation });
  });
  return { data: applySteps(image, steps), shape: image.shape } as I;
}

/** Draws where a cutout lies. */
export const drawCenter = (random: () => number): [y: number, x: number] => [random(), random()];
