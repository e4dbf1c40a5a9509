import { type Grid, gridFault, type Volume, voxelCount } from "../volume.js";
import { type LidcContour, type LidcReading, sliceOf } from "./lidc.js";
import { fillPolygon, outlineOf } from "./polygon.js";

/** The pixels of a nodule on one slice: 1 inside, in a box of pixels. */
interface SliceMask {
  readonly slice: number;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly inside: Uint8Array;
}

/**
 * The mask of a reading on the lattice of its scan: 1 inside of the outlines, 0 elsewhere.
 *
 * The pixels of an outline are the first ones outside of the nodule (LIDC's rule for readers), and of a hole the last ones that are no
 * part of it. A reading of one point marks nothing. Throws a RangeError where an outline does not fit the lattice, which has to be that
 * of the DICOM images it was drawn on: neither cropped nor resampled. Reference: S. G. Armato et al., Medical Physics 38 (2), 2011.
 *
 * @example
 * ```ts
 * import { createVolume, maskOfReading } from "@gleaner/volumes";
 *
 * const scan = createVolume({ data: new Int16Array(50), shape: [2, 5, 5], spacingMm: [2, 1, 1] });
 * const pixels = Int32Array.of(1, 0, 3, 2, 1, 4, 0, 2);
 * const mask = maskOfReading({ kind: "nodule", id: "1", contours: [{ zMm: 2, inclusion: true, pixels }] }, scan);
 * mask.data.subarray(25 + 5, 25 + 20); // => [0, 1, 0, 0, 0, 0, 1, 1, 0, 0, 0, 1, 0, 0, 0]
 * ```
 */
export function maskOfReading(reading: LidcReading, grid: Grid): Volume<Uint8Array> {
  const fault = gridFault(grid);
  if (fault) throw new RangeError(`maskOfReading: ${fault}`);
  const { shape, spacingMm, originMm, direction } = grid;
  const data = new Uint8Array(voxelCount(shape));
  for (const { slice, x, y, width, height, inside } of sliceMasks(reading, grid)) {
    for (let row = 0; row < height; row++)
      data.set(inside.subarray(row * width, (row + 1) * width), (slice * shape[1] + y + row) * shape[2] + x);
  }
  return { data, shape: [...shape], spacingMm: [...spacingMm], originMm: [...originMm], direction: [...direction] };
}

/** How many voxels a reading marks, and the sums of their coordinates `[z, y, x]`. */
export function momentsOf(reading: LidcReading, grid: Grid): { voxels: number; sums: [number, number, number] } {
  let voxels = 0;
  const sums: [number, number, number] = [0, 0, 0];
  for (const { slice, x, y, width, inside } of sliceMasks(reading, grid)) {
    for (let i = 0; i < inside.length; i++) {
      if (inside[i] === 0) continue;
      voxels++;
      sums[0] += slice;
      sums[1] += y + Math.floor(i / width);
      sums[2] += x + (i % width);
    }
  }
  return { voxels, sums };
}

function sliceMasks({ kind, contours }: LidcReading, grid: Grid): SliceMask[] {
  if (kind !== "nodule") return [];
  const bySlice = new Map<number, LidcContour[]>();
  for (const contour of contours) {
    const slice = sliceOf(contour.zMm, grid);
    const others = bySlice.get(slice);
    if (others) others.push(contour);
    else bySlice.set(slice, [contour]);
  }
  return [...bySlice].map(([slice, outlines]) => maskOfSlice(slice, outlines, grid));
}

function maskOfSlice(slice: number, contours: readonly LidcContour[], { shape: [, rows, columns] }: Grid): SliceMask {
  let [x0, y0, x1, y1] = [columns, rows, 0, 0];
  for (const { pixels } of contours) {
    for (let i = 0; i < pixels.length; i += 2) {
      const [x, y] = [pixels[i]!, pixels[i + 1]!];
      if (x < 0 || y < 0 || x >= columns || y >= rows)
        throw new RangeError(
          `a contour has pixel (${x}, ${y}), expected the lattice of the scan it was drawn on: ${columns} x ${rows} pixels`,
        );
      [x0, y0, x1, y1] = [Math.min(x0, x), Math.min(y0, y), Math.max(x1, x), Math.max(y1, y)];
    }
  }
  const [width, height] = [Math.max(0, x1 - x0 + 1), Math.max(0, y1 - y0 + 1)];
  const inside = new Uint8Array(width * height);
  // Holes after all that is filled, whatever the order in the file.
  for (const inclusion of [true, false]) {
    for (const contour of contours) {
      if (contour.inclusion !== inclusion) continue;
      const xs = contour.pixels.filter((_, i) => i % 2 === 0).map((x) => x - x0);
      const ys = contour.pixels.filter((_, i) => i % 2 === 1).map((y) => y - y0);
      const filled = new Uint8Array(inside.length);
      fillPolygon(xs, ys, width, height, (row, from, to) => filled.fill(1, row * width + from, row * width + to));
      outlineOf(xs, ys, (x, y) => void (filled[y * width + x] = Number(!inclusion)));
      for (let i = 0; i < filled.length; i++) if (filled[i]) inside[i] = Number(inclusion);
    }
  }
  return { slice, x: x0, y: y0, width, height, inside };
}
