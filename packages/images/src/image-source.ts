import { checkImages, type LabeledImages } from "./labeled-images.js";

/**
 * Images of one size whose pixels are read when asked for, so that a set may be larger than memory.
 *
 * Sizes, labels and names are plain data that are always there; only the pixels are fetched.
 */
export interface ImageSource {
  /** [images, height, width, channels] */
  readonly shape: readonly [number, number, number, number];
  /** The class of each image, counted from 0; −1 where it is not known. */
  readonly labels: Uint8Array | Int32Array;
  /** The name of class i at i. */
  readonly classNames?: readonly string[];
  /**
   * The images of these indices, in their order, as fresh bytes in C order [indices, height, width, channels].
   *
   * @throws RangeError for an index that is not from 0 to the number of images − 1
   */
  read(indices: ArrayLike<number>): Uint8Array<ArrayBuffer>;
  /** Lets go of files; more than once does nothing. After it nothing can be read. */
  close(): void;
}

/** Throws unless it is the index of an image. */
export function checkIndex(index: number, count: number): void {
  if (!Number.isInteger(index) || index < 0 || index >= count) {
    throw new RangeError(`an index must be from 0 to ${count - 1}, got ${index}`);
  }
}

/**
 * A set in memory as a source.
 *
 * @throws RangeError if the arrays of the set do not fit its shape
 *
 * @example
 * ```ts
 * import { imageSource } from "@gleaner/images";
 * const source = imageSource({ images: new Uint8Array([10, 20, 30]), shape: [3, 1, 1, 1], labels: new Uint8Array([0, 1, 0]) });
 * source.read([2, 0]); // => [30, 10]
 * ```
 */
export function imageSource(set: LabeledImages): ImageSource {
  checkImages(set);
  const { images, shape, labels, classNames } = set;
  const [count, ...sizes] = shape;
  const size = sizes.reduce((product, length) => product * length, 1);
  return {
    shape,
    labels,
    ...(classNames ? { classNames } : {}),
    read(indices) {
      const bytes = new Uint8Array(indices.length * size);
      for (let i = 0; i < indices.length; i++) {
        const index = indices[i]!;
        checkIndex(index, count);
        bytes.set(images.subarray(index * size, (index + 1) * size), i * size);
      }
      return bytes;
    },
    close() {},
  };
}

/**
 * Joins sources of images of one size, in order, such as STL-10's 5,000 training images and its 100,000 without labels (N = 105,000).
 *
 * Class names are those of the first source that has them. Closing the result closes the sources.
 *
 * @throws RangeError if there is no source, the sizes differ, or two sources name their classes differently
 *
 * @example
 * ```ts
 * import { concatSources, imageSource } from "@gleaner/images";
 * const labeled = imageSource({ images: new Uint8Array([10, 20]), shape: [2, 1, 1, 1], labels: new Uint8Array([1, 0]) });
 * const others = imageSource({ images: new Uint8Array([30]), shape: [1, 1, 1, 1], labels: new Int32Array([-1]) });
 * const pool = concatSources([labeled, others]);
 * pool.labels; // => [1, 0, -1]
 * pool.read([2, 1]); // => [30, 20]
 * ```
 */
export function concatSources(sources: readonly ImageSource[]): ImageSource {
  const [first] = sources;
  if (!first) throw new RangeError("there must be at least one source of images, got none");
  const [, height, width, channels] = first.shape;
  const classNames = sources.find((source) => source.classNames)?.classNames;
  for (const { shape, classNames: names } of sources) {
    if (shape.slice(1).join() !== first.shape.slice(1).join())
      throw new RangeError(`images of [${first.shape.slice(1)}] and [${shape.slice(1)}] do not join`);
    if (names && names.join("\n") !== classNames!.join("\n"))
      throw new RangeError(`sources must name their classes alike, got ${classNames!.join(", ")} and ${names.join(", ")}`);
  }
  const size = height * width * channels;
  const starts = [0];
  for (const { shape } of sources) starts.push(starts.at(-1)! + shape[0]);
  const count = starts.at(-1)!;
  const labels = sources.every((source) => source.labels instanceof Uint8Array) ? new Uint8Array(count) : new Int32Array(count);
  for (const [i, source] of sources.entries()) labels.set(source.labels, starts[i]!);
  return {
    shape: [count, height, width, channels],
    labels,
    ...(classNames ? { classNames } : {}),
    read(indices) {
      const bytes = new Uint8Array(indices.length * size);
      // One read of each source, so that it can order its own.
      const wanted = sources.map(() => ({ inside: [] as number[], at: [] as number[] }));
      for (let i = 0; i < indices.length; i++) {
        const index = indices[i]!;
        checkIndex(index, count);
        const which = starts.findLastIndex((start) => start <= index);
        wanted[which]!.inside.push(index - starts[which]!);
        wanted[which]!.at.push(i);
      }
      for (const [which, { inside, at }] of wanted.entries()) {
        if (inside.length === 0) continue;
        const part = sources[which]!.read(inside);
        for (const [k, i] of at.entries()) bytes.set(part.subarray(k * size, (k + 1) * size), i * size);
      }
      return bytes;
    },
    close() {
      for (const source of sources) source.close();
    },
  };
}

/**
 * Reads images of a source into memory: all, or those of the given indices.
 *
 * @param options `indices`, and `maxBytes` (default 2 GiB − 1), the most that is read
 * @throws RangeError if they need more, or for an index that is not from 0 to the number of images − 1
 *
 * @example
 * ```ts
 * import { collectImages, imageSource } from "@gleaner/images";
 * const source = imageSource({ images: new Uint8Array([10, 20, 30]), shape: [3, 1, 1, 1], labels: new Uint8Array([0, 1, 0]) });
 * collectImages(source, { indices: [1] }); // => { images: [20], shape: [1, 1, 1, 1], labels: [1] }
 * ```
 */
export function collectImages(source: ImageSource, options: { indices?: ArrayLike<number>; maxBytes?: number } = {}): LabeledImages {
  const [count, height, width, channels] = source.shape;
  const { indices = Int32Array.from({ length: count }, (_, i) => i), maxBytes = 2 ** 31 - 1 } = options;
  const needed = indices.length * height * width * channels;
  if (needed > maxBytes) throw new RangeError(`${indices.length} images need ${needed} bytes, at most ${maxBytes} are read into memory`);
  const images = source.read(indices);
  const labels = source.labels instanceof Uint8Array ? new Uint8Array(indices.length) : new Int32Array(indices.length);
  for (let i = 0; i < indices.length; i++) labels[i] = source.labels[indices[i]!]!;
  const { classNames } = source;
  return { images, shape: [indices.length, height, width, channels], labels, ...(classNames ? { classNames } : {}) };
}
