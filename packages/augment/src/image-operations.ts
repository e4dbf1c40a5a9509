import { type Image, rearrange } from "./image.js";

/** Images that the operations work on: 8 bits, one channel or three. */
export type ByteImage = Image<Uint8Array> | Image<Uint8ClampedArray>;

type Operation = (image: ByteImage, value: number) => ByteImage;

/** Each channel's values replaced by a table of 256. */
function lookUp({ data, shape }: ByteImage, tableOf: (histogram: Uint32Array) => ArrayLike<number>): ByteImage {
  const channels = shape[2];
  const out = data.slice();
  for (let c = 0; c < channels; c++) {
    const histogram = new Uint32Array(256);
    for (let i = c; i < data.length; i += channels) histogram[data[i]!]!++;
    const table = tableOf(histogram);
    for (let i = c; i < data.length; i += channels) out[i] = table[data[i]!]!;
  }
  return { data: out, shape } as ByteImage;
}

const tableOf = (f: (value: number) => number): Uint8Array => Uint8Array.from({ length: 256 }, (_, value) => f(value));

/** Between a duller image at 0 and the image itself at 1, truncated to integers. */
function blend(dull: ArrayLike<number>, { data, shape }: ByteImage, part: number): ByteImage {
  // In float32, as the reference: it decides where a product falls on an integer.
  const weight = Math.fround(part);
  const out = data.slice();
  for (let i = 0; i < data.length; i++) out[i] = Math.trunc(Math.fround(dull[i]! + Math.fround(weight * (data[i]! - dull[i]!))));
  return { data: out, shape } as ByteImage;
}

/** Luma of each value's pixel, by ITU-R 601-2 in 16-bit fixed point. */
function luma({ data, shape }: ByteImage): Uint8Array {
  if (shape[2] !== 3) return Uint8Array.from(data);
  return Uint8Array.from({ length: data.length }, (_, i) => {
    const at = i - (i % 3);
    return (19595 * data[at]! + 38470 * data[at + 1]! + 7471 * data[at + 2]! + 32768) >> 16;
  });
}

/** The image under a 3 × 3 mean whose center weighs 5 of 13; the border stays. */
function smooth({ data, shape }: ByteImage): Uint8Array {
  const [height, width, channels] = shape;
  const out = Uint8Array.from(data);
  const row = width * channels;
  for (let y = 1; y < height - 1; y++) {
    for (let i = y * row + channels; i < (y + 1) * row - channels; i++) {
      let sum = 4 * data[i]!;
      for (const down of [-row, 0, row]) sum += data[i + down - channels]! + data[i + down]! + data[i + down + channels]!;
      out[i] = Math.floor(sum / 13 + 0.5);
    }
  }
  return out;
}

/**
 * The image through x' = a·x + b·y + c, y' = d·x + e·y + f: each output pixel takes the nearest input pixel, or black outside. Coefficients count in 2⁻¹⁶
 * pixels, as in the reference, which decides where a point falls on the border between pixels.
 */
function affine(image: ByteImage, [a, b, c, d, e, f]: readonly [number, number, number, number, number, number]): ByteImage {
  const [height, width] = image.shape;
  const fix = (v: number): number => Math.floor(v * 65536 + 0.5);
  const [fa, fb, fd, fe] = [fix(a), fix(b), fix(d), fix(e)];
  const [x0, y0] = [fix(c + 0.5 * a + 0.5 * b), fix(f + 0.5 * d + 0.5 * e)];
  return rearrange(image as Image<Uint8Array>, (y, x) => {
    const [sx, sy] = [Math.floor((x0 + x * fa + y * fb) / 65536), Math.floor((y0 + x * fd + y * fe) / 65536)];
    return sx >= 0 && sx < width && sy >= 0 && sy < height ? sy * width + sx : -1;
  });
}

