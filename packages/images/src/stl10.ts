import { imageSetError, maxElements, type ParseOptions } from "./image-set-error.js";
import type { LabeledImages } from "./labeled-images.js";
import { pixelPlaces, scatterPixels } from "./planes.js";

/** The height and the width of STL-10's images. */
export const stl10Side = 96;
/** How many bytes an image of STL-10 has. */
const stl10ImageBytes = 3 * stl10Side * stl10Side;

/** The classes of STL-10 in the order of its labels. */
export const stl10ClassNames: readonly string[] = ["airplane", "bird", "car", "cat", "deer", "dog", "horse", "monkey", "ship", "truck"];

/** How many images a file of that length holds. */
export function countStl10(bytes: number, path: string): number {
  const count = Math.floor(bytes / stl10ImageBytes);
  if (bytes === 0 || bytes % stl10ImageBytes !== 0) {
    throw imageSetError(
      "Truncated",
      path,
      `STL-10's images have ${stl10ImageBytes} bytes each, ${bytes} bytes are ${count} images and ${bytes % stl10ImageBytes} bytes`,
    );
  }
  return count;
}

/** The classes 0 to 9 of a file of labels 1 to 10. */
export function stl10Labels(bytes: Uint8Array, count: number, path: string, imagesPath: string): Uint8Array {
  if (bytes.length !== count)
    throw imageSetError("Malformed", path, `it has ${bytes.length} labels for the ${count} images of ${imagesPath}`);
  for (const [i, label] of bytes.entries()) {
    if (label < 1 || label > 10) throw imageSetError("Malformed", path, `image ${i} has the label ${label}, STL-10 has 1 to 10`);
  }
  return Uint8Array.from(bytes, (label) => label - 1);
}

export interface Stl10Options extends ParseOptions {
  /** The name of the file of labels in messages (default `"the labels"`). */
  labelsPath?: string;
}

/**
 * Joins two files of STL-10's binary version (A. Coates, H. Lee, A. Y. Ng, "An analysis of single-layer networks in unsupervised feature
 * learning", 2011), such as `train_X.bin` and `train_y.bin`. The file of images without labels is too large for that: see `openStl10`.
 *
 * @param imageBytes images of 27,648 bytes: a red, a green and a blue plane, each column by column
 * @param labelBytes a label from 1 to 10 for each; they become classes from 0 to 9
 * @throws ImageSetError if the images end within one, the numbers of images and labels differ, or a label is another
 *
 * @example
 * ```ts
 * import { parseStl10 } from "@gleaner/images";
 * const { shape, labels, classNames } = parseStl10(new Uint8Array(27_648), new Uint8Array([3]));
 * shape; // => [1, 96, 96, 3]
 * classNames![labels[0]!]; // => "car"
 * ```
 */
export function parseStl10(imageBytes: Uint8Array, labelBytes: Uint8Array, options: Stl10Options = {}): LabeledImages {
  const { path = "the file", labelsPath = "the labels" } = options;
  if (imageBytes.length > maxElements)
    throw imageSetError("TooLarge", path, `it has ${imageBytes.length} bytes, at most ${maxElements} are read`);
  const count = countStl10(imageBytes.length, path);
  const labels = stl10Labels(labelBytes, count, labelsPath, path);
  const images = new Uint8Array(imageBytes.length);
  const places = pixelPlaces(stl10Side, stl10Side, 3, "columns");
  for (let at = 0; at < images.length; at += stl10ImageBytes) scatterPixels(imageBytes, at, places, images, at);
  return { images, shape: [count, stl10Side, stl10Side, 3], labels, classNames: stl10ClassNames };
}
