import { type ByteImage, requireImage } from "./image.js";

/** Images one after another: bytes in C order, channels innermost. */
export interface ImageBatch {
  images: Uint8Array | Uint8ClampedArray;
  shape: readonly [count: number, height: number, width: number, channels: number];
}

/** Mean and standard deviation of the training images, one number a channel, with bytes counted as 0..1. */
export interface Normalization {
  mean: ArrayLike<number>;
  deviation: ArrayLike<number>;
}

function requireBatch({ images, shape }: ImageBatch): void {
  if (shape.length !== 4 || shape.some((size, i) => !Number.isInteger(size) || size < (i === 0 ? 0 : 1))) {
    throw new RangeError(`shape is [${shape}]; expected four integers, [count, height, width, channels], of which only the count may be 0`);
  }
  if (images.BYTES_PER_ELEMENT !== 1) throw new TypeError("images holds no bytes; expected a Uint8Array, 0..255");
  if (images.length !== shape[0] * shape[1] * shape[2] * shape[3]) {
    throw new RangeError(`images has ${images.length} values; expected ${shape.join(" × ")}`);
  }
}

/** The normalized values of the 256 bytes for each channel, in float32. */
function tablesOf({ mean, deviation }: Normalization, channels: number): Float32Array[] {
  for (const [name, values] of Object.entries({ mean, deviation })) {
    if (values.length !== channels)
      throw new RangeError(`${name} has ${values.length} numbers; expected ${channels}, one for each channel`);
    for (let c = 0; c < channels; c++) {
      if (!Number.isFinite(values[c])) throw new RangeError(`${name}[${c}] is ${values[c]}; expected a finite number`);
    }
  }
  return Array.from({ length: channels }, (_, c) => {
    if (!(deviation[c]! > 0)) throw new RangeError(`deviation[${c}] is ${deviation[c]}; expected a number above 0`);
    return Float32Array.from({ length: 256 }, (_, value) => (value / 255 - mean[c]!) / deviation[c]!);
  });
}

/** Writes normalized bytes from place `start` of the result on. */
function write(bytes: ArrayLike<number>, tables: readonly Float32Array[], out: Float32Array, start: number): void {
  const channels = tables.length;
  for (const [c, table] of tables.entries()) {
    for (let i = c; i < bytes.length; i += channels) out[start + i] = table[bytes[i]!]!;
  }
}

/**
 * Images as a network takes them.
 *
 * ```
 * (x/255 − mean_c)/deviation_c
 * ```
 *
 * @param images bytes of `shape`; a count of 0 gives an empty array
 * @param shape [count, height, width, channels]
 * @returns float32 of the same shape
 * @throws RangeError if the shape does not fit the bytes, or the normalization the channels; TypeError for floats
 *
 * @example
 * ```ts
 * import { normalizeImages } from "@gleaner/augment";
 * normalizeImages(Uint8Array.of(0, 51, 255), [1, 1, 3, 1], { mean: [0.2], deviation: [0.4] }); // => [-0.5, 0, 2]
 * ```
 */
export function normalizeImages(images: ImageBatch["images"], shape: ImageBatch["shape"], normalization: Normalization): Float32Array {
  requireBatch({ images, shape });
  const out = new Float32Array(images.length);
  write(images, tablesOf(normalization, shape[3]), out, 0);
  return out;
}

/**
 * Normalized views of the images of a batch.
 *
 * Plain data in and out, so that it runs in a worker thread and its result is transferred to the thread that trains. Images are not copied before `makeView`:
 * it gets a window on the bytes of the batch and must leave them as they are, as all functions of this package do.
 *
 * @param batch bytes of n images; n = 0 gives an empty array
 * @param makeView the view of an image, of the same shape; `index` is its place in the batch
 * @returns float32 [count, height, width, channels], (x/255 − mean_c)/deviation_c
 * @throws RangeError if the shape does not fit the bytes, the normalization the channels, or a view the image; TypeError for floats
 *
 * @example
 * ```ts
 * import { flipImage, viewBatch } from "@gleaner/augment";
 * const batch = { images: Uint8Array.of(0, 255, 51, 102), shape: [2, 1, 2, 1] };
 * const flipSecond = (image, index) => (index === 1 ? flipImage(image) : image);
 * viewBatch(batch, flipSecond, { mean: [0], deviation: [0.5] }); // => [0, 2, 0.8, 0.4]
 * ```
 */
export function viewBatch(
  batch: ImageBatch,
  makeView: (image: ByteImage, index: number) => ByteImage,
  normalization: Normalization,
): Float32Array {
  requireBatch(batch);
  const [count, height, width, channels] = batch.shape;
  const shape = [height, width, channels] as const;
  const size = height * width * channels;
  const tables = tablesOf(normalization, channels);
  const out = new Float32Array(count * size);
  for (let i = 0; i < count; i++) {
    const data = batch.images.subarray(i * size, (i + 1) * size);
    const view = makeView({ data, shape } as ByteImage, i);
    if (view.shape.length !== 3 || view.shape.some((side, axis) => side !== shape[axis])) {
      throw new RangeError(`view ${i} is [${view.shape}]; expected the shape of the image, [${shape}]`);
    }
    requireImage(view);
    if (view.data.BYTES_PER_ELEMENT !== 1) throw new TypeError(`view ${i} holds floats; expected bytes, 0..255`);
    write(view.data, tables, out, i * size);
  }
  return out;
}
