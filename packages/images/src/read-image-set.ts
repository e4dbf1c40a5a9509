import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { describeSource, type ImageSetDescription } from "./describe-images.js";
import { imageSetError } from "./image-set-error.js";
import { type FormatOptions, type ImageSetFormat, type KnownFormat, knownFormats } from "./image-set-formats.js";
import type { ImageSource } from "./image-source.js";

export interface ReadImageSetOptions extends FormatOptions {
  /** Which part of the set (default `"train"`, for a set that has parts). */
  split?: string;
  /** What the set is, where that cannot be told or is told wrong. */
  format?: ImageSetFormat;
}

/** A set that was recognized and opened. */
export interface RecognizedImageSet {
  readonly format: ImageSetFormat;
  /** The part that was opened, where the set has parts. */
  readonly split?: string;
  /** The parts that are there. */
  readonly splits: readonly string[];
  /** To be closed. */
  readonly source: ImageSource;
}

// The folders that the archives of the sets unpack to.
const unpacked = ["cifar-10-batches-bin", "cifar-100-binary", "stl10_binary"];

/** The path, or the folder in it that an archive unpacked to. */
function homeOf(path: string): string {
  const inside = unpacked.filter((name) => existsSync(join(path, name)));
  if (inside.length > 1) throw imageSetError("Unsupported", path, `it holds ${inside.join(" and ")}, name one of them`);
  return inside.length === 1 ? join(path, inside[0]!) : path;
}

/** Which format a file or folder is of, and its parts. */
function recognize(given: string, wanted?: ImageSetFormat): { path: string; known: KnownFormat; splits: readonly string[] } {
  const path = homeOf(given);
  const stats = statSync(path, { throwIfNoEntry: false });
  if (!stats) throw imageSetError("NotFound", path, "it does not exist");
  if (!stats.isFile() && !stats.isDirectory()) throw imageSetError("NotFound", path, "it is neither a file nor a folder");
  const candidates = wanted === undefined ? knownFormats : knownFormats.filter(({ name }) => name === wanted);
  const names = knownFormats.map(({ name }) => name).join(", ");
  if (candidates.length === 0) throw new RangeError(`the format must be one of ${names}, got ${wanted}`);
  const matches = candidates.flatMap((known) => {
    const splits = known.splits(path);
    return splits ? [{ known, splits }] : [];
  });
  // A folder of binary files may have other folders in it: these are pictures only where nothing else was found.
  const certain = matches.length > 1 ? matches.filter(({ known }) => known.name !== "image-folder") : matches;
  const [first, second] = certain;
  if (!first) {
    const looks = candidates.map((known) => known.looks).join(", ");
    throw imageSetError("Unsupported", path, `the ${stats.isFile() ? "file" : "folder"} is no known set of images; looked for ${looks}`);
  }
  if (second)
    throw imageSetError(
      "Unsupported",
      path,
      `it may be ${certain.map(({ known }) => known.name).join(" or ")}; say which by the option format`,
    );
  return { path, ...first };
}

/**
 * Recognizes which set of images a file or folder is by the names and first bytes of its files, and opens a part of it: MNIST, CIFAR-10 and
 * -100, SVHN, STL-10, MedMNIST, UCI's digits, or a folder of PNG and JPEG files for each class.
 *
 * Uncompressed CIFAR and STL-10 are read when images are asked for, the others into memory now.
 *
 * @param options `split`, `format`, `size` and the others of `readImageFolder`, `labels` of CIFAR-100
 * @returns the format and a source, to be closed
 * @throws ImageSetError (rejects) if the path is no known set or may be several, has no such part, or is cut off or wrong
 * @throws RangeError (rejects) for a format that is not known, and for a folder of pictures without a `size`
 *
 * @example
 * ```ts
 * import { mkdtempSync, writeFileSync } from "node:fs";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { readImageSet } from "@gleaner/images/node";
 * const folder = mkdtempSync(join(tmpdir(), "set-"));
 * writeFileSync(join(folder, "test_batch.bin"), new Uint8Array(3073));
 * const { format, split, source } = await readImageSet(folder, { split: "test" });
 * [format, split]; // => ["cifar-10", "test"]
 * source.shape; // => [1, 32, 32, 3]
 * source.close();
 * ```
 */
export async function readImageSet(path: string, options: ReadImageSetOptions = {}): Promise<RecognizedImageSet> {
  const { split: wanted, format, ...rest } = options;
  const { path: home, known, splits } = recognize(path, format);
  if (wanted !== undefined && splits.length === 0)
    throw imageSetError("NotFound", path, `it has no part ${wanted}, ${known.name} is one whole here`);
  const split = splits.length === 0 ? undefined : (wanted ?? "train");
  if (split !== undefined && !splits.includes(split))
    throw imageSetError("NotFound", path, `it has no part ${split}, ${known.name} has ${splits.join(", ")} here`);
  const source = await known.open(home, split, rest);
  return { format: known.name, ...(split === undefined ? {} : { split }), splits, source };
}

/** What a set on disk is and holds. */
export interface RecognizedDescription extends ImageSetDescription {
  readonly format: ImageSetFormat;
  /** The part that is described, where the set has parts. */
  readonly split?: string;
  /** The parts that are there. */
  readonly splits: readonly string[];
  readonly classNames?: readonly string[];
}

/**
 * Recognizes and describes the set of images in a file or folder (see `readImageSet` and `describeSource`); of a set without the part
 * `"train"` the first one that is there.
 *
 * @throws ImageSetError and RangeError (rejects) as `readImageSet` does
 *
 * @example
 * ```ts
 * import { mkdtempSync, writeFileSync } from "node:fs";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { describeImageSet } from "@gleaner/images/node";
 * const folder = mkdtempSync(join(tmpdir(), "set-"));
 * writeFileSync(join(folder, "digits.csv"), `${"16,".repeat(64)}7\n`);
 * const { format, images, perClass, mean } = await describeImageSet(folder);
 * [format, images, mean[0]]; // => ["digits", 1, 1]
 * perClass; // => [0, 0, 0, 0, 0, 0, 0, 1, 0, 0]
 * ```
 */
export async function describeImageSet(path: string, options: ReadImageSetOptions = {}): Promise<RecognizedDescription> {
  const { splits: present } = recognize(path, options.format);
  const split = options.split ?? (present.includes("train") ? "train" : present[0]);
  const { source, ...found } = await readImageSet(path, split === undefined ? options : { ...options, split });
  try {
    const { classNames } = source;
    return { ...found, ...describeSource(source), ...(classNames ? { classNames } : {}) };
  } finally {
    source.close();
  }
}
