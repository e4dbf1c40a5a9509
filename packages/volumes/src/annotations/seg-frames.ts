import { createFrameReader } from "../dicom/decode.js";
import type { DicomImage } from "../dicom/image.js";
import { type TransferSyntax, transferSyntaxOf } from "../dicom/transfer-syntax.js";
import { volumeError } from "../errors.js";
import type { OpenedObject } from "./dicom-object.js";

/** How the frames of a segmentation are stored. */
export interface SegPixels {
  readonly rows: number;
  readonly columns: number;
  readonly frames: number;
  readonly bitsAllocated: 1 | 8 | 16;
}

/** A reader of frames as stored values; those of one bit are bytes of 0 and 1. Checks first that the file holds what its header promises. */
export function createSegFrameReader(opened: OpenedObject, pixels: SegPixels, path: string): (frame: number) => Promise<ArrayLike<number>> {
  const { object, bytes, transferSyntax } = opened;
  const { rows, columns, frames, bitsAllocated } = pixels;
  const data = object.place("x7fe00010");
  if (!data) throw volumeError("Truncated", path, "it is a segmentation without pixel data");
  const syntax = transferSyntaxOf(transferSyntax);
  if (!syntax?.littleEndian || (bitsAllocated === 1 && syntax.packing !== "native")) {
    const uid = /^[\d.]{1,64}$/.test(transferSyntax) ? transferSyntax : "missing";
    throw volumeError("Unsupported", path, `its transfer syntax is ${uid} with ${bitsAllocated} bits per pixel, which is not read`);
  }
  if (syntax.packing !== "native") return encapsulated(opened, pixels, syntax, data.start, path);
  const size = rows * columns;
  const promised = Math.ceil((size * frames * bitsAllocated) / 8);
  const held = Math.max(0, Math.min(data.length, bytes.length - data.start));
  if (held < promised)
    throw volumeError("Truncated", path, `its header promises ${promised} bytes of pixels, the file has ${held}`, { offset: data.start });
  if (bitsAllocated === 1) return async (frame) => unpackBits(bytes.subarray(data.start, data.start + promised), frame * size, size);
  const step = bitsAllocated / 8;
  return async (frame) => {
    const start = data.start + frame * size * step;
    const values = bytes.subarray(start, start + size * step);
    // Values of 16 bits may lie at odd places of a file.
    return step === 1 ? values : Uint16Array.from({ length: size }, (_, i) => values[2 * i]! | (values[2 * i + 1]! << 8));
  };
}

/** Bits of a stream, the least of each byte first; frames follow each other without a gap (PS3.5, 8.1.1). */
function unpackBits(bytes: Uint8Array, start: number, length: number): Uint8Array {
  const out = new Uint8Array(length);
  for (let i = 0, bit = start; i < length; i++, bit++) out[i] = (bytes[bit >> 3]! >> (bit & 7)) & 1;
  return out;
}

/** Frames in the packings of images, through the decoders of images. */
function encapsulated(
  { bytes }: OpenedObject,
  { rows, columns, frames, bitsAllocated }: SegPixels,
  syntax: TransferSyntax,
  start: number,
  path: string,
): (frame: number) => Promise<ArrayLike<number>> {
  const bits = bitsAllocated === 1 ? 8 : bitsAllocated;
  const nowhere: Omit<DicomImage["frames"][number], "index"> = {
    position: undefined,
    rowAxis: [1, 0, 0],
    columnAxis: [0, 1, 0],
    pixelSpacingMm: [1, 1],
    betweenSlicesMm: undefined,
    slope: 1,
    intercept: 0,
  };
  const image: DicomImage = {
    source: { path, size: bytes.length, read: async (from, length) => new Uint8Array(bytes.subarray(from, from + length)) },
    series: "",
    instance: "",
    frameOfReference: "",
    modality: "SEG",
    description: undefined,
    localizer: false,
    columns,
    rows,
    frames: Array.from({ length: frames }, (_, index) => ({ index, ...nowhere })),
    format: {
      bitsAllocated: bits,
      bitsStored: bits,
      highBit: bits - 1,
      signed: false,
      littleEndian: true,
      padding: undefined,
      paddingOffset: 0,
    },
    syntax,
    pixelData: { start, length: undefined },
    notices: [],
  };
  const reader = createFrameReader();
  return (frame) => reader.read(image, frame);
}
