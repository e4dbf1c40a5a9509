import { volumeError } from "../errors.js";
import type { Grid, Matrix3, Triple } from "../volume.js";
import type { DicomObject, Tag } from "./dicom-object.js";

/** The lattice that all frames of a segmentation lie on, and the slice of each frame. */
export interface SegLattice {
  /** Where slice 0 lies; its depth is the last slice's. */
  readonly grid: Grid;
  readonly slices: readonly number[];
}

/** Frames that are closer than this lie at one place: a tenth of the finest spacing of CT. */
const samePlaceMm = 0.01;

/**
 * Finds the lattice of frames by their functional groups (PS3.3, C.7.6.16): positions along the normal, in steps of SpacingBetweenSlices or
 * else of the least distance of two frames; slices without a frame are empty.
 *
 * Throws Malformed where a frame does not say where it lies, Unsupported where frames differ in orientation, spacing or place aside, Uneven
 * where their positions are in no even steps.
 */
export function latticeOf(object: DicomObject, frames: readonly DicomObject[], rows: number, columns: number, path: string): SegLattice {
  const [shared] = object.items("x52009229");
  const fail = (tag: "Malformed" | "Unsupported" | "Uneven", message: string): Error => volumeError(tag, path, message);
  const group = (frame: DicomObject, sequence: Tag): DicomObject | undefined => frame.items(sequence)[0] ?? shared?.items(sequence)[0];
  const numbers = (frame: DicomObject, sequence: Tag, tag: Tag, name: string, count: number, n: number): number[] => {
    const values = group(frame, sequence)?.numbers(tag);
    if (values?.length !== count)
      throw fail("Malformed", `frame ${n + 1} has ${values ? `${values.length} values` : "nothing"} as ${name}, expected ${count} numbers`);
    return [...values];
  };
  const orientations = frames.map((frame, n) => numbers(frame, "x00209116", "x00200037", "ImageOrientationPatient", 6, n));
  const spacings = frames.map((frame, n) => numbers(frame, "x00289110", "x00280030", "PixelSpacing", 2, n));
  const positions = frames.map((frame, n) => numbers(frame, "x00209113", "x00200032", "ImagePositionPatient", 3, n) as Triple);
  const [orientation, spacing, origin] = [orientations[0]!, spacings[0]!, positions[0]!];
  const near = (a: readonly number[], b: readonly number[], most: number): boolean => a.every((value, i) => Math.abs(value - b[i]!) < most);
  if (
    !orientations.every((other) => near(other, orientation, 1e-3)) ||
    !spacings.every((other) => near(other, spacing, 1e-3 * spacing[0]!))
  )
    throw fail("Unsupported", "its frames differ in orientation or spacing, expected one lattice");
  if (!spacing.every((mm) => mm > 0)) throw fail("Malformed", `PixelSpacing is [${spacing}], expected two positive numbers of mm`);
  const { row, column, normal } = axesOf(orientation, fail);
  const away = positions.map((position) => [0, 1, 2].map((axis) => position[axis]! - origin[axis]!));
  const aside = away.map((step) => Math.max(Math.abs(dot(step, row)) / spacing[1]!, Math.abs(dot(step, column)) / spacing[0]!));
  if (aside.some((pixels) => pixels > 0.1)) throw fail("Unsupported", "its frames lie aside from each other, expected one stack");

  const depths = away.map((step) => dot(step, normal));
  const measures = frames[0] && group(frames[0], "x00289110");
  const told = ["x00180088", "x00180050"].map((tag) => Math.abs(measures?.numbers(tag as Tag)?.[0] ?? 0));
  const step = stepOf(depths, told[0]!, told[1]!);
  if (step === undefined) throw fail("Uneven", "its frames are not in even steps, expected positions on one lattice");
  const lowest = depths.reduce((low, depth) => Math.min(low, depth), Number.POSITIVE_INFINITY);
  const slices = depths.map((depth) => Math.round((depth - lowest) / step));
  const depth = slices.reduce((high, slice) => Math.max(high, slice), 0) + 1;
  const first = positions[depths.indexOf(lowest)]!;
  const direction = [0, 1, 2].flatMap((r) => [row[r]!, column[r]!, normal[r]!]) as Matrix3;
  return { grid: { shape: [depth, rows, columns], spacingMm: [step, spacing[0]!, spacing[1]!], originMm: [...first], direction }, slices };
}

/** The step that all depths are multiples of: the one that is told, or the least between two. */
function stepOf(depths: readonly number[], told: number, thickness: number): number | undefined {
  const sorted = [...depths].sort((a, b) => a - b);
  const differences = sorted.slice(1).flatMap((depth, i) => (depth - sorted[i]! >= samePlaceMm ? [depth - sorted[i]!] : []));
  if (differences.length === 0) return told || thickness || 1;
  const least = differences.reduce((low, difference) => Math.min(low, difference));
  const span = sorted.at(-1)! - sorted[0]!;
  for (const step of [told, least]) {
    if (!(step >= samePlaceMm)) continue;
    // Positions are rounded, so the whole span tells the step best.
    const fine = span / Math.max(1, Math.round(span / step));
    const off = sorted.map((depth) => (depth - sorted[0]!) / fine).map((place) => Math.abs(place - Math.round(place)));
    if (Math.abs(fine - step) < 0.1 * step && off.every((part) => part < 0.1)) return fine;
  }
  return undefined;
}

const dot = (a: readonly number[], b: readonly number[]): number => a[0]! * b[0]! + a[1]! * b[1]! + a[2]! * b[2]!;

/** The unit vectors of rows, of columns, and across both. */
function axesOf(
  orientation: readonly number[],
  fail: (tag: "Malformed", message: string) => Error,
): { row: Triple; column: Triple; normal: Triple } {
  const unit = (axis: readonly number[]): Triple => axis.map((value) => value / Math.hypot(...axis)) as Triple;
  const [row, column] = [unit(orientation.slice(0, 3)), unit(orientation.slice(3))];
  const lengths = [Math.hypot(...orientation.slice(0, 3)), Math.hypot(...orientation.slice(3))];
  if (!lengths.every((length) => Math.abs(length - 1) < 0.01) || Math.abs(dot(row, column)) > 0.01)
    throw fail("Malformed", `ImageOrientationPatient is [${orientation}], expected two perpendicular directions of length 1`);
  const normal: Triple = [
    row[1] * column[2] - row[2] * column[1],
    row[2] * column[0] - row[0] * column[2],
    row[0] * column[1] - row[1] * column[0],
  ];
  return { row, column, normal };
}
