import { volumeError } from "../errors.js";
import type { VoxelArray } from "../volume.js";
import type { PixelFormat } from "./pixel-format.js";

/** What becomes of pixels that stand for "nothing was measured here": kept as their slope and intercept give them, or air. */
export type PaddingRule = "keep" | "air";

/** What turns stored values of a slice into its values. */
export interface SliceScale {
  readonly slope: number;
  readonly intercept: number;
  readonly format: PixelFormat;
}

/** Slices that are filled one after the other, in any order. */
export interface HuSlices {
  write(slice: number, stored: VoxelArray, scale: SliceScale): void;
  data(): VoxelArray;
}

const airHu = -1000;

/**
 * Room for slices of values slope · stored + intercept, exact and in the smallest array that holds them.
 *
 * With whole slopes and intercepts these are 16-bit integers, or 32-bit ones from the first value on that needs them: the header
 * alone cannot tell, since most scanners promise 16 bits and use 12. Else floats, as precise as the stored values.
 */
export function createHuSlices(
  pixels: number,
  slices: number,
  scales: readonly SliceScale[],
  { path, maxBytes, padding }: { path: string; maxBytes: number; padding: PaddingRule },
): HuSlices {
  const whole = scales.every(({ slope, intercept }) => Number.isInteger(slope) && Number.isInteger(intercept));
  const wide = scales.some(({ format }) => format.bitsAllocated === 32);
  const room = <T extends VoxelArray>(kind: { new (length: number): T; BYTES_PER_ELEMENT: number }): T => {
    const bytes = pixels * slices * kind.BYTES_PER_ELEMENT;
    if (bytes <= maxBytes) return new kind(pixels * slices);
    throw volumeError("TooLarge", path, `${slices} slices of ${pixels} pixels need ${bytes} bytes, the limit is ${maxBytes} bytes`);
  };
  const small = scales.every(({ slope, intercept }) => Math.abs(slope) * 2 ** 16 + Math.abs(intercept) < 2 ** 31);
  let data: VoxelArray = wide || !small ? room(Float64Array) : whole ? room(Int16Array) : room(Float32Array);

  return {
    write(slice, stored, scale) {
      const at = slice * pixels;
      if (data instanceof Int16Array && !fits(stored, scale, padding)) {
        const wider = room(Int32Array);
        wider.set(data);
        data = wider;
      }
      fill(data, at, stored, scale, padding);
    },
    data: () => data,
  };
}

/** Whether all values of a slice are 16-bit integers. */
function fits(stored: VoxelArray, scale: SliceScale, rule: PaddingRule): boolean {
  const { slope, intercept, format } = scale;
  const { padding, paddingOffset } = format;
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  // Fewer bits than 16 mostly tell it without a look at the values.
  const bits = 2 ** format.bitsStored;
  const [first, last] = format.signed ? [-bits / 2, bits / 2 - 1] : [0, bits - 1];
  if (paddingOffset === 0 && inShort(slope * first + intercept) && inShort(slope * last + intercept)) return true;
  const special = padding && (rule === "air" || paddingOffset !== 0) ? padding : undefined;
  for (let i = 0; i < stored.length; i++) {
    const value = stored[i]!;
    if (special && value >= special[0] && value <= special[1]) continue;
    if (value < least) least = value;
    if (value > most) most = value;
  }
  const ends = special && rule === "keep" ? [...special.map((value) => value + paddingOffset), least, most] : [least, most];
  return ends.every((value) => !Number.isFinite(value) || inShort(slope * value + intercept));
}

const inShort = (value: number): boolean => value >= -(2 ** 15) && value < 2 ** 15;

function fill(data: VoxelArray, at: number, stored: VoxelArray, { slope, intercept, format }: SliceScale, rule: PaddingRule): void {
  const { padding, paddingOffset } = format;
  // Nearly all CT is this, and sums of small integers are several times quicker.
  if (slope === 1 && data instanceof Int16Array && (stored instanceof Int16Array || stored instanceof Uint16Array))
    addTo(data.subarray(at, at + stored.length), stored, intercept);
  else for (let i = 0; i < stored.length; i++) data[at + i] = slope * stored[i]! + intercept;
  if (!padding || (rule === "keep" && paddingOffset === 0)) return;
  for (let i = 0; i < stored.length; i++) {
    if (stored[i]! >= padding[0] && stored[i]! <= padding[1])
      data[at + i] = rule === "air" ? airHu : slope * (stored[i]! + paddingOffset) + intercept;
  }
}

function addTo(out: Int16Array, stored: Int16Array | Uint16Array, intercept: number): void {
  for (let i = 0; i < out.length; i++) out[i] = (stored[i]! + intercept) | 0;
}
