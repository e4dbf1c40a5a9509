import { closeSync, existsSync, openSync } from "node:fs";
import { join } from "node:path";
import { cifar10ClassNames, cifarSide } from "./cifar.js";
import { findFile, readClassNames } from "./files.js";
import { imageSetError } from "./image-set-error.js";
import type { ImageSource } from "./image-source.js";
import { pixelPlaces } from "./planes.js";
import { readFully, recordSource, sizeOfFile } from "./record-source.js";

const imageBytes = 3 * cifarSide * cifarSide;

/** The files of a split as records, with the label bytes of each record. */
function openRecords(
  paths: readonly string[],
  name: string,
  limits: readonly number[],
  used: number,
  classNames?: readonly string[],
): ImageSource {
  const recordBytes = limits.length + imageBytes;
  const files = paths.map((path) => {
    if (path.endsWith(".gz")) throw imageSetError("Unsupported", path, "it is compressed, decompress it to read images on demand");
    const bytes = sizeOfFile(path);
    if (bytes === 0 || bytes % recordBytes !== 0)
      throw imageSetError("Truncated", path, `${name} is records of ${recordBytes} bytes, it has ${bytes} bytes`);
    return { path, records: bytes / recordBytes };
  });
  const count = files.reduce((sum, { records }) => sum + records, 0);
  const labels = new Uint8Array(count);
  let at = 0;
  for (const { path, records } of files) {
    const file = openSync(path, "r");
    try {
      const head = new Uint8Array(limits.length);
      for (let record = 0; record < records; record++) {
        readFully(file, head, record * recordBytes, path);
        for (const [i, classes] of limits.entries()) {
          if (head[i]! >= classes)
            throw imageSetError("Malformed", path, `image ${record} has the class ${head[i]}, ${name} has 0 to ${classes - 1} there`);
        }
        labels[at++] = head[used]!;
      }
    } finally {
      closeSync(file);
    }
  }
  const layout = { before: limits.length, places: pixelPlaces(cifarSide, cifarSide, 3, "rows") };
  return recordSource(files, layout, { shape: [count, cifarSide, cifarSide, 3], labels, ...(classNames ? { classNames } : {}) });
}

/** Which part of CIFAR. */
export interface OpenCifarOptions {
  /** Which part of the set (default `"train"`). */
  split?: "train" | "test";
}

/**
 * Opens the folder of CIFAR-10's binary version, `cifar-10-batches-bin`: labels are read now, pixels when they are asked for.
 *
 * @returns a source, to be closed
 * @throws ImageSetError naming the file that is missing, compressed or wrong
 *
 * @example
 * ```ts
 * import { mkdtempSync, writeFileSync } from "node:fs";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { openCifar10 } from "@gleaner/images/node";
 * const folder = mkdtempSync(join(tmpdir(), "cifar-"));
 * writeFileSync(join(folder, "test_batch.bin"), new Uint8Array(2 * 3073).fill(9, 3073, 3074));
 * const source = openCifar10(folder, { split: "test" });
 * source.labels; // => [0, 9]
 * source.read([1]).length; // => 3072
 * source.close();
 * ```
 */
export function openCifar10(folder: string, options: OpenCifarOptions = {}): ImageSource {
  const { split = "train" } = options;
  const names = split === "train" ? [1, 2, 3, 4, 5].map((i) => `data_batch_${i}.bin`) : ["test_batch.bin"];
  return openRecords(
    names.map((name) => findFile(folder, [name])),
    "CIFAR-10",
    [10],
    0,
    cifar10ClassNames,
  );
}

export interface OpenCifar100Options extends OpenCifarOptions {
  /** The 100 classes (default) or the 20 groups that they are in. */
  labels?: "fine" | "coarse";
}

/**
 * Opens the folder of CIFAR-100's binary version, `cifar-100-binary`: labels are read now, pixels when they are asked for.
 *
 * @returns a source, to be closed; its class names are those of `readCifar100`
 * @throws ImageSetError naming the file that is missing, compressed or wrong
 *
 * @example
 * ```ts
 * import { mkdtempSync, writeFileSync } from "node:fs";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { openCifar100 } from "@gleaner/images/node";
 * const folder = mkdtempSync(join(tmpdir(), "cifar-"));
 * writeFileSync(join(folder, "test.bin"), new Uint8Array(3074).fill(42, 1, 2));
 * const source = openCifar100(folder, { split: "test" });
 * source.labels; // => [42]
 * source.close();
 * ```
 */
export function openCifar100(folder: string, options: OpenCifar100Options = {}): ImageSource {
  const { split = "train", labels = "fine" } = options;
  const path = findFile(folder, [`${split}.bin`]);
  const namesPath = join(folder, `${labels}_label_names.txt`);
  const classNames = existsSync(namesPath) ? readClassNames(namesPath, labels === "fine" ? 100 : 20) : undefined;
  return openRecords([path], "CIFAR-100", [20, 100], labels === "coarse" ? 0 : 1, classNames);
}