/** Moves by a part of a pixel are exact where nothing is turned or sheared. */
function translate(image: ByteImage, right: number, down: number): ByteImage {
  const [height, width] = image.shape;
  return rearrange(image as Image<Uint8Array>, (y, x) => {
    const [sx, sy] = [Math.floor(x + 0.5 + right), Math.floor(y + 0.5 + down)];
    return sx >= 0 && sx < width && sy >= 0 && sy < height ? sy * width + sx : -1;
  });
}

function rotate(image: ByteImage, degrees: number): ByteImage {
  const [height, width] = image.shape;
  const [cos, sin] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
  const [cx, cy] = [width / 2, height / 2];
  return affine(image, [cos, -sin, cx - cos * cx + sin * cy, sin, cos, cy - sin * cx - cos * cy]);
}

function autoContrast(histogram: Uint32Array): Uint8Array {
  const low = histogram.findIndex((count) => count > 0);
  const high = histogram.findLastIndex((count) => count > 0);
  if (high <= low) return tableOf((v) => v);
  const scale = 255 / (high - low);
  return tableOf((v) => Math.min(255, Math.max(0, Math.trunc(v * scale - low * scale))));
}

function equalize(histogram: Uint32Array): Uint8Array {
  const used = histogram.filter((count) => count > 0);
  const step = Math.floor((used.reduce((a, b) => a + b, 0) - (used.at(-1) ?? 0)) / 255);
  if (used.length <= 1 || step === 0) return tableOf((v) => v);
  let below = Math.floor(step / 2);
  return tableOf((v) => {
    const mapped = Math.min(255, Math.floor(below / step));
    below += histogram[v]!;
    return mapped;
  });
}

function contrast(image: ByteImage, part: number): ByteImage {
  const gray = luma(image);
  const mean = Math.floor(gray.reduce((a, b) => a + b, 0) / gray.length + 0.5);
  return blend(new Uint8Array(gray.length).fill(mean), image, part);
}

/** The names of RandAugment's 14 operations. */
export type OperationName =
  | "AutoContrast"
  | "Brightness"
  | "Color"
  | "Contrast"
  | "Equalize"
  | "Identity"
  | "Posterize"
  | "Rotate"
  | "Sharpness"
  | "ShearX"
  | "ShearY"
  | "Solarize"
  | "TranslateX"
  | "TranslateY";

/** The operations with the range of the value that each takes. */
export const operations: Record<OperationName, { min: number; max: number; apply: Operation }> = {
  AutoContrast: { min: 0, max: 1, apply: (image) => lookUp(image, autoContrast) },
  Brightness: { min: 0.05, max: 0.95, apply: (image, value) => blend(new Uint8Array(image.data.length), image, value) },
  Color: { min: 0.05, max: 0.95, apply: (image, value) => blend(luma(image), image, value) },
  Contrast: { min: 0.05, max: 0.95, apply: contrast },
  Equalize: { min: 0, max: 1, apply: (image) => lookUp(image, equalize) },
  Identity: { min: 0, max: 1, apply: (image) => ({ ...image, data: image.data.slice() }) as ByteImage },
  Posterize: {
    min: 4,
    max: 8,
    apply: (image, value) => lookUp(image, () => tableOf((v) => v & ~(2 ** (8 - Math.max(1, Math.trunc(value))) - 1))),
  },
  Rotate: { min: -30, max: 30, apply: rotate },
  Sharpness: { min: 0.05, max: 0.95, apply: (image, value) => blend(smooth(image), image, value) },
  ShearX: { min: -0.3, max: 0.3, apply: (image, value) => affine(image, [1, value, 0, 0, 1, 0]) },
  ShearY: { min: -0.3, max: 0.3, apply: (image, value) => affine(image, [1, 0, 0, value, 1, 0]) },
  Solarize: { min: 0, max: 256, apply: (image, value) => lookUp(image, () => tableOf((v) => (v < value ? v : 255 - v))) },
  TranslateX: { min: -0.3, max: 0.3, apply: (image, value) => translate(image, value * image.shape[1], 0) },
  TranslateY: { min: -0.3, max: 0.3, apply: (image, value) => translate(image, 0, value * image.shape[0]) },
};
