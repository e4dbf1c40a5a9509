import { existsSync } from "node:fs";
import { join } from "node:path";
import { parseCifar10, parseCifar100 } from "./cifar.js";
import { parseDigits } from "./digits.js";
import { findFile, type ReadOptions, readBytes, readClassNames, writeBytes } from "./files.js";
import { formatIdx, type IdxArray, imagesOfIdx, parseIdx } from "./idx.js";
import { concatImages, type LabeledImages } from "./labeled-images.js";

export interface SplitOptions extends ReadOptions {
  /** Which part of the set (default `"train"`). */
  split?: "train" | "test";
}

/**
 * Reads an IDX file, compressed by gzip or not.
 *
 * @throws ImageSetError if there is no such file, or it is no such file
 *
 * @example
 * ```ts
 * import { mkdtempSync } from "node:fs";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { readIdx, writeIdx } from "@gleaner/images/node";
 * const path = join(mkdtempSync(join(tmpdir(), "idx-")), "labels-idx1-ubyte.gz");
 * writeIdx(path, { shape: [2], data: new Uint8Array([4, 2]) });
 * readIdx(path); // => { shape: [2], data: [4, 2] }
 * ```
 */
export function readIdx(path: string, options: ReadOptions = {}): IdxArray {
  return parseIdx(readBytes(path, options), { path });
}

/**
 * Writes an IDX file, compressed by gzip if its name ends in `.gz`; a file that was there stays until the new one is whole.
 *
 * @throws RangeError of `formatIdx`; the file system's error
 *
 * @example
 * ```ts
 * import { mkdtempSync, readFileSync } from "node:fs";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { writeIdx } from "@gleaner/images/node";
 * const path = join(mkdtempSync(join(tmpdir(), "idx-")), "labels-idx1-ubyte");
 * writeIdx(path, { shape: [2], data: new Uint8Array([4, 2]) });
 * readFileSync(path).length; // => 10
 * ```
 */
export function writeIdx(path: string, array: IdxArray): void {
  writeBytes(path, formatIdx(array));
}

/**
 * Reads a folder of MNIST or of a set that is laid out like it (Fashion-MNIST, KMNIST): `train-images-idx3-ubyte`,
 * `train-labels-idx1-ubyte` and the same with `t10k`, compressed or not, also with a dot for the second hyphen.
 *
 * @param options `split`: `"train"` (default) or `"test"`, the t10k files
 * @throws ImageSetError naming the file that is missing or wrong
 *
 * @example
 * ```ts
 * import { mkdtempSync } from "node:fs";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { readMnist, writeIdx } from "@gleaner/images/node";
 * const folder = mkdtempSync(join(tmpdir(), "mnist-"));
 * writeIdx(join(folder, "t10k-images-idx3-ubyte.gz"), { shape: [1, 28, 28], data: new Uint8Array(784) });
 * writeIdx(join(folder, "t10k-labels-idx1-ubyte.gz"), { shape: [1], data: new Uint8Array([7]) });
 * readMnist(folder, { split: "test" }).shape; // => [1, 28, 28, 1]
 * ```
 */
export function readMnist(folder: string, options: SplitOptions = {}): LabeledImages {
  const { split = "train" } = options;
  const part = split === "train" ? "train" : "t10k";
  const imagesPath = findFile(folder, [`${part}-images-idx3-ubyte`, `${part}-images.idx3-ubyte`]);
  const labelsPath = findFile(folder, [`${part}-labels-idx1-ubyte`, `${part}-labels.idx1-ubyte`]);
  return imagesOfIdx(readBytes(imagesPath, options), readBytes(labelsPath, options), { imagesPath, labelsPath });
}

/**
 * Reads the folder of CIFAR-10's binary version, `cifar-10-batches-bin`: the five batches for training or the one for testing.
 *
 * @throws ImageSetError naming the file that is missing or wrong
 *
 * @example
 * ```ts
 * import { mkdtempSync, writeFileSync } from "node:fs";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { readCifar10 } from "@gleaner/images/node";
 * const folder = mkdtempSync(join(tmpdir(), "cifar-"));
 * writeFileSync(join(folder, "test_batch.bin"), new Uint8Array(2 * 3073));
 * readCifar10(folder, { split: "test" }).shape; // => [2, 32, 32, 3]
 * ```
 */
export function readCifar10(folder: string, options: SplitOptions = {}): LabeledImages {
  const { split = "train" } = options;
  const names = split === "train" ? [1, 2, 3, 4, 5].map((i) => `data_batch_${i}.bin`) : ["test_batch.bin"];
  return concatImages(
    names.map((name) => {
      const path = findFile(folder, [name]);
      return parseCifar10(readBytes(path, options), { path });
    }),
  );
}

export interface ReadCifar100Options extends SplitOptions {
  /** The 100 classes (default) or the 20 groups that they are in. */
  labels?: "fine" | "coarse";
}

/**
 * Reads the folder of CIFAR-100's binary version, `cifar-100-binary`; the names of the classes come from its `fine_label_names.txt` or
 * `coarse_label_names.txt`, where that file is there.
 *
 * @throws ImageSetError naming the file that is missing or wrong
 *
 * @example
 * ```ts
 * import { mkdtempSync, writeFileSync } from "node:fs";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { readCifar100 } from "@gleaner/images/node";
 * const folder = mkdtempSync(join(tmpdir(), "cifar-"));
 * writeFileSync(join(folder, "test.bin"), new Uint8Array(3074));
 * readCifar100(folder, { split: "test" }).shape; // => [1, 32, 32, 3]
 * ```
 */
export function readCifar100(folder: string, options: ReadCifar100Options = {}): LabeledImages {
  const { split = "train", labels = "fine" } = options;
  const path = findFile(folder, [`${split}.bin`]);
  const namesPath = join(folder, `${labels}_label_names.txt`);
  const set = parseCifar100(readBytes(path, options), { path, labels });
  if (!existsSync(namesPath)) return set;
  return { ...set, classNames: readClassNames(namesPath, labels === "fine" ? 100 : 20) };
}

/**
 * Reads a file of UCI's optical digits, compressed by gzip or not (see `parseDigits`).
 *
 * @throws ImageSetError if there is no such file, or it is no such file
 *
 * @example
 * ```ts
 * import { mkdtempSync, writeFileSync } from "node:fs";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { readDigits } from "@gleaner/images/node";
 * const path = join(mkdtempSync(join(tmpdir(), "digits-")), "digits.csv");
 * writeFileSync(path, `${"0,".repeat(64)}3\n`);
 * readDigits(path).labels; // => [3]
 * ```
 */
export function readDigits(path: string, options: ReadOptions = {}): LabeledImages {
  return parseDigits(new TextDecoder().decode(readBytes(path, options)), { path });
}
