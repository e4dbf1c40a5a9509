import { volumeError } from "../errors.js";
import type { Grid, Triple, VoxelArray } from "../volume.js";
import { createHuSlices } from "./hu-slices.js";
import { createPlaceReader, type LoadedStack, type StackOptions } from "./place-reader.js";
import { type Stack, toleranceMm, usualStepMm } from "./stack.js";

/** A slice within the even grid's planes: shifted by some columns and rows, fractions included. */
interface Shift {
  readonly x: number;
  readonly y: number;
}

/**
 * Makes a volume of slices that are unevenly apart or sheared: linear interpolation between neighbors, on an even grid along the normal.
 *
 * The grid has the usual step of the slices, from the first to the last, and is as wide as all shifted slices together; what no slice
 * covers is air in CT and 0 elsewhere. Three slices are in memory beside the result, which holds floats.
 */
export async function resampleStack(stack: Stack, options: StackOptions): Promise<LoadedStack> {
  const { grid, shifts } = evenGrid(stack);
  const [count, rows, columns] = grid.shape;
  const bytes = 4 * count * rows * columns;
  if (bytes > options.maxBytes) {
    const needs = `resampled to ${grid.shape.join(" x ")} voxels (z, y, x) they need ${bytes} bytes`;
    throw volumeError("TooLarge", options.path, `${needs}, the limit is ${options.maxBytes} bytes`);
  }
  const data = new Float32Array(count * rows * columns);
  const outside = stack.places[0]![0]!.image.modality === "CT" ? -1000 : 0;
  const reader = createPlaceReader(stack, options);
  const [, ownRows, ownColumns] = stack.grid.shape;
  const read = async (place: number): Promise<Float32Array> => {
    const scale = reader.scales[place]!;
    const one = createHuSlices(ownRows * ownColumns, 1, [scale], options);
    await reader.read(place, (stored) => one.write(0, stored, scale));
    return shifted(one.data(), [ownRows, ownColumns], shifts[place]!, [rows, columns], outside);
  };

  const { depthsMm } = stack;
  const held = new Map<number, Float32Array>();
  let below = 0;
  for (let z = 0; z < count; z++) {
    const depth = z * grid.spacingMm[0];
    while (below + 2 < depthsMm.length && depthsMm[below + 1]! <= depth) below++;
    for (const place of held.keys()) if (place < below) held.delete(place);
    for (const place of [below, below + 1]) if (!held.has(place)) held.set(place, await read(place));
    const weight = Math.min(1, (depth - depthsMm[below]!) / (depthsMm[below + 1]! - depthsMm[below]!));
    const [a, b] = [held.get(below)!, held.get(below + 1)!];
    const at = z * rows * columns;
    for (let i = 0; i < a.length; i++) data[at + i] = a[i]! + weight * (b[i]! - a[i]!);
  }
  return { volume: { data, ...grid }, duplicates: reader.duplicates };
}

/** The even grid that holds all slices, and where in its planes each of them starts. */
function evenGrid({ depthsMm, offsetsMm, grid }: Stack): { grid: Grid; shifts: Shift[] } {
  const [, rows, columns] = grid.shape;
  const [, dy, dx] = grid.spacingMm;
  const usual = usualStepMm(depthsMm);
  const depth = depthsMm.at(-1)!;
  const count = Math.round(depth / usual) + 1;
  // Shifts below the tolerance are rounding of the positions, and following them would blur every slice.
  const sheared = offsetsMm.some(([x, y]) => Math.hypot(x, y) > toleranceMm(usual));
  const places = offsetsMm.map(([x, y]) => (sheared ? { x: x / dx, y: y / dy } : { x: 0, y: 0 }));
  const [left, right] = spanOf(places.map(({ x }) => x));
  const [top, bottom] = spanOf(places.map(({ y }) => y));
  const { direction: d, originMm: o } = grid;
  const originMm = o.map((v, axis) => v + left * dx * d[3 * axis]! + top * dy * d[3 * axis + 1]!) as Triple;
  return {
    grid: { ...grid, shape: [count, rows + bottom - top, columns + right - left], spacingMm: [depth / (count - 1), dy, dx], originMm },
    shifts: places.map(({ x, y }) => ({ x: x - left, y: y - top })),
  };
}

/** The whole numbers that enclose some numbers. */
function spanOf(values: readonly number[]): [number, number] {
  const least = values.reduce((a, b) => Math.min(a, b));
  const most = values.reduce((a, b) => Math.max(a, b));
  return [Math.floor(least + 1e-6), Math.ceil(most - 1e-6)];
}

/** A slice in a larger plane, bilinear where it is shifted by fractions; beyond its outer pixels' centers is `outside`. */
function shifted(
  slice: VoxelArray,
  [rows, columns]: readonly [number, number],
  { x, y }: Shift,
  [outRows, outColumns]: readonly [number, number],
  outside: number,
): Float32Array {
  const out = new Float32Array(outRows * outColumns).fill(outside);
  const value = (row: number, column: number): number => slice[row * columns + column]!;
  for (let row = Math.max(0, Math.ceil(y - 1e-6)); row < outRows; row++) {
    const from = Math.max(0, row - y);
    const [r, v] = [Math.floor(from + 1e-6), Math.max(0, from - Math.floor(from + 1e-6))];
    if (r + (v > 1e-6 ? 1 : 0) >= rows) break;
    for (let column = Math.max(0, Math.ceil(x - 1e-6)); column < outColumns; column++) {
      const along = Math.max(0, column - x);
      const [c, u] = [Math.floor(along + 1e-6), Math.max(0, along - Math.floor(along + 1e-6))];
      if (c + (u > 1e-6 ? 1 : 0) >= columns) break;
      const [right, down] = [u > 1e-6 ? c + 1 : c, v > 1e-6 ? r + 1 : r];
      const upper = value(r, c) + u * (value(r, right) - value(r, c));
      const lower = value(down, c) + u * (value(down, right) - value(down, c));
      out[row * outColumns + column] = upper + v * (lower - upper);
    }
  }
  return out;
}
