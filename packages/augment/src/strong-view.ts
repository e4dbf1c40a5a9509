import type { ByteImage } from "./image.js";
import { type RandAugmentOptions, randAugment } from "./rand-augment.js";
import { type WeakViewOptions, weakView } from "./weak-view.js";

export interface StrongViewOptions extends RandAugmentOptions {
  /**
   * What comes first. Default "strong-first", as in the code of FlexMatch's authors (TorchSSL): the gray square is flipped and moved with the image. USB and
   * the PyTorch port of FixMatch by kekmodel do the weak view first.
   */
  order?: "strong-first" | "weak-first";
  /** Options of the weak view. */
  weak?: Omit<WeakViewOptions, "random">;
}

/**
 * The strong view of an image in FixMatch and FlexMatch: `randAugment` and `weakView` together, in one order or the other.
 *
 * (Sohn et al., FixMatch, NeurIPS 2020, section 2.3; Zhang et al., FlexMatch, NeurIPS 2021.) Its weak part is drawn anew: a weak and a strong view of one image
 * are flipped and moved independently.
 *
 * @param image bytes, one channel or three
 * @throws RangeError for an unknown order, or what `randAugment` and `weakView` refuse; TypeError for floats
 *
 * @example
 * ```ts
 * import { strongView } from "@gleaner/augment";
 * const image = { data: Uint8Array.of(10, 100, 200), shape: [1, 3, 1] };
 * const options = { random: () => 0, count: 1, operations: ["Solarize"], weak: { pad: 0 } }; // at 0 all is inverted, and flipped
 * strongView(image, options).data; // => [55, 155, 245]
 * ```
 */
export function strongView<I extends ByteImage>(image: I, options: StrongViewOptions): I {
  const { order = "strong-first", weak, ...strong } = options;
  const moved = (of: I): I => weakView(of, { ...weak, random: options.random });
  if (order === "strong-first") return moved(randAugment(image, strong));
  if (order === "weak-first") return randAugment(moved(image), strong);
  throw new RangeError(`order is ${order}; expected "strong-first" or "weak-first"`);
}
