import { existsSync, statSync } from "node:fs";
import { decodeFile, formOf, loadImageDecoder } from "./decode-image.js";
import { imageSetError } from "./image-set-error.js";

export interface ReadImageFileOptions {
  /** The height and the width that the picture is brought to: one number for both, or [height, width]. */
  size: number | readonly [number, number];
  /** 1 for gray, 3 for red, green and blue (default). */
  channels?: 1 | 3;
}

/** One picture: bytes in C order, channels innermost. */
export interface DecodedImage {
  readonly data: Uint8Array;
  /** [height, width, channels] */
  readonly shape: readonly [number, number, number];
}

/**
 * Reads one PNG or JPEG file as `readImageFolder` reads those of a class, for a network that was trained on such a folder. The package
 * `sharp` decodes it and has to be installed beside this one.
 *
 * @throws ImageSetError (rejects) naming the file that is missing, no picture or broken
 * @throws RangeError (rejects) for a size or number of channels that cannot be
 *
 * @example
 * ```ts
 * import { mkdtempSync, writeFileSync } from "node:fs";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { readImageFile } from "@gleaner/images/node";
 * const png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg==";
 * const path = join(mkdtempSync(join(tmpdir(), "file-")), "1.png");
 * writeFileSync(path, Buffer.from(png, "base64"));
 * (await readImageFile(path, { size: [2, 3], channels: 1 })).shape; // => [2, 3, 1]
 * ```
 */
export async function readImageFile(path: string, options: ReadImageFileOptions): Promise<DecodedImage> {
  const form = formOf(options.size, options.channels ?? 3);
  if (!existsSync(path)) throw imageSetError("NotFound", path, "it does not exist");
  if (!statSync(path).isFile()) throw imageSetError("NotFound", path, "it is a folder where a picture was expected");
  const data = await decodeFile(await loadImageDecoder(), path, form);
  return { data, shape: [form.height, form.width, form.channels] };
}
