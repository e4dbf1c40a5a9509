import { type VolumeErrorTag, volumeError } from "../errors.js";
import type { VoxelArray } from "../volume.js";
import { type Fragment, locateFrames, readFrame } from "./fragments.js";
import type { DicomImage } from "./image.js";
import { decodeJpeg } from "./jpeg.js";
import { unpackPixels } from "./pixel-format.js";
import { type CodecFault, decodeRle } from "./rle.js";
import type { Packing } from "./transfer-syntax.js";
import { createWasmCodecs, type WasmCodecs } from "./wasm-codecs.js";

/** Reads frames of images as stored values, before slope and intercept. */
export interface FrameReader {
  read(image: DicomImage, frame: number): Promise<VoxelArray>;
}

/** A reader for the images of one volume: codecs are loaded when the first image needs them, and places of frames are found once. */
export function createFrameReader(codecs: WasmCodecs = createWasmCodecs()): FrameReader {
  const places = new Map<DicomImage, Promise<Fragment[][]>>();
  const placesOf = (image: DicomImage): Promise<Fragment[][]> => {
    // Only images of several frames come back.
    const known = places.get(image) ?? locateFrames(image.source, image.pixelData.start, image.frames.length);
    if (image.frames.length > 1) places.set(image, known);
    return known;
  };
  return {
    async read(image, frame) {
      const { source, pixelData, rows, columns, format, syntax } = image;
      const pixels = rows * columns;
      if (syntax.packing === "native") {
        const length = (pixels * format.bitsAllocated) / 8;
        const bytes = await source.read(pixelData.start + frame * length, length);
        if (bytes.length < length) throw fail(image, "Truncated", `frame ${frame} has ${bytes.length} of ${length} bytes`);
        return unpackPixels(bytes, format, syntax.littleEndian);
      }
      const bytes = await readFrame(source, (await placesOf(image))[frame]!);
      const decoded = await unpack(image, syntax.packing, bytes, codecs);
      if ("fault" in decoded) throw fail(image, "Corrupt", decoded.fault);
      return unpackPixels(decoded, format, true);
    },
  };
}

const fail = (image: DicomImage, tag: VolumeErrorTag, what: string): Error =>
  volumeError(tag, image.source.path, what, { offset: image.pixelData.start });

/** The little-endian bytes of a compressed frame's pixels. */
async function unpack(
  image: DicomImage,
  packing: Exclude<Packing, "native">,
  bytes: Uint8Array,
  codecs: WasmCodecs,
): Promise<Uint8Array<ArrayBuffer> | CodecFault> {
  const { rows, columns, format } = image;
  const bytesPerPixel = format.bitsAllocated / 8;
  if (packing === "rle") return decodeRle(bytes, rows * columns, bytesPerPixel);
  if (packing === "jpeg") {
    const samples = decodeJpeg(bytes, { rows, columns });
    if ("fault" in samples) return samples;
    return bytesOf(samples, bytesPerPixel);
  }
  const decoded = await codecs.decode(packing, bytes, { rows, columns });
  if ("fault" in decoded) return decoded;
  const view = decoded.bytesPerSample === 1 ? decoded.bytes : new Uint16Array(decoded.bytes.buffer, 0, rows * columns);
  return decoded.bytesPerSample === bytesPerPixel ? decoded.bytes : bytesOf(view, bytesPerPixel);
}

function bytesOf(samples: Uint16Array | Uint8Array, bytesPerPixel: number): Uint8Array<ArrayBuffer> {
  const out = bytesPerPixel === 1 ? Uint8Array.from(samples) : bytesPerPixel === 2 ? Uint16Array.from(samples) : Uint32Array.from(samples);
  return new Uint8Array(out.buffer);
}
