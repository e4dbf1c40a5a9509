import { readFile, stat } from "node:fs/promises";
import type sharp from "sharp";
import { imageSetError } from "./image-set-error.js";

/** The size and the channels that a picture is brought to. */
export interface ImageForm {
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3;
}
/** Decodes the bytes of one file. */
export type ImageDecoder = (bytes: Uint8Array, path: string, form: ImageForm) => Promise<Uint8Array>;

// A picture of 16,384 × 16,384 pixels takes 0.8 GB when decoded.
const maxPixels = 2 ** 28;
const starts: readonly (readonly number[])[] = [
  [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a],
  [0xff, 0xd8, 0xff],
];

/** The decoder, by the package sharp, which is loaded when it is first needed. */
export async function loadImageDecoder(load: () => Promise<{ default: typeof sharp }> = () => import("sharp")): Promise<ImageDecoder> {
  let open: typeof sharp;
  try {
    open = (await load()).default;
  } catch (cause) {
    throw new Error("PNG and JPEG files are decoded by the package sharp, which could not be loaded: npm install sharp", { cause });
  }
  return async (bytes, path, { height, width, channels }) => {
    // By content: a name may end in .png and hold one of the many formats that are not meant to be opened.
    if (!starts.some((start) => start.every((byte, i) => bytes[i] === byte)))
      throw imageSetError("Malformed", path, "it does not start like a PNG or JPEG file");
    try {
      const upright = open(bytes, { failOn: "error", limitInputPixels: maxPixels, autoOrient: true });
      const fitted = upright.flatten({ background: "#000" }).resize(width, height, { fit: "cover", position: "centre" });
      const colored = channels === 1 ? fitted.grayscale().toColourspace("b-w") : fitted.toColourspace("srgb");
      const { data, info } = await colored.raw({ depth: "uchar" }).toBuffer({ resolveWithObject: true });
      if (info.channels !== channels || data.length !== height * width * channels)
        throw imageSetError("Unsupported", path, `it decodes to ${info.channels} channels, expected ${channels}`);
      return data;
    } catch (cause) {
      if ((cause as { name?: string }).name === "ImageSetError") throw cause;
      // libvips keeps one text of what went wrong for all threads, so another picture's may be in the message; it stays in the cause only.
      if (/pixel limit/i.test(String((cause as Error).message)))
        throw imageSetError("TooLarge", path, `it has more than ${maxPixels} pixels`, cause);
      throw imageSetError("Corrupt", path, "it does not decode, it is cut off or damaged", cause);
    }
  };
}

// A camera's raw JPEG has some 20 MB; a scan of a slide as PNG may have more.
const maxFileBytes = 2 ** 28;
const maxSide = 2 ** 14;

/** The size and the channels that options ask for. */
export function formOf(size: number | readonly [number, number], channels: number): ImageForm {
  const [height, width] = typeof size === "number" ? [size, size] : size;
  for (const [name, value] of [
    ["height", height],
    ["width", width],
  ] as const) {
    if (!Number.isInteger(value) || value < 1 || value > maxSide)
      throw new RangeError(`the ${name} of images must be an integer from 1 to ${maxSide}, got ${value}`);
  }
  if (channels !== 1 && channels !== 3) throw new RangeError(`channels must be 1 or 3, got ${channels}`);
  return { height, width, channels };
}

/** Decodes one file of a size that pictures have. */
export async function decodeFile(decode: ImageDecoder, path: string, form: ImageForm): Promise<Uint8Array> {
  const { size: bytes } = await stat(path);
  if (bytes > maxFileBytes) throw imageSetError("TooLarge", path, `it has ${bytes} bytes, at most ${maxFileBytes} are read`);
  return decode(await readFile(path), path, form);
}
