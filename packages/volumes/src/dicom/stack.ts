import type { VolumeErrorTag } from "../errors.js";
import type { Grid, Matrix3, Triple } from "../volume.js";
import type { DicomImage, FrameFacts } from "./image.js";

/** One slice of a stack. */
export interface Slice {
  readonly image: DicomImage;
  readonly frame: FrameFacts;
}

/** What keeps slices from being a volume as they are. */
export interface DicomProblem {
  readonly tag: VolumeErrorTag;
  /** The file that the sentence starts with. */
  readonly path: string;
  /** What follows the file's name. */
  readonly message: string;
}

/** Slices of one size and orientation in the order of their places along the normal. */
export interface Stack {
  /** One entry for each place; more than one slice where several lie there. */
  readonly places: readonly (readonly Slice[])[];
  /** Position of each place along the normal, in mm from the first. */
  readonly depthsMm: readonly number[];
  /** How far each place is off the normal through the first one, along rows and columns, in mm. */
  readonly offsetsMm: readonly (readonly [number, number])[];
  readonly grid: Grid;
  readonly problems: readonly DicomProblem[];
  /** Whether a third axis of 1 mm was assumed because nothing tells it. */
  readonly assumedSpacing: boolean;
}

/**
 * How far a slice may lie off its place on an even grid: 0.1 mm, and not more than a tenth of the spacing.
 *
 * Scanners write positions rounded to a tenth of a mm at worst, which moves neighbors by 0.1 mm; a tenth of a voxel changes no finding.
 */
export const toleranceMm = (spacingMm: number): number => Math.min(0.1, spacingMm / 10);
/** Slices that are closer than this lie at one place: a tenth of the finest spacing of CT. */
const samePlaceMm = 0.01;

const dot = (a: readonly number[], b: readonly number[]): number => a[0]! * b[0]! + a[1]! * b[1]! + a[2]! * b[2]!;
const cross = (a: Triple, b: Triple): Triple => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
const minus = (a: Triple, b: Triple): Triple => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
const mm = (value: number): string => `${Number(value.toFixed(3))} mm`;

/** How a slice is called in sentences: its file, and its frame where a file has several. */
export const nameOf = ({ image, frame }: Slice): string =>
  image.frames.length > 1 ? `${image.source.path} (frame ${frame.index + 1})` : image.source.path;

/** Sorts slices that say where they lie, and says what is wrong with their places. All must have one size and orientation. */
export function stackOf(slices: readonly Slice[]): Stack {
  const [{ image, frame }] = slices as [Slice];
  const { rowAxis, columnAxis } = frame;
  const across = cross(rowAxis, columnAxis);
  // Frames of one file stay in their order, as in ITK, even where that runs against the normal.
  const downward =
    slices.every((slice) => slice.image === image) && dot(minus(slices.at(-1)!.frame.position!, frame.position!), across) < 0;
  const normal = across.map((v) => (downward && v !== 0 ? -v : v)) as Triple;
  const depth = (slice: Slice): number => dot(slice.frame.position!, normal);
  const order = new Map(slices.map((slice) => [slice, depth(slice)]));
  // Files at one place are in the order of their names, so that the order in which they came changes nothing.
  const sorted = [...slices].sort((a, b) => order.get(a)! - order.get(b)! || compare(nameOf(a), nameOf(b)));
  const places: Slice[][] = [];
  for (const slice of sorted) {
    const last = places.at(-1);
    if (last && order.get(slice)! - order.get(last[0]!)! < samePlaceMm) last.push(slice);
    else places.push([slice]);
  }
  const firsts = places.map(([slice]) => slice!);
  const origin = firsts[0]!.frame.position!;
  const away = firsts.map((slice) => minus(slice.frame.position!, origin));
  const depthsMm = away.map((step) => dot(step, normal));
  const offsetsMm = away.map((step) => [dot(step, rowAxis), dot(step, columnAxis)] as const);
  const count = places.length;
  const told = frame.betweenSlicesMm;
  const spacing = count > 1 ? Math.hypot(...away[count - 1]!) / (count - 1) : (told ?? 1);
  const direction = [0, 1, 2].flatMap((r) => [rowAxis[r]!, columnAxis[r]!, normal[r]!]) as Matrix3;
  const [dy, dx] = frame.pixelSpacingMm;
  return {
    places,
    depthsMm,
    offsetsMm,
    grid: { shape: [count, image.rows, image.columns], spacingMm: [spacing, dy, dx], originMm: [...origin], direction },
    problems: [...sharedPlaces(places), ...unevenness(firsts, depthsMm, offsetsMm)],
    assumedSpacing: count === 1 && told === undefined,
  };
}

