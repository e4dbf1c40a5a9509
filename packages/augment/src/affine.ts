import { type ImageShape, pickPixels } from "./image.js";
import type { Bytes, Operation } from "./point-operations.js";

/**
 * The source of each place along an axis: ⌊start + step/2 + i·step⌋, or −1 outside of 0..size−1.
 *
 * Summed up step by step as the reference does, whose rounding decides where a place falls on the border between pixels.
 */
export function placesAlong(count: number, start: number, step: number, size: number): Int32Array {
  const places = new Int32Array(count);
  for (let i = 0, at = start + step * 0.5; i < count; i++, at += step) places[i] = at >= 0 && at < size ? at : -1;
  return places;
}

/**
 * Writes the image through x' = a·x + b·y + c, y' = d·x + e·y + f: each output pixel takes the nearest input pixel, or black outside. Coefficients count in
 * 2⁻¹⁶ pixels, as in the reference.
 */
function affine(
  from: Bytes,
  to: Bytes,
  [height, width, channels]: ImageShape,
  [a, b, c, d, e, f]: readonly [number, number, number, number, number, number],
): void {
  const unit = 65536;
  const fix = (v: number): number => Math.floor(v * unit + 0.5);
  const [fa, fb, fd, fe] = [fix(a), fix(b), fix(d), fix(e)];
  const [x0, y0] = [fix(c + 0.5 * a + 0.5 * b), fix(f + 0.5 * d + 0.5 * e)];
  const [right, bottom] = [width * unit, height * unit];
  for (let y = 0, at = 0; y < height; y++) {
    let sx = x0 + y * fb;
    let sy = y0 + y * fe;
    for (let x = 0; x < width; x++, at += channels, sx += fa, sy += fd) {
      if (sx >= 0 && sx < right && sy >= 0 && sy < bottom) {
        const source = (((sy / unit) | 0) * width + ((sx / unit) | 0)) * channels;
        to[at] = from[source]!;
        if (channels === 3) {
          to[at + 1] = from[source + 1]!;
          to[at + 2] = from[source + 2]!;
        }
      } else {
        for (let c = 0; c < channels; c++) to[at + c] = 0;
      }
    }
  }
}

/** Moves to the left and up, in pixels; parts of a pixel are exact, since nothing is turned or sheared. */
export function translate(from: Bytes, to: Bytes, shape: ImageShape, left: number, up: number): void {
  const [height, width] = shape;
  pickPixels(from, to, shape, placesAlong(height, up, 1, height), placesAlong(width, left, 1, width));
}

/** Shifts each row by `value` pixels a row. */
export const shearX: Operation = (from, to, shape, value) => affine(from, to, shape, [1, value, 0, 0, 1, 0]);

/** Shifts each column by `value` pixels a column. */
export const shearY: Operation = (from, to, shape, value) => affine(from, to, shape, [1, 0, 0, value, 1, 0]);

/** Turns counterclockwise by degrees. */
export const rotate: Operation = (from, to, shape, degrees) => {
  const [height, width] = shape;
  const [cos, sin] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
  const [cx, cy] = [width / 2, height / 2];
  affine(from, to, shape, [cos, -sin, cx - cos * cx + sin * cy, sin, cos, cy - sin * cx - cos * cy]);
};
