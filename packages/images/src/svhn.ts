import { type ByteReader, byteReader } from "./byte-reader.js";
import { imageSetError, maxElements, type ParseOptions } from "./image-set-error.js";
import type { LabeledImages } from "./labeled-images.js";
import { type MatHeader, type MatSink, visitMatArrays } from "./mat-arrays.js";
import { pixelPlaces } from "./planes.js";

const side = 32;
const imageBytes = 3 * side * side;
// Deflate makes at most 1032 bytes of one (zlib, "Technical details").
const mostExpansion = 1032;

/** The classes of SVHN in the order of its labels here: 0 to 9. */
const svhnClassNames: readonly string[] = Array.from({ length: 10 }, (_, i) => String(i));

/** Bytes that arrive in pieces, image after image, each as channels of columns. */
function imageSink(images: Uint8Array): MatSink {
  const places = pixelPlaces(side, side, 3, "columns");
  let inImage = 0;
  let image = 0;
  return (piece) => {
    for (let i = 0; i < piece.length; i++) {
      images[image + places[inImage]!] = piece[i]!;
      if (++inImage === imageBytes) {
        inImage = 0;
        image += imageBytes;
      }
    }
  };
}

const readers: Record<string, (view: DataView, at: number, littleEndian: boolean) => number> = {
  int8: (view, at) => view.getInt8(at),
  uint8: (view, at) => view.getUint8(at),
  int16: (view, at, little) => view.getInt16(at, little),
  uint16: (view, at, little) => view.getUint16(at, little),
  int32: (view, at, little) => view.getInt32(at, little),
  uint32: (view, at, little) => view.getUint32(at, little),
  float: (view, at, little) => view.getFloat32(at, little),
  double: (view, at, little) => view.getFloat64(at, little),
  int64: (view, at, little) => Number(view.getBigInt64(at, little)),
  uint64: (view, at, little) => Number(view.getBigUint64(at, little)),
};

/** Reads SVHN from a stream; `fileBytes` bounds what its header may promise. */
export function svhnOf(reader: ByteReader, fileBytes: number, maxBytes: number): LabeledImages {
  const { path } = reader;
  let images: Uint8Array<ArrayBuffer> | undefined;
  let target: { header: MatHeader; bytes: Uint8Array; written: number } | undefined;
  const found: string[] = [];
  visitMatArrays(reader, (header) => {
    const { name, shape, stored, elementBytes } = header;
    const what = `${name} of [${shape}] ${stored}`;
    found.push(what);
    if (name === "X" && !images) {
      // MATLAB drops the last axis of a single image.
      const [height, width, channels, count = 1] = shape;
      if (height !== side || width !== side || channels !== 3 || shape.length > 4 || stored !== "uint8")
        throw imageSetError("Unsupported", path, `it has ${what}, SVHN's cropped digits have X of [32,32,3,n] uint8`);
      if (count * imageBytes > Math.min(maxBytes, maxElements))
        throw imageSetError("TooLarge", path, `its ${count} images have ${count * imageBytes} bytes, at most ${maxBytes} are read`);
      if (count * imageBytes > fileBytes * mostExpansion)
        throw imageSetError("Truncated", path, `its header promises ${count} images, more than its ${fileBytes} bytes can hold`);
      images = new Uint8Array(count * imageBytes);
      return imageSink(images);
    }
    if (name === "y" && !target) {
      const count = shape.reduce((product, size) => product * size, 1);
      if (shape.length !== 2 || !shape.includes(1) || count * elementBytes > fileBytes * mostExpansion)
        throw imageSetError("Unsupported", path, `it has ${what}, SVHN's cropped digits have y of [n,1]`);
      const gathered = { header, bytes: new Uint8Array(count * elementBytes), written: 0 };
      target = gathered;
      return (piece) => {
        gathered.bytes.set(piece, gathered.written);
        gathered.written += piece.length;
      };
    }
    return undefined;
  });
  if (!images || !target) {
    const held = found.length > 0 ? found.join("; ") : "no arrays";
    throw imageSetError("Malformed", path, `SVHN's cropped digits are arrays X and y, it has ${held}`);
  }
  const count = images.length / imageBytes;
  const { header, bytes } = target;
  if (bytes.length / header.elementBytes !== count)
    throw imageSetError("Malformed", path, `it has ${bytes.length / header.elementBytes} labels for its ${count} images`);
  const view = new DataView(bytes.buffer);
  const labels = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    const label = readers[header.stored]!(view, i * header.elementBytes, header.littleEndian);
    if (!Number.isInteger(label) || label < 1 || label > 10)
      throw imageSetError("Malformed", path, `image ${i} has the label ${label}, SVHN has 1 to 10 (10 is the digit 0)`);
    labels[i] = label % 10;
  }
  return { images, shape: [count, side, side, 3], labels, classNames: svhnClassNames };
}

const pieceBytes = 2 ** 20;

/** A file that is in memory as the chunks of a stream. */
function* piecesOf(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
}

/**
 * Reads a file of SVHN's cropped digits (Y. Netzer et al., "Reading digits in natural images with unsupervised feature learning", 2011;
 * "format 2"), such as `train_32x32.mat`: a MAT file of version 5 with X [32, 32, 3, n] and y [n, 1].
 *
 * The label 10 of the file is the digit 0 and becomes class 0. Besides the file, the memory of the images is all that is needed.
 *
 * @param bytes the whole file
 * @returns n × 32 × 32 × 3 images with the classes 0 to 9
 * @throws ImageSetError (`isImageSetError`) if it is another file (also a MAT file of version 4 or 7.3), cut off, corrupt, or has other labels
 *
 * @example
 * ```ts
 * import { isImageSetError, parseSvhn } from "@gleaner/images";
 * let caught: unknown;
 * try {
 *   parseSvhn(new TextEncoder().encode("MATLAB 5.0 MAT-file"), { path: "train_32x32.mat" });
 * } catch (error) {
 *   caught = error;
 * }
 * isImageSetError(caught, "Truncated"); // => true
 * ```
 */
export function parseSvhn(bytes: Uint8Array, options: ParseOptions = {}): LabeledImages {
  const { path = "the file" } = options;
  return svhnOf(byteReader(piecesOf(bytes), path), bytes.length, maxElements);
}
