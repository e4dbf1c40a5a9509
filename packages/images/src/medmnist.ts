import { unzipSync } from "fflate";
import { imageSetError, maxElements, type ParseOptions } from "./image-set-error.js";
import type { LabeledImages } from "./labeled-images.js";
import { type NpyArray, parseNpy } from "./npy.js";

export interface MedMnistOptions extends ParseOptions {
  /** Which part of the set (default `"train"`). */
  split?: "train" | "val" | "test";
  /** The largest array that is unpacked, in bytes (default 2 GiB − 1). */
  maxBytes?: number;
  /** The names of the classes, which the file does not hold. */
  classNames?: readonly string[];
}

const zipStart = [0x50, 0x4b];
// Deflate makes at most 1032 bytes of one (zlib, "Technical details").
const mostExpansion = 1032;
// A set has six arrays; more only bounds a wrong file.
const maxEntries = 64;

/** The two arrays of a split, unpacked; the others are only named. */
function unpack(bytes: Uint8Array, path: string, names: readonly string[], maxBytes: number): Map<string, NpyArray> {
  const present: string[] = [];
  const sizes = new Map<string, number>();
  let files: Record<string, Uint8Array>;
  try {
    files = unzipSync(bytes, {
      filter: ({ name, size, originalSize, compression }) => {
        present.push(name);
        if (present.length > maxEntries) throw imageSetError("TooLarge", path, `it has more than ${maxEntries} entries`);
        if (!names.includes(name)) return false;
        if (originalSize > maxBytes)
          throw imageSetError("TooLarge", path, `${name} has ${originalSize} bytes when decompressed, at most ${maxBytes} are read`);
        if (compression !== 0 && compression !== 8)
          throw imageSetError("Unsupported", path, `${name} is compressed by method ${compression}, stored (0) and deflated (8) are read`);
        if (originalSize > mostExpansion * size)
          throw imageSetError("Corrupt", path, `${name} promises ${originalSize} bytes, more than ${size} compressed bytes can hold`);
        sizes.set(name, originalSize);
        return true;
      },
    });
  } catch (cause) {
    if ((cause as { name?: string }).name === "ImageSetError") throw cause;
    throw imageSetError("Corrupt", path, "it is a zip file that is cut off or does not decode", cause);
  }
  const missing = names.filter((name) => !files[name]);
  if (missing.length > 0)
    throw imageSetError("Malformed", path, `MedMNIST has ${missing.join(" and ")}, this zip file has ${present.join(", ") || "nothing"}`);
  return new Map(
    names.map((name) => {
      const file = files[name]!;
      if (file.length !== sizes.get(name))
        throw imageSetError("Corrupt", path, `${name} has ${file.length} bytes when decompressed, its entry promises ${sizes.get(name)}`);
      return [name, parseNpy(file, `${path}: ${name}`)];
    }),
  );
}

/**
 * Reads a split of a set of MedMNIST (J. Yang et al., "MedMNIST v2", Scientific Data 10, 2023), such as `pneumoniamnist.npz`: NumPy's
 * compressed arrays `train_images`, `train_labels` and the same with `val` and `test`.
 *
 * Only the arrays of that split are unpacked. Sets of 2D images with one class for each are read; ChestMNIST, which has several, and the
 * sets of volumes are refused.
 *
 * @param bytes the whole file
 * @returns images [n, height, width, 1 or 3]
 * @throws ImageSetError (`isImageSetError`) if it is another file, cut off or corrupt, unpacks to more than `maxBytes`, or is such a set
 *
 * @example
 * ```ts
 * import { zipSync } from "fflate";
 * import { parseMedMnist } from "@gleaner/images";
 * const npy = (shape: string, values: number[]) =>
 *   new Uint8Array([0x93, ...new TextEncoder().encode("NUMPY\x01\x00\x50\x00"), ...new TextEncoder().encode(
 *     `{'descr': '|u1', 'fortran_order': False, 'shape': ${shape}, }`.padEnd(80)), ...values]);
 * const file = zipSync({ "val_images.npy": npy("(2, 1, 1)", [7, 9]), "val_labels.npy": npy("(2, 1)", [0, 1]) });
 * parseMedMnist(file, { split: "val" }); // => { images: [7, 9], shape: [2, 1, 1, 1], labels: [0, 1] }
 * ```
 */
export function parseMedMnist(bytes: Uint8Array, options: MedMnistOptions = {}): LabeledImages {
  const { path = "the file", split = "train", maxBytes = 2 ** 31 - 1, classNames } = options;
  if (bytes.length < 22) throw imageSetError("Truncated", path, `a zip file has at least 22 bytes, this has ${bytes.length}`);
  if (zipStart.some((byte, i) => bytes[i] !== byte)) throw imageSetError("Malformed", path, "it does not start like a zip file (PK)");
  const names = [`${split}_images.npy`, `${split}_labels.npy`] as const;
  const arrays = unpack(bytes, path, names, Math.min(maxBytes, maxElements));
  const images = arrays.get(names[0])!;
  const labels = arrays.get(names[1])!;
  const [count, height, width, channels = 1] = images.shape;
  if (!(images.data instanceof Uint8Array) || images.shape.length < 3 || images.shape.length > 4 || (channels !== 1 && channels !== 3)) {
    throw imageSetError(
      "Unsupported",
      path,
      `its images have the shape [${images.shape}], bytes of [n,height,width] or [n,height,width,3] are read (volumes are not)`,
    );
  }
  const [labelCount, perImage = 1] = labels.shape;
  if (labels.shape.length > 2 || labels.shape.length < 1 || perImage !== 1)
    throw imageSetError("Unsupported", path, `its labels have the shape [${labels.shape}], sets with one class for each image are read`);
  if (labelCount !== count) throw imageSetError("Malformed", path, `it has ${labelCount} labels for the ${count} images of ${split}`);
  const classes = Array.from(labels.data, Number);
  const most = classNames?.length ?? 2 ** 16;
  for (const [i, label] of classes.entries()) {
    if (!Number.isInteger(label) || label < 0 || label >= most)
      throw imageSetError("Malformed", path, `image ${i} of ${split} has the label ${label}, expected an integer from 0 to ${most - 1}`);
  }
  return {
    images: images.data,
    shape: [count!, height!, width!, channels],
    labels: labels.data instanceof Uint8Array ? labels.data : Int32Array.from(classes),
    ...(classNames ? { classNames } : {}),
  };
}
