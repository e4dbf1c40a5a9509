import { blankLike, type Image, pickPixels, requireImage } from "./image.js";

/** A copy moved by whole pixels with reflection, of the image or of its mirror image. */
function moved<I extends Image>({ data, shape }: I, down: number, right: number, mirrored: boolean): I {
  const [height, width] = shape;
  const reflect = (at: number, side: number): number => (at < 0 ? -at : at >= side ? 2 * (side - 1) - at : at);
  const rows = new Int32Array(height);
  for (let y = 0; y < height; y++) rows[y] = reflect(y - down, height);
  const columns = new Int32Array(width);
  for (let x = 0; x < width; x++) {
    const source = reflect(x - right, width);
    columns[x] = mirrored ? width - 1 - source : source;
  }
  const out = blankLike(data);
  pickPixels(data, out, shape, rows, columns);
  return { data: out, shape } as I;
}

/**
 * An image flipped left to right.
 *
 * @param image any channels, integers or floats
 * @throws RangeError if the shape does not fit the data
 *
 * @example
 * ```ts
 * import { flipImage } from "@gleaner/augment";
 * flipImage({ data: Uint8Array.of(1, 2, 3), shape: [1, 3, 1] }).data; // => [3, 2, 1]
 * ```
 */
export function flipImage<I extends Image>(image: I): I {
  requireImage(image);
  return moved(image, 0, 0, true);
}

/**
 * An image moved by whole pixels, with what comes in at the border reflected (the border itself is not repeated).
 *
 * @param image any channels, integers or floats
 * @param shift [down, right] in pixels, each smaller than the side
 * @throws RangeError if a shift is no integer or as large as the side, or the shape does not fit the data
 *
 * @example
 * ```ts
 * import { shiftImage } from "@gleaner/augment";
 * shiftImage({ data: Uint8Array.of(1, 2, 3, 4), shape: [1, 4, 1] }, [0, 2]).data; // => [3, 2, 1, 2]
 * ```
 */
export function shiftImage<I extends Image>(image: I, shift: readonly [down: number, right: number]): I {
  requireImage(image);
  const [height, width] = image.shape;
  for (const [name, step, side] of [
    ["down", shift[0], height],
    ["right", shift[1], width],
  ] as const) {
    if (!Number.isInteger(step) || Math.abs(step) >= side)
      throw new RangeError(`shift ${name} is ${step}; expected an integer within ±${side - 1}`);
  }
  return moved(image, shift[0], shift[1], false);
}

export interface WeakViewOptions {
  /** Draws in 0..1, 1 excluded. */
  random: () => number;
  /** The largest shift in pixels. Default an eighth of the shorter side: 4 for 32 × 32. */
  pad?: number;
  /** Whether to flip half of the images; not for digits and letters. Default true. */
  flip?: boolean;
}

/**
 * The weak view of an image: flipped in half of the cases, then moved by up to `pad` pixels each way, reflected at the border.
 *
 * Moving with reflection is what others call padding by reflection and cropping at random (Sohn et al., FixMatch, NeurIPS 2020, section 2.3).
 *
 * @param image any channels, integers or floats
 * @throws RangeError if `pad` is no integer ≥ 0 or not smaller than the sides, or the shape does not fit the data
 *
 * @example
 * ```ts
 * import { weakView } from "@gleaner/augment";
 * const image = { data: Uint8Array.of(1, 2, 3, 4), shape: [1, 4, 1] };
 * weakView(image, { random: () => 0.5, pad: 0 }).data; // => [1, 2, 3, 4]
 * weakView(image, { random: () => 0.1, pad: 0 }).data; // => [4, 3, 2, 1]
 * ```
 */
export function weakView<I extends Image>(image: I, options: WeakViewOptions): I {
  requireImage(image);
  const { random, pad = Math.floor(Math.min(image.shape[0], image.shape[1]) / 8), flip = true } = options;
  if (!Number.isInteger(pad) || pad < 0) throw new RangeError(`pad is ${pad}; expected an integer of at least 0`);
  const [height, width] = image.shape;
  if (pad >= Math.min(height, width)) throw new RangeError(`pad is ${pad}; expected less than the sides, ${height} × ${width}`);
  const mirrored = flip && random() < 0.5;
  const draw = (): number => Math.min(pad, Math.floor(random() * (2 * pad + 1)) - pad);
  return moved(image, draw(), draw(), mirrored);
}