/** The median of the steps between neighbors, of which the lower one where there are two. */
export function usualStepMm(depthsMm: readonly number[]): number {
  const steps = depthsMm.slice(1).map((depth, i) => depth - depthsMm[i]!);
  return steps.sort((a, b) => a - b)[(steps.length - 1) >> 1]!;
}

export const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const indexOfLargest = (values: readonly number[]): number => values.reduce((best, value, i) => (value > values[best]! ? i : best), 0);

/** Slices in one plane that do not lie at one place. */
function sharedPlaces(places: readonly (readonly Slice[])[]): DicomProblem[] {
  for (const [first, ...others] of places) {
    for (const other of others) {
      const apart = Math.hypot(...minus(other.frame.position!, first!.frame.position!));
      if (apart < samePlaceMm) continue;
      const message = `it lies in one plane with ${nameOf(first!)}, ${mm(apart)} aside, expected one slice in each plane`;
      return [{ tag: "Conflicting", path: nameOf(other), message }];
    }
  }
  return [];
}

function unevenness(
  slices: readonly Slice[],
  depthsMm: readonly number[],
  offsetsMm: readonly (readonly [number, number])[],
): DicomProblem[] {
  const count = slices.length;
  if (count < 2) return [];
  const problems: DicomProblem[] = [];
  // Between positions, which is more than between planes where the stack is sheared: it is what a scanner's table moves.
  const steps = slices.slice(1).map(({ frame }, i) => Math.hypot(...minus(frame.position!, slices[i]!.frame.position!)));
  const usual = [...steps].sort((a, b) => a - b)[(count - 2) >> 1]!;
  const mean = depthsMm[count - 1]! / (count - 1);
  const off = depthsMm.map((depth, i) => Math.abs(depth - i * mean));
  if (off.some((distance) => distance > toleranceMm(mean))) {
    // The step that differs most from the usual one says best what is wrong.
    const odd = steps.map((step) => Math.abs(step - usual));
    const at = indexOfLargest(odd);
    const tolerance = toleranceMm(usual);
    const more = odd.filter((difference) => difference > tolerance).length - 1;
    const missing = Math.round(steps[at]! / usual) - 1;
    const guess =
      missing > 0 && Math.abs(steps[at]! - (missing + 1) * usual) < 2 * tolerance
        ? ` (${missing} ${missing === 1 ? "slice" : "slices"} missing?)`
        : "";
    const message =
      `its slice is ${mm(steps[at]!)} from that of ${nameOf(slices[at]!)}${guess}, ` +
      `the usual step of the ${count} slices is ${mm(usual)}${more > 0 ? `; ${more} more steps differ` : ""}`;
    problems.push({ tag: "Uneven", path: nameOf(slices[at + 1]!), message });
  }
  const drift = offsetsMm.map(([x, y]) => Math.hypot(x, y));
  const farthest = indexOfLargest(drift);
  if (drift[farthest]! > toleranceMm(mean)) {
    const angle = (Math.atan2(drift[count - 1]!, depthsMm[count - 1]!) * 180) / Math.PI;
    const message =
      `its slice is shifted by ${mm(drift[farthest]!)} within its plane from that of ${nameOf(slices[0]!)}, ` +
      `so the stack is sheared (by ${angle.toFixed(1)} degrees, as with a tilted gantry)`;
    problems.push({ tag: "Uneven", path: nameOf(slices[farthest]!), message });
  }
  return problems;
}
