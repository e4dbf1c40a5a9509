import { imageSetError, maxElements, type ParseOptions } from "./image-set-error.js";
import type { LabeledImages } from "./labeled-images.js";

/** The arrays that IDX files hold. */
export type IdxData = Uint8Array | Int8Array | Int16Array | Int32Array | Float32Array | Float64Array;

/** An array of an IDX file. */
export interface IdxArray {
  readonly shape: readonly number[];
  /** In C order. */
  readonly data: IdxData;
}

/** An element type of the format: its code, its array and how one big-endian element is read and written. */
interface Kind {
  code: number;
  array: new (length: number) => IdxData;
  bytes: number;
  read: (view: DataView, at: number) => number;
  write: (view: DataView, at: number, value: number) => void;
}
const kinds: readonly Kind[] = [
  { code: 0x08, array: Uint8Array, bytes: 1, read: (v, at) => v.getUint8(at), write: (v, at, x) => v.setUint8(at, x) },
  { code: 0x09, array: Int8Array, bytes: 1, read: (v, at) => v.getInt8(at), write: (v, at, x) => v.setInt8(at, x) },
  { code: 0x0b, array: Int16Array, bytes: 2, read: (v, at) => v.getInt16(at), write: (v, at, x) => v.setInt16(at, x) },
  { code: 0x0c, array: Int32Array, bytes: 4, read: (v, at) => v.getInt32(at), write: (v, at, x) => v.setInt32(at, x) },
  { code: 0x0d, array: Float32Array, bytes: 4, read: (v, at) => v.getFloat32(at), write: (v, at, x) => v.setFloat32(at, x) },
  { code: 0x0e, array: Float64Array, bytes: 8, read: (v, at) => v.getFloat64(at), write: (v, at, x) => v.setFloat64(at, x) },
];

// Four are images in color; a little more costs nothing and 255, which the format allows, has no use.
const maxRank = 8;
const maxSize = 2 ** 32 - 1;

/**
 * Reads an array of the IDX format, the one of MNIST (Y. LeCun, C. Cortes, C. Burges, "The MNIST database").
 *
 * @param bytes the whole file, not compressed
 * @returns the array as a copy
 * @throws ImageSetError (`isImageSetError`) if the bytes are no such file, end early or go on
 *
 * @example
 * ```ts
 * import { parseIdx } from "@gleaner/images";
 * parseIdx(new Uint8Array([0, 0, 8, 1, 0, 0, 0, 3, 7, 8, 9])); // => { shape: [3], data: [7, 8, 9] }
 * ```
 */
