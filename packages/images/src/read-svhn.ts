import { closeSync, existsSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import { byteReader } from "./byte-reader.js";
import { findFile, type ReadOptions } from "./files.js";
import { imageSetError, maxElements } from "./image-set-error.js";
import type { LabeledImages } from "./labeled-images.js";
import { sizeOfFile } from "./record-source.js";
import { svhnOf } from "./svhn.js";

const pieceBytes = 2 ** 20;

function* piecesOfFile(file: number): Generator<Uint8Array> {
  for (;;) {
    const piece = new Uint8Array(pieceBytes);
    const got = readSync(file, piece, 0, pieceBytes, null);
    if (got === 0) return;
    yield piece.subarray(0, got);
  }
}

export interface ReadSvhnOptions extends ReadOptions {
  /** Which part of the set (default `"train"`). */
  split?: "train" | "extra" | "test";
}

/**
 * Reads a part of SVHN's cropped digits from the folder with `train_32x32.mat`, `extra_32x32.mat` and `test_32x32.mat`.
 *
 * The file is decompressed in small pieces straight into the images (1.6 GB for the 531,131 of `"extra"`), so that little more memory is
 * used than the result has. The pool of N = 604,388 is `concatSources` of `"train"` and `"extra"`, each as an `imageSource`: that copies
 * nothing, where `concatImages` does.
 *
 * @param options `maxBytes` bounds the images (default 2 GiB − 1)
 * @throws ImageSetError naming the file that is missing or wrong
 *
 * @example
 * ```ts
 * import { mkdtempSync } from "node:fs";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { isImageSetError } from "@gleaner/images";
 * import { readSvhn } from "@gleaner/images/node";
 * let caught: unknown;
 * try {
 *   readSvhn(mkdtempSync(join(tmpdir(), "svhn-")), { split: "extra" });
 * } catch (error) {
 *   caught = error;
 * }
 * isImageSetError(caught, "NotFound"); // => true
 * ```
 */
export function readSvhn(folder: string, options: ReadSvhnOptions = {}): LabeledImages {
  const { split = "train", maxBytes = 2 ** 31 - 1 } = options;
  if (!existsSync(join(folder, `${split}_32x32.mat`)) && existsSync(join(folder, "digitStruct.mat")))
    throw imageSetError("Unsupported", folder, "it holds SVHN's full numbers (format 1), the cropped digits (format 2) are read");
  return readSvhnFile(findFile(folder, [`${split}_32x32.mat`], { compressed: false }), maxBytes);
}

/** Reads one such file. */
export function readSvhnFile(path: string, maxBytes: number): LabeledImages {
  const bytes = sizeOfFile(path);
  const file = openSync(path, "r");
  try {
    return svhnOf(byteReader(piecesOfFile(file), path), bytes, Math.min(maxBytes, maxElements));
  } finally {
    closeSync(file);
  }
}
