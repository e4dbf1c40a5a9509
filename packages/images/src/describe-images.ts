import { checkImages, type LabeledImages } from "./labeled-images.js";

/** What is in a set of images. */
export interface ImageSetDescription {
  readonly images: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** The number of classes: the names where there are any, else the largest label plus 1. */
  readonly classes: number;
  /** How many images each class has. */
  readonly perClass: readonly number[];
  /** The mean of each channel, in 0..1. NaN where there are no pixels. */
  readonly mean: readonly number[];
  /** The standard deviation of each channel over all pixels, in 0..1. NaN where there are no pixels. */
  readonly deviation: readonly number[];
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
 * describeImages(set);
 * // => { images: 2, height: 1, width: 2, channels: 1, classes: 3, perClass: [0, 0, 2], mean: [0.5], deviation: [0.5] }
 * ```
 */
export function describeImages(set: LabeledImages): ImageSetDescription {
  checkImages(set);
  const { images, labels, classNames } = set;
  const [count, height, width, channels] = set.shape;
  const classes = classNames?.length ?? Array.from(labels).reduce((most, label) => Math.max(most, label + 1), 0);
  const perClass = Array<number>(classes).fill(0);
  for (const label of labels) {
    if (label < 0 || label >= classes) throw new RangeError(`a label must be from 0 to ${classes - 1}, got ${label}`);
    perClass[label]!++;
  }
  // Sums of bytes and of their squares are exact in a double for any set that fits in memory.
  const sums = Array<number>(channels).fill(0);
  const squares = Array<number>(channels).fill(0);
  for (let i = 0; i < images.length; i += channels) {
    for (let channel = 0; channel < channels; channel++) {
      const value = images[i + channel]!;
      sums[channel]! += value;
      squares[channel]! += value * value;
    }
  }
  const pixels = count * height * width;
  const mean = sums.map((sum) => sum / pixels / 255);
  const deviation = squares.map((square, channel) => Math.sqrt(Math.max(0, square / pixels - (sums[channel]! / pixels) ** 2)) / 255);
  return { images: count, height, width, channels, classes, perClass, mean, deviation };
}
