import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { type ImageForm, loadImageDecoder } from "./decode-image.js";
import { imageSetError, isImageSetError } from "./image-set-error.js";
import type { LabeledImages } from "./labeled-images.js";
import { type LeftOutFile, listImageFolder } from "./list-image-folder.js";

export interface ReadImageFolderOptions {
  /** The height and the width of the images in the set: one number for both, or [height, width]. */
  size: number | readonly [number, number];
  /** 1 for gray, 3 for red, green and blue (default). */
  channels?: 1 | 3;
  /** The folder of a part, such as `"test"` (default `"train"`, where the folder has parts). */
  split?: string;
  /** The name of the folder of images without labels (default `"unlabeled"`, where there is one). */
  unlabeled?: string;
  /** The classes in the order of their labels (default: the folders in the order of their names). */
  classNames?: readonly string[];
  /** Whether a picture that does not decode is an error (default) or listed in `broken` and left out. */
  broken?: "refuse" | "leave out";
  /** The most that the images of the set may need, in bytes (default 2 GiB − 1). */
  maxBytes?: number;
  /** How many files are decoded at a time (default 4). */
  concurrency?: number;
  /** Called after each file. */
  onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
  /** Stops the reading, which then rejects with the signal's reason. */
  signal?: AbortSignal;
}

/** A set that was decoded from files. Images without a label have the label −1. */
export interface ImageFolder extends LabeledImages {
  readonly classNames: readonly string[];
  /** The file of each image, from the folder on, with `/` between. */
  readonly files: readonly string[];
  /** Files that are no pictures, and links to folders. */
  readonly ignored: readonly LeftOutFile[];
  /** Pictures that do not decode, where these are left out. */
  readonly broken: readonly LeftOutFile[];
}

// A camera's raw JPEG has some 20 MB; a scan of a slide as PNG may have more.
const maxFileBytes = 2 ** 28;
const maxSide = 2 ** 14;

function formOf(size: ReadImageFolderOptions["size"], channels: number): ImageForm {
  const [height, width] = typeof size === "number" ? [size, size] : size;
  for (const [name, value] of [
    ["height", height],
    ["width", width],
  ] as const) {
    if (!Number.isInteger(value) || value < 1 || value > maxSide)
      throw new RangeError(`the ${name} of images must be an integer from 1 to ${maxSide}, got ${value}`);
  }
  if (channels !== 1 && channels !== 3) throw new RangeError(`channels must be 1 or 3, got ${channels}`);
  return { height, width, channels };
}

/**
 * Reads a folder with a folder of PNG and JPEG files for each class: `<class>/**` or `train/<class>/**`, and those in `unlabeled/**`, which
 * get the label −1. The package `sharp` decodes them and has to be installed beside this one.
 *
 * Pictures are turned upright as their EXIF data say, resized so that they cover the size (Lanczos), and cropped at the center; transparent
 * ones are laid on black; gray is the luminance. Classes and files are in the order of their names by code units, the same on every machine;
 * a part such as `test` has the classes of all parts. Other files are listed in `ignored`.
 *
 * @returns the set, with the file of each image
 * @throws ImageSetError (rejects) naming the file or folder that is missing, broken or a link that leaves the folder, and if the images need
 *   more than `maxBytes`
 * @throws RangeError (rejects) for a size, number of channels or concurrency that cannot be
 *
 * @example
 * ```ts
 * import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { readImageFolder } from "@gleaner/images/node";
 * const png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg==";
 * const folder = mkdtempSync(join(tmpdir(), "folder-"));
 * for (const name of ["benign", "malignant"]) {
 *   mkdirSync(join(folder, name));
 *   writeFileSync(join(folder, name, "1.png"), Buffer.from(png, "base64"));
 * }
 * const set = await readImageFolder(folder, { size: 2, channels: 1 });
 * set.shape; // => [2, 2, 2, 1]
 * set.classNames; // => ["benign", "malignant"]
 * set.files; // => ["benign/1.png", "malignant/1.png"]
 * ```
 */
export async function readImageFolder(folder: string, options: ReadImageFolderOptions): Promise<ImageFolder> {
  const { channels = 3, broken: onBroken = "refuse", maxBytes = 2 ** 31 - 1, concurrency = 4, onProgress, signal } = options;
  const form = formOf(options.size, channels);
  if (!Number.isInteger(concurrency) || concurrency < 1)
    throw new RangeError(`concurrency must be an integer of at least 1, got ${concurrency}`);
  signal?.throwIfAborted();
  const { classNames, files, ignored } = listImageFolder(folder, options);
  const size = form.height * form.width * form.channels;
  const needed = size * files.length;
  if (needed > maxBytes)
    throw imageSetError("TooLarge", folder, `its ${files.length} images need ${needed} bytes, at most ${maxBytes} are read`);
  const decode = await loadImageDecoder();

  const images = new Uint8Array(needed);
  const faults = new Map<number, LeftOutFile>();
  let next = 0;
  let done = 0;
  let failed = false;
  const work = async (): Promise<void> => {
    while (next < files.length && !failed) {
      const i = next++;
      const path = join(folder, files[i]!.path);
      try {
        signal?.throwIfAborted();
        const { size: bytes } = await stat(path);
        if (bytes > maxFileBytes) throw imageSetError("TooLarge", path, `it has ${bytes} bytes, at most ${maxFileBytes} are read`);
        images.set(await decode(await readFile(path), path, form), i * size);
      } catch (error) {
        if (onBroken !== "leave out" || !isImageSetError(error)) {
          failed = true;
          throw error;
        }
        faults.set(i, { path: files[i]!.path, reason: error.message.slice(path.length + 2) });
      }
      onProgress?.({ done: ++done, total: files.length });
    }
  };
  // All have to stop before the first fault is handed on, so that nothing is read after the promise is settled.
  const ends = await Promise.allSettled(Array.from({ length: concurrency }, work));
  const fault = ends.find((end) => end.status === "rejected");
  if (fault) throw fault.reason;

  const kept = files.map((_, i) => i).filter((i) => !faults.has(i));
  for (const [to, from] of kept.entries()) images.copyWithin(to * size, from * size, (from + 1) * size);
  return {
    images: faults.size === 0 ? images : images.slice(0, kept.length * size),
    shape: [kept.length, form.height, form.width, form.channels],
    labels: Int32Array.from(kept, (i) => files[i]!.label),
    classNames,
    files: kept.map((i) => files[i]!.path),
    ignored,
    broken: [...faults.keys()].sort((a, b) => a - b).map((i) => faults.get(i)!),
  };
}
