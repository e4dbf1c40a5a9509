import { placesAlong } from "./affine.js";
import { type ImageShape, pickPixels } from "./image.js";
import type { Bytes } from "./point-operations.js";

/** A kernel of interpolation, and how far it reaches to each side in pixels. */
interface Kernel {
  reach: number;
  at: (x: number) => number;
}

const sinc = (x: number): number => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));

/** Keys's cubic with a = −½. */
function cubic(x: number): number {
  const d = Math.abs(x);
  if (d < 1) return (1.5 * d - 2.5) * d * d + 1;
  return d < 2 ? ((-0.5 * d + 2.5) * d - 4) * d + 2 : 0;
}

/** In the order of CTAugment's second parameter; the nearest pixel comes last and has no kernel. */
const kernels: readonly Kernel[] = [
  { reach: 3, at: (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0) }, // Lanczos
  { reach: 2, at: cubic },
  { reach: 1, at: (x) => Math.max(0, 1 - Math.abs(x)) },
  { reach: 0.5, at: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0) }, // box
  { reach: 1, at: (x) => (Math.abs(x) < 1 ? sinc(x) * (0.54 + 0.46 * Math.cos(Math.PI * x)) : 0) }, // Hamming
];

// Weights count in 2⁻²² as in the reference, whose sums of bytes fit 32 bits.
const bits = 22;

/** For each of `count` places along an axis that is enlarged from `size`: the first pixel that counts, and the weights from there. */
function weightsAlong(count: number, size: number, { reach, at }: Kernel): { first: Int32Array; weights: Int32Array; width: number } {
  const width = 2 * Math.ceil(reach) + 1;
  const first = new Int32Array(count);
  const weights = new Int32Array(count * width);
  for (let i = 0; i < count; i++) {
    const center = (i + 0.5) * (size / count);
    const start = Math.max(0, Math.trunc(center - reach + 0.5));
    const end = Math.min(size, Math.trunc(center + reach + 0.5));
    const values = Array.from({ length: end - start }, (_, k) => at(start + k - center + 0.5));
    const sum = values.reduce((a, b) => a + b, 0);
    first[i] = start;
    for (const [k, value] of values.entries()) {
      const weight = (value / sum) * 2 ** bits;
      weights[i * width + k] = weight < 0 ? weight - 0.5 : weight + 0.5;
    }
  }
  return { first, weights, width };
}

/** A line of pixels enlarged: places `stride` apart in both, values rounded to bytes. */
function enlarge(
  from: Bytes,
  start: number,
  to: Bytes,
  target: number,
  stride: number,
  size: number,
  { first, weights, width }: ReturnType<typeof weightsAlong>,
): void {
  for (let i = 0; i < first.length; i++) {
    const length = Math.min(width, size - first[i]!);
    let sum = 1 << (bits - 1);
    for (let k = 0; k < length; k++) sum += weights[i * width + k]! * from[start + (first[i]! + k) * stride]!;
    const value = sum >> bits;
    to[target + i * stride] = Math.max(0, Math.min(255, value));
  }
}

/** The nearest integer, an even one halfway. */
export function roundEven(value: number): number {
  const rounded = Math.round(value);
  return rounded - value === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}

/**
 * Writes the middle of an image enlarged to its size: `margin` parts of each side are cut off at both ends.
 *
 * @param margin in 0..0.25; borders are rounded to pixels
 * @param method 0 Lanczos, 1 bicubic, 2 bilinear, 3 box, 4 Hamming, 5 nearest
 */
export function rescale(from: Bytes, to: Bytes, shape: ImageShape, margin: number, method: number): void {
  const [height, width, channels] = shape;
  const [top, left] = [roundEven(margin * height), roundEven(margin * width)];
  const [rows, columns] = [roundEven(height * (1 - margin)) - top, roundEven(width * (1 - margin)) - left];
  const kernel = kernels[method];
  if (!kernel) {
    const shifted = (places: Int32Array, by: number): Int32Array => places.map((place) => place + by);
    const [y, x] = [placesAlong(height, 0, rows / height, rows), placesAlong(width, 0, columns / width, columns)];
    pickPixels(from, to, shape, shifted(y, top), shifted(x, left));
    return;
  }
  // First along rows, into the rows that are needed; then along columns. An axis that keeps its size is only copied.
  const row = width * channels;
  const wide = new Uint8Array(rows * row);
  const across = weightsAlong(width, columns, kernel);
  for (let y = 0; y < rows; y++) {
    const start = (top + y) * row + left * channels;
    if (columns === width) wide.set(from.subarray(start, start + row), y * row);
    else for (let c = 0; c < channels; c++) enlarge(from, start + c, wide, y * row + c, channels, columns, across);
  }
  if (rows === height) {
    to.set(wide);
    return;
  }
  const down = weightsAlong(height, rows, kernel);
  for (let i = 0; i < row; i++) enlarge(wide, i, to, i, row, rows, down);
}
