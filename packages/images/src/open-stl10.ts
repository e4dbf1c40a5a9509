import { existsSync } from "node:fs";
import { join } from "node:path";
import { findFile, readBytes, readClassNames } from "./files.js";
import { imageSetError } from "./image-set-error.js";
import type { ImageSource } from "./image-source.js";
import { pixelPlaces } from "./planes.js";
import { recordSource, sizeOfFile } from "./record-source.js";
import { countStl10, stl10ClassNames, stl10Labels, stl10Side } from "./stl10.js";

// A label is a byte, and an index of a fold has at most five digits and a space: far above both.
const maxTextBytes = 2 ** 24;

export interface OpenStl10Options {
  /** Which part of the set (default `"train"`); the images of `"unlabeled"` have the label −1. */
  split?: "train" | "test" | "unlabeled";
}

/**
 * Opens the folder of STL-10's binary version, `stl10_binary`: labels are read now, pixels when they are asked for, so that the 2.8 GB of
 * its 100,000 images without labels stay on the disk. FlexMatch's pool of N = 105,000 is `concatSources` of `"train"` and `"unlabeled"`.
 *
 * @returns a source of 96 × 96 × 3 images, to be closed
 * @throws ImageSetError naming the file that is missing, compressed or wrong
 *
 * @example
 * ```ts
 * import { mkdtempSync, writeFileSync } from "node:fs";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { openStl10 } from "@gleaner/images/node";
 * const folder = mkdtempSync(join(tmpdir(), "stl10-"));
 * writeFileSync(join(folder, "unlabeled_X.bin"), new Uint8Array(2 * 27_648));
 * const source = openStl10(folder, { split: "unlabeled" });
 * source.shape; // => [2, 96, 96, 3]
 * source.labels; // => [-1, -1]
 * source.close();
 * ```
 */
export function openStl10(folder: string, options: OpenStl10Options = {}): ImageSource {
  const { split = "train" } = options;
  const path = findFile(folder, [`${split}_X.bin`]);
  if (path.endsWith(".gz")) throw imageSetError("Unsupported", path, "it is compressed, decompress it to read images on demand");
  const count = countStl10(sizeOfFile(path), path);
  let labels: Uint8Array | Int32Array;
  if (split === "unlabeled") labels = new Int32Array(count).fill(-1);
  else {
    const labelsPath = findFile(folder, [`${split}_y.bin`]);
    labels = stl10Labels(readBytes(labelsPath, { maxBytes: maxTextBytes }), count, labelsPath, path);
  }
  const namesPath = join(folder, "class_names.txt");
  const classNames = existsSync(namesPath) ? readClassNames(namesPath, 10) : stl10ClassNames;
  const layout = { before: 0, places: pixelPlaces(stl10Side, stl10Side, 3, "columns") };
  return recordSource([{ path, records: count }], layout, { shape: [count, stl10Side, stl10Side, 3], labels, classNames });
}

/**
 * Reads STL-10's `fold_indices.txt`: ten lists of 1,000 training images, with which its authors ask methods to be compared.
 *
 * @param folder the folder of the binary version
 * @returns the indices of each fold, from 0
 * @throws ImageSetError if the file is missing, or a line is not of whole numbers below 5,000
 *
 * @example
 * ```ts
 * import { mkdtempSync, writeFileSync } from "node:fs";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { readStl10Folds } from "@gleaner/images/node";
 * const folder = mkdtempSync(join(tmpdir(), "stl10-"));
 * writeFileSync(join(folder, "fold_indices.txt"), "4 0 2\n1 3\n");
 * readStl10Folds(folder); // => [[4, 0, 2], [1, 3]]
 * ```
 */
export function readStl10Folds(folder: string): Int32Array[] {
  const path = findFile(folder, ["fold_indices.txt"]);
  const lines = new TextDecoder().decode(readBytes(path, { maxBytes: maxTextBytes })).split(/\r?\n/);
  return lines
    .filter((line) => line.trim() !== "")
    .map((line, row) =>
      Int32Array.from(line.trim().split(/\s+/), (field) => {
        if (!/^\d{1,4}$/.test(field) || Number(field) >= 5000)
          throw imageSetError(
            "Malformed",
            path,
            `line ${row + 1} has ${JSON.stringify(field.slice(0, 20))}, expected an index from 0 to 4999`,
          );
        return Number(field);
      }),
    );
}
