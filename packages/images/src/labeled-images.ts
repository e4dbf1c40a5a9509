/** Images of one size with a class for each, as bytes. */
export interface LabeledImages {
  /** 0 to 255, C order over `shape`: channels (1, or red, green, blue) innermost. */
  readonly images: Uint8Array;
  /** [images, height, width, channels] */
  readonly shape: readonly [number, number, number, number];
  /** The class of each image, counted from 0; −1 where it is not known. */
  readonly labels: Uint8Array | Int32Array;
  /** The name of class i at i. */
  readonly classNames?: readonly string[];
}

/** Throws unless the arrays of a set fit its shape. */
export function checkImages(set: LabeledImages): void {
  const { images, shape, labels } = set;
  const size = shape.reduce((product, length) => product * length, 1);
  if (shape.length !== 4 || images.length !== size || labels.length !== shape[0]) {
    throw new RangeError(`the shape [${shape}] does not fit ${images.length} bytes of images and ${labels.length} labels`);
  }
}

/**
 * The images of a set with the given indices, in their order, as copies.
 *
 * @param indices from 0 to the number of images − 1; one may come several times
 * @throws RangeError for another index, or if the arrays of the set do not fit its shape
 *
 * @example
 * ```ts
 * import { selectImages } from "@gleaner/images";
 * const set = { images: new Uint8Array([10, 20, 30]), shape: [3, 1, 1, 1] as const, labels: new Uint8Array([0, 1, 2]) };
 * const { images, labels } = selectImages(set, [2, 0]);
 * images; // => [30, 10]
 * labels; // => [2, 0]
 * ```
 */
export function selectImages(set: LabeledImages, indices: ArrayLike<number>): LabeledImages {
  checkImages(set);
  const [count, height, width, channels] = set.shape;
  const size = height * width * channels;
  const images = new Uint8Array(indices.length * size);
  const labels = set.labels instanceof Uint8Array ? new Uint8Array(indices.length) : new Int32Array(indices.length);
  for (let i = 0; i < indices.length; i++) {
    const index = indices[i]!;
    if (!Number.isInteger(index) || index < 0 || index >= count)
      throw new RangeError(`an index must be from 0 to ${count - 1}, got ${index}`);
    images.set(set.images.subarray(index * size, (index + 1) * size), i * size);
    labels[i] = set.labels[index]!;
  }
  return { ...set, images, labels, shape: [indices.length, height, width, channels] };
}

/**
 * Joins sets of images of one size, in order. Class names are those of the first set.
 *
 * @throws RangeError if there is no set, or the sizes differ
 *
 * @example
 * ```ts
 * import { concatImages } from "@gleaner/images";
 * const one = { images: new Uint8Array([7]), shape: [1, 1, 1, 1] as const, labels: new Uint8Array([3]) };
 * concatImages([one, one]).shape; // => [2, 1, 1, 1]
 * ```
 */
export function concatImages(sets: readonly LabeledImages[]): LabeledImages {
  const [first] = sets;
  if (!first) throw new RangeError("there must be at least one set of images, got none");
  const [, height, width, channels] = first.shape;
  for (const set of sets) {
    checkImages(set);
    if (set.shape.slice(1).join() !== first.shape.slice(1).join())
      throw new RangeError(`images of [${first.shape.slice(1)}] and [${set.shape.slice(1)}] do not join`);
  }
  const count = sets.reduce((sum, { shape }) => sum + shape[0], 0);
  const images = new Uint8Array(count * height * width * channels);
  const labels = sets.every((set) => set.labels instanceof Uint8Array) ? new Uint8Array(count) : new Int32Array(count);
  let at = 0;
  for (const set of sets) {
    images.set(set.images, at * height * width * channels);
    labels.set(set.labels, at);
    at += set.shape[0];
  }
  return { ...first, images, labels, shape: [count, height, width, channels] };
}
