import type { ImageShape } from "./image.js";

export type Bytes = Uint8Array | Uint8ClampedArray;

/**
 * One operation: writes an image made of `from` into `to`, which is other memory of the same length.
 *
 * Every value of `to` is written, so that two buffers serve any number of operations in a row.
 */
export type Operation = (from: Bytes, to: Bytes, shape: ImageShape, value: number) => void;

/** Between two bytes at a weight, or beyond them, in float32 as the reference: it decides where a product falls on an integer. */
function between(zero: number, one: number, weight: number): number {
  const mixed = Math.fround(zero + Math.fround(weight * (one - zero)));
  return mixed <= 0 ? 0 : mixed >= 255 ? 255 : mixed | 0;
}

/** Writes the image between two others, `zero` at weight 0 and `one` at 1, cut to integers; `to` may be one of them. */
export function mixBytes(zero: Bytes, one: Bytes, weight: number, to: Bytes): void {
  const part = Math.fround(weight);
  for (let i = 0; i < to.length; i++) to[i] = between(zero[i]!, one[i]!, part);
}

/** Replaces each value of every `step`th place from `start` on by a table of 256. */
function lookUp(from: Bytes, to: Bytes, table: Uint8Array, start = 0, step = 1): void {
  for (let i = start; i < from.length; i += step) to[i] = table[from[i]!]!;
}

/** Between one gray value and the image. */
function mixGray(from: Bytes, to: Bytes, gray: number, weight: number): void {
  const table = new Uint8Array(256);
  const part = Math.fround(weight);
  for (let v = 0; v < 256; v++) table[v] = between(gray, v, part);
  lookUp(from, to, table);
}

/** Luma of the pixel at `i`, by ITU-R 601-2 in 16-bit fixed point. */
const lumaAt = (data: Bytes, i: number): number => (19595 * data[i]! + 38470 * data[i + 1]! + 7471 * data[i + 2]! + 32768) >> 16;

export const brightness: Operation = (from, to, _shape, value) => mixGray(from, to, 0, value);

export const color: Operation = (from, to, [, , channels], value) => {
  // One channel is its own luma.
  if (channels !== 3) {
    to.set(from);
    return;
  }
  const part = Math.fround(value);
  for (let i = 0; i < from.length; i += 3) {
    const gray = lumaAt(from, i);
    to[i] = between(gray, from[i]!, part);
    to[i + 1] = between(gray, from[i + 1]!, part);
    to[i + 2] = between(gray, from[i + 2]!, part);
  }
};

export const contrast: Operation = (from, to, [height, width, channels], value) => {
  let sum = 0;
  if (channels === 3) for (let i = 0; i < from.length; i += 3) sum += lumaAt(from, i);
  else for (let i = 0; i < from.length; i++) sum += from[i]!;
  mixGray(from, to, Math.floor(sum / (height * width) + 0.5), value);
};

export const autoContrast: Operation = (from, to, [, , channels]) => {
  const table = new Uint8Array(256);
  for (let c = 0; c < channels; c++) {
    let low = 255;
    let high = 0;
    for (let i = c; i < from.length; i += channels) {
      low = Math.min(low, from[i]!);
      high = Math.max(high, from[i]!);
    }
    const scale = high > low ? 255 / (high - low) : 1;
    const offset = high > low ? low * scale : 0;
    for (let v = low; v <= high; v++) table[v] = Math.min(255, v * scale - offset);
    lookUp(from, to, table, c, channels);
  }
};

export const equalize: Operation = (from, to, [height, width, channels]) => {
  const histogram = new Uint32Array(256);
  const table = new Uint8Array(256);
  for (let c = 0; c < channels; c++) {
    histogram.fill(0);
    for (let i = c; i < from.length; i += channels) histogram[from[i]!]!++;
    let last = 255;
    while (histogram[last] === 0) last--;
    const step = Math.floor((height * width - histogram[last]!) / 255);
    let below = Math.floor(step / 2);
    for (let v = 0; v < 256; v++) {
      table[v] = step === 0 ? v : Math.min(255, Math.floor(below / step));
      below += histogram[v]!;
    }
    lookUp(from, to, table, c, channels);
  }
};

export const invert: Operation = (from, to) => {
  for (let i = 0; i < from.length; i++) to[i] = 255 - from[i]!;
};

/** Keeps the upper `value` bits, cut to an integer of at least 1. */
export const posterize: Operation = (from, to, _shape, value) => {
  const mask = 256 - 2 ** (8 - Math.min(8, Math.max(1, Math.trunc(value))));
  for (let i = 0; i < from.length; i++) to[i] = from[i]! & mask;
};

export const solarize: Operation = (from, to, _shape, value) => {
  const table = new Uint8Array(256);
  for (let v = 0; v < 256; v++) table[v] = v < value ? v : 255 - v;
  lookUp(from, to, table);
};

export const identity: Operation = (from, to) => to.set(from);