export function parseIdx(bytes: Uint8Array, options: ParseOptions = {}): IdxArray {
  const { path = "the file" } = options;
  if (bytes.length < 4)
    throw imageSetError("Truncated", path, `an IDX file starts with 4 bytes of type and rank, this has ${bytes.length}`);
  const [zero, another, code, rank] = bytes as unknown as [number, number, number, number];
  const kind = kinds.find((one) => one.code === code);
  if (zero !== 0 || another !== 0 || !kind) {
    const start = Array.from(bytes.subarray(0, 4), (byte) => byte.toString(16).padStart(2, "0")).join(" ");
    throw imageSetError("Malformed", path, `an IDX file starts with 00 00 and a type of 08 to 0e, this with ${start}`);
  }
  if (rank < 1 || rank > maxRank) throw imageSetError("Unsupported", path, `its rank is ${rank}, 1 to ${maxRank} are read`);
  const start = 4 + 4 * rank;
  if (bytes.length < start) throw imageSetError("Truncated", path, `the sizes of its ${rank} axes are cut off`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  const count = shape.reduce((product, size) => product * size, 1);
  if (count > maxElements) throw imageSetError("TooLarge", path, `its header promises [${shape}], more than ${maxElements} elements`);
  const needed = count * kind.bytes;
  const held = bytes.length - start;
  if (held < needed) throw imageSetError("Truncated", path, `its header promises [${shape}], ${needed} bytes, and ${held} are there`);
  if (held > needed)
    throw imageSetError("Malformed", path, `its header promises [${shape}], ${needed} bytes, and ${held - needed} more follow`);
  const data = new kind.array(count);
  if (kind.bytes === 1) data.set(new Int8Array(bytes.buffer, bytes.byteOffset + start, count));
  else for (let i = 0; i < count; i++) data[i] = kind.read(view, start + i * kind.bytes);
  return { shape, data };
}

/**
 * Writes an array in the IDX format; the element type is that of the array.
 *
 * @throws RangeError if the shape does not fit the data or the format
 *
 * @example
 * ```ts
 * import { formatIdx } from "@gleaner/images";
 * formatIdx({ shape: [3], data: new Uint8Array([7, 8, 9]) }); // => [0, 0, 8, 1, 0, 0, 0, 3, 7, 8, 9]
 * ```
 */
export function formatIdx(array: IdxArray): Uint8Array<ArrayBuffer> {
  const { shape, data } = array;
  const kind = kinds.find((one) => data instanceof one.array);
  if (!kind)
    throw new RangeError("IDX holds Uint8Array, Int8Array, Int16Array, Int32Array, Float32Array and Float64Array, got another type");
  const sizesFit = shape.every((size) => Number.isInteger(size) && size >= 0 && size <= maxSize);
  if (shape.length < 1 || shape.length > maxRank || !sizesFit || shape.reduce((product, size) => product * size, 1) !== data.length) {
    throw new RangeError(`the shape [${shape}] does not hold ${data.length} values on 1 to ${maxRank} axes`);
  }
  const start = 4 + 4 * shape.length;
  const bytes = new Uint8Array(start + data.length * kind.bytes);
  const view = new DataView(bytes.buffer);
  bytes[2] = kind.code;
  bytes[3] = shape.length;
  for (const [axis, size] of shape.entries()) view.setUint32(4 + 4 * axis, size);
  for (let i = 0; i < data.length; i++) kind.write(view, start + i * kind.bytes, data[i]!);
  return bytes;
}

/** What `imagesOfIdx` may be told. */
export interface IdxImagesOptions {
  /** The names of the files in messages. */
  imagesPath?: string;
  labelsPath?: string;
  classNames?: readonly string[];
}

/**
 * Joins the two IDX files of a set such as MNIST, Fashion-MNIST or EMNIST: bytes of [images, height, width] or
 * [images, height, width, channels], and bytes of [images] with the classes.
 *
 * @throws ImageSetError if one of the files is not of that kind, or the numbers of images and labels differ
 *
 * @example
 * ```ts
 * import { formatIdx, imagesOfIdx } from "@gleaner/images";
 * const images = formatIdx({ shape: [2, 1, 2], data: new Uint8Array([1, 2, 3, 4]) });
 * const labels = formatIdx({ shape: [2], data: new Uint8Array([5, 0]) });
 * imagesOfIdx(images, labels); // => { images: [1, 2, 3, 4], shape: [2, 1, 2, 1], labels: [5, 0] }
 * ```
 */
export function imagesOfIdx(imageBytes: Uint8Array, labelBytes: Uint8Array, options: IdxImagesOptions = {}): LabeledImages {
  const { imagesPath = "the images", labelsPath = "the labels", classNames } = options;
  const images = parseIdx(imageBytes, { path: imagesPath });
  const labels = parseIdx(labelBytes, { path: labelsPath });
  const [count, height, width, channels = 1] = images.shape;
  if (
    !(images.data instanceof Uint8Array) ||
    count === undefined ||
    height === undefined ||
    width === undefined ||
    images.shape.length > 4
  ) {
    throw imageSetError("Unsupported", imagesPath, `images are bytes on 3 or 4 axes, this has the shape [${images.shape}]`);
  }
  if (!(labels.data instanceof Uint8Array) || labels.shape.length !== 1) {
    throw imageSetError("Unsupported", labelsPath, `labels are bytes on one axis, this has the shape [${labels.shape}]`);
  }
  if (labels.shape[0] !== count)
    throw imageSetError("Malformed", labelsPath, `it has ${labels.shape[0]} labels for the ${count} images of ${imagesPath}`);
  return { images: images.data, shape: [count, height, width, channels], labels: labels.data, ...(classNames ? { classNames } : {}) };
}
