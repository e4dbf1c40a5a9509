import { imageSetError, maxElements, type ParseOptions } from "./image-set-error.js";
import type { LabeledImages } from "./labeled-images.js";

/** The height and the width of CIFAR's images. */
export const cifarSide = 32;
const plane = cifarSide * cifarSide;

/** The classes of CIFAR-10 in the order of its labels. */
export const cifar10ClassNames: readonly string[] = [
  "airplane",
  "automobile",
  "bird",
  "cat",
  "deer",
  "dog",
  "frog",
  "horse",
  "ship",
  "truck",
];

/** Records of some label bytes and an image as a red, a green and a blue plane. */
function parseRecords(bytes: Uint8Array, path: string, name: string, limits: readonly number[], used: number): LabeledImages {
  const recordBytes = limits.length + 3 * plane;
  const count = Math.floor(bytes.length / recordBytes);
  if (bytes.length > maxElements) throw imageSetError("TooLarge", path, `it has ${bytes.length} bytes, at most ${maxElements} are read`);
  if (bytes.length === 0 || bytes.length % recordBytes !== 0) {
    const other = 3 - limits.length + 3 * plane;
    const hint =
      bytes.length > 0 && bytes.length % other === 0
        ? ` (they are ${bytes.length / other} of CIFAR-${limits.length === 1 ? 100 : 10})`
        : "";
    throw imageSetError(
      "Truncated",
      path,
      `${name} is records of ${recordBytes} bytes, ${bytes.length} bytes are ${count} records and ${bytes.length % recordBytes} bytes${hint}`,
    );
  }
  const images = new Uint8Array(count * 3 * plane);
  const labels = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    const record = i * recordBytes;
    for (const [at, classes] of limits.entries()) {
      const label = bytes[record + at]!;
      if (label >= classes)
        throw imageSetError("Malformed", path, `image ${i} has the class ${label}, ${name} has 0 to ${classes - 1} there`);
    }
    labels[i] = bytes[record + used]!;
    const from = record + limits.length;
    const to = i * 3 * plane;
    for (let channel = 0; channel < 3; channel++) {
      for (let pixel = 0; pixel < plane; pixel++) images[to + 3 * pixel + channel] = bytes[from + channel * plane + pixel]!;
    }
  }
  return { images, shape: [count, cifarSide, cifarSide, 3], labels };
}

/**
 * Reads a file of CIFAR-10's binary version (A. Krizhevsky, "Learning multiple layers of features from tiny images", 2009), such as
 * `data_batch_1.bin`.
 *
 * @param bytes the whole file: records of a class and 3072 bytes
 * @throws ImageSetError if it is empty, ends within a record, or has a class above 9
 *
 * @example
 * ```ts
 * import { parseCifar10 } from "@gleaner/images";
 * const record = new Uint8Array(3073).fill(1, 0, 1).fill(200, 1, 1025);
 * const { shape, labels, images, classNames } = parseCifar10(record);
 * shape; // => [1, 32, 32, 3]
 * classNames![labels[0]!]; // => "automobile"
 * images.slice(0, 3); // => [200, 0, 0]
 * ```
 */
export function parseCifar10(bytes: Uint8Array, options: ParseOptions = {}): LabeledImages {
  const { path = "the file" } = options;
  return { ...parseRecords(bytes, path, "CIFAR-10", [10], 0), classNames: cifar10ClassNames };
}

export interface Cifar100Options extends ParseOptions {
  /** The 100 classes (default) or the 20 groups that they are in. */
  labels?: "fine" | "coarse";
  classNames?: readonly string[];
}

/**
 * Reads a file of CIFAR-100's binary version, `train.bin` or `test.bin`.
 *
 * @param bytes the whole file: records of a group, a class and 3072 bytes
 * @throws ImageSetError if it is empty, ends within a record, or has a group above 19 or a class above 99
 *
 * @example
 * ```ts
 * import { parseCifar100 } from "@gleaner/images";
 * const record = new Uint8Array(3074).fill(11, 0, 1).fill(46, 1, 2);
 * parseCifar100(record).labels; // => [46]
 * parseCifar100(record, { labels: "coarse" }).labels; // => [11]
 * ```
 */
export function parseCifar100(bytes: Uint8Array, options: Cifar100Options = {}): LabeledImages {
  const { path = "the file", labels = "fine", classNames } = options;
  const set = parseRecords(bytes, path, "CIFAR-100", [20, 100], labels === "coarse" ? 0 : 1);
  return classNames ? { ...set, classNames } : set;
}
