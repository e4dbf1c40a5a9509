import { type ReadOptions, readBytes } from "./files.js";
import type { LabeledImages } from "./labeled-images.js";
import { type MedMnistOptions, parseMedMnist } from "./medmnist.js";

export interface ReadMedMnistOptions extends ReadOptions, Pick<MedMnistOptions, "split" | "classNames"> {}

/**
 * Reads a split of an .npz file of MedMNIST (see `parseMedMnist`).
 *
 * @throws ImageSetError if there is no such file, or it is no such file
 *
 * @example
 * ```ts
 * import { mkdtempSync, writeFileSync } from "node:fs";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { isImageSetError } from "@gleaner/images";
 * import { readMedMnist } from "@gleaner/images/node";
 * const path = join(mkdtempSync(join(tmpdir(), "medmnist-")), "pneumoniamnist.npz");
 * writeFileSync(path, "no zip file, but as long as one");
 * let caught: unknown;
 * try {
 *   readMedMnist(path, { split: "val" });
 * } catch (error) {
 *   caught = error;
 * }
 * isImageSetError(caught, "Malformed"); // => true
 * ```
 */
export function readMedMnist(path: string, options: ReadMedMnistOptions = {}): LabeledImages {
  return parseMedMnist(readBytes(path, options), { ...options, path });
}
