import { decodeFolder, planFolder, type ReadImageFolderOptions } from "./decode-folder.js";
import type { LabeledImages } from "./labeled-images.js";
import type { LeftOutFile } from "./list-image-folder.js";

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
  const plan = planFolder(folder, options, options.maxBytes ?? 2 ** 31 - 1);
  const { form, size, listed } = plan;
  const { classNames, files, ignored } = listed;
  const images = new Uint8Array(size * files.length);
  const faults = await decodeFolder(folder, plan, options, (pixels, i) => images.set(pixels, i * size));
  const kept = files.map((_, i) => i).filter((i) => !faults.has(i));
  for (const [to, from] of kept.entries()) images.copyWithin(to * size, from * size, (from + 1) * size);
  return {
    images: faults.size === 0 ? images : images.slice(0, kept.length * size),
    shape: [kept.length, form.height, form.width, form.channels],
    labels: Int32Array.from(kept, (i) => files[i]!.label),
    classNames,
    files: kept.map((i) => files[i]!.path),
    ignored,
    broken: [...faults.values()],
  };
}
