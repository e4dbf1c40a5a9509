import { type VolumeErrorTag, volumeError } from "../errors.js";
import type { VoxelArray } from "../volume.js";
import { createFrameDecoder, type FrameDecoder } from "./decode-frame.js";
import { type Fragment, locateFrames, readFrame } from "./fragments.js";
import type { DicomImage } from "./image.js";
import { unpackPixels } from "./pixel-format.js";

/** Reads frames of images as stored values, before slope and intercept. */
export interface FrameReader {
  /** The result may share `memory`, where it is large enough for the frame's bytes. */
  read(image: DicomImage, frame: number, memory?: Uint8Array<ArrayBuffer>): Promise<VoxelArray>;
}

/** A reader for the images of one volume: places of frames are found once. */
export function createFrameReader(decoder: FrameDecoder = createFrameDecoder()): FrameReader {
  const places = new Map<DicomImage, Promise<Fragment[][]>>();
  const placesOf = (image: DicomImage): Promise<Fragment[][]> => {
    // Only images of several frames come back.
    const known = places.get(image) ?? locateFrames(image.source, image.pixelData.start, image.frames.length);
    if (image.frames.length > 1) places.set(image, known);
    return known;
  };
  return {
    async read(image, frame, memory) {
      const { source, pixelData, rows, columns, format, syntax } = image;
      const { bitsAllocated } = format;
      if (syntax.packing === "native") {
        const length = (rows * columns * bitsAllocated) / 8;
        const bytes = await source.read(pixelData.start + frame * length, length, memory);
        if (bytes.length < length) throw fail(image, "Truncated", `frame ${frame} has ${bytes.length} of ${length} bytes`);
        return unpackPixels(bytes, format, syntax.littleEndian);
      }
      const bytes = await readFrame(source, (await placesOf(image))[frame]!, memory);
      const decoded = await decoder.decode({ packing: syntax.packing, rows, columns, bitsAllocated }, bytes);
      if ("fault" in decoded) throw fail(image, "Corrupt", decoded.fault);
      return unpackPixels(decoded, format, true);
    },
  };
}

const fail = (image: DicomImage, tag: VolumeErrorTag, what: string): Error =>
  volumeError(tag, image.source.path, what, { offset: image.pixelData.start });
