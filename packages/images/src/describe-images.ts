import { type ImageSource, imageSource } from "./image-source.js";
import type { LabeledImages } from "./labeled-images.js";

/** What is in a set of images. */
export interface ImageSetDescription {
  readonly images: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** The number of classes: the names where there are any, else the largest label plus 1. */
  readonly classes: number;
  /** How many images each class has; without any labels or names it is empty. */
  readonly perClass: readonly number[];
  /** How many images have no label. */
  readonly unlabeled: number;
  /** The mean of each channel, in 0..1. NaN where there are no pixels. */
  readonly mean: readonly number[];
  /** The standard deviation of each channel over all pixels, in 0..1. NaN where there are no pixels. */
  readonly deviation: readonly number[];
}

/** How many bytes of pixels are read at once. */
const chunkBytes = 2 ** 24;

/**
 * Describes a source of images as `describeImages` does, reading its pixels once in parts of about 16 MiB.
 *
 * @throws RangeError if a label is not −1 and not one of the classes that are named; what the source throws
 *
 * @example
 * ```ts
 * import { describeSource, imageSource } from "@gleaner/images";
 * const source = imageSource({ images: new Uint8Array([0, 255]), shape: [2, 1, 1, 1], labels: new Int32Array([-1, -1]) });
 * const { images, unlabeled, perClass, mean } = describeSource(source);
 * [images, unlabeled]; // => [2, 2]
 * perClass; // => []
 * mean; // => [0.5]
 * ```
 */
export function describeSource(source: ImageSource): ImageSetDescription {
  const { labels, classNames } = source;
  const [count, height, width, channels] = source.shape;
  const classes = classNames?.length ?? Array.from(labels).reduce((most, label) => Math.max(most, label + 1), 0);
  const perClass = Array<number>(classes).fill(0);
  let unlabeled = 0;
  for (const label of labels) {
    if (label === -1) unlabeled++;
    else if (label >= 0 && label < classes) perClass[label]!++;
    else throw new RangeError(`a label must be from 0 to ${classes - 1}, or -1 where it is not known, got ${label}`);
  }
  // Sums of bytes and of their squares are exact in a double up to 10^11 pixels.
  const sums = Array<number>(channels).fill(0);
  const squares = Array<number>(channels).fill(0);
  const step = Math.max(1, Math.floor(chunkBytes / Math.max(1, height * width * channels)));
  for (let from = 0; from < count; from += step) {
    const pixels = source.read(Array.from({ length: Math.min(step, count - from) }, (_, i) => from + i));
    for (let channel = 0; channel < channels; channel++) {
      let sum = 0;
      let square = 0;
      for (let i = channel; i < pixels.length; i += channels) {
        const value = pixels[i]!;
        sum += value;
        square += value * value;
      }
      sums[channel]! += sum;
      squares[channel]! += square;
    }
  }
  const pixels = count * height * width;
  const mean = sums.map((sum) => sum / pixels / 255);
  const deviation = squares.map((square, channel) => Math.sqrt(Math.max(0, square / pixels - (sums[channel]! / pixels) ** 2)) / 255);
  return { images: count, height, width, channels, classes, perClass, unlabeled, mean, deviation };
}

/**
 * Counts the images of each class and gives the mean and the standard deviation of each channel, with which networks are normalized.
 *
 * @throws RangeError if the arrays of the set do not fit its shape or its class names
 *
 * @example
 * ```ts
 * import { describeImages } from "@gleaner/images";
 * const set = { images: new Uint8Array([0, 255, 0, 255]), shape: [2, 1, 2, 1] as const, labels: new Uint8Array([2, 2]) };
 * const { classes, perClass, mean, deviation } = describeImages(set);
 * classes; // => 3
 * perClass; // => [0, 0, 2]
 * [mean[0], deviation[0]]; // => [0.5, 0.5]
 * ```
 */
export function describeImages(set: LabeledImages): ImageSetDescription {
  return describeSource(imageSource(set));
}
