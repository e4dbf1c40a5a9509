import type { Volume } from "@gleaner/volumes";
import { PNG } from "pngjs";
import { inputError } from "../errors.js";

const sliceAxes = ["z", "y", "x"] as const;

/** Which slice of a volume to show, and how. */
export interface SliceChoice {
  /** The voxel axis that the slice is across. */
  axis: (typeof sliceAxes)[number];
  /** Its number along the axis; the middle one unless told. */
  slice?: number;
  /** Hounsfield units that become black and white. */
  windowHu: readonly [number, number];
}

/** A picture of a slice: 8-bit gray, its pixels square. */
export interface SlicePicture {
  axis: SliceChoice["axis"];
  slice: number;
  width: number;
  height: number;
  png: Buffer;
}

/** Wider pictures than this are of a volume whose spacing is wrong. */
const maxEdge = 16_384;

/**
 * Draws a slice as radiologists look at it: the patient's left to the right of the picture, their back or their feet down. Pixels are as far
 * apart as the finer of the slice's two spacings; between voxels it is interpolated linearly.
 */
export function drawSlice(volume: Volume, { axis, slice, windowHu: [low, high] }: SliceChoice): SlicePicture {
  const across = sliceAxes.indexOf(axis);
  const count = volume.shape[across]!;
  const at = slice ?? count >> 1;
  if (at >= count) throw inputError(`--slice is ${at}; expected a slice of axis ${axis} below ${count}`);
  const [rows, columns] = [0, 1, 2].filter((each) => each !== across) as [number, number];
  const [rowMm, columnMm] = [volume.spacingMm[rows]!, volume.spacingMm[columns]!];
  const step = Math.min(rowMm, columnMm);
  const height = Math.max(1, Math.round((volume.shape[rows]! * rowMm) / step));
  const width = Math.max(1, Math.round((volume.shape[columns]! * columnMm) / step));
  if (width > maxEdge || height > maxEdge)
    throw inputError(`the slice would be a picture of ${width} x ${height} pixels; expected at most ${maxEdge} each way`);
  const strides = [volume.shape[1]! * volume.shape[2]!, volume.shape[2]!, 1];
  const down = placesAlong(volume, rows, height, -1);
  const right = placesAlong(volume, columns, width, 1);
  const png = new PNG({ width, height });
  for (const [y, row] of down.entries()) {
    for (const [x, column] of right.entries()) {
      const value = (i: number, j: number): number => volume.data[at * strides[across]! + i * strides[rows]! + j * strides[columns]!]!;
      const upper = mix(value(row.low, column.low), value(row.low, column.high), column.share);
      const lower = mix(value(row.high, column.low), value(row.high, column.high), column.share);
      const gray = Math.max(0, Math.min(255, Math.round(((mix(upper, lower, row.share) - low) / (high - low)) * 255)));
      png.data.set([gray, gray, gray, 255], 4 * (y * width + x));
    }
  }
  return { axis, slice: at, width, height, png: PNG.sync.write(png, { colorType: 0 }) };
}

const mix = (a: number, b: number, share: number): number => (share === 0 ? a : a + (b - a) * share);

interface Place {
  low: number;
  high: number;
  share: number;
}

/** Between which voxels of an axis each pixel lies, turned so that the picture runs to the left, the back and, for `headwards` -1, the feet. */
function placesAlong(volume: Volume, axis: number, pixels: number, headwards: 1 | -1): Place[] {
  const count = volume.shape[axis]!;
  // The columns of the direction are those of x, y and z.
  const world = [0, 1, 2].map((row) => volume.direction[3 * row + (2 - axis)]!);
  const main = world.reduce((best, value, i) => (Math.abs(value) > Math.abs(world[best]!) ? i : best), 0);
  const forward = world[main]! > 0 === (main !== 2 || headwards > 0);
  return Array.from({ length: pixels }, (_, i) => {
    const pixel = forward ? i : pixels - 1 - i;
    const place = Math.max(0, Math.min(count - 1, ((pixel + 0.5) * count) / pixels - 0.5));
    const low = Math.floor(place);
    return { low, high: Math.min(count - 1, low + 1), share: place - low };
  });
}
