import { volumeError } from "./errors.js";
import { type NrrdHeader, numbersPerAxis, quoted, vectorsOf, wordsOf } from "./nrrd-header.js";
import type { Grid, Matrix3, Triple } from "./volume.js";

/** How the axes of a space run against LPS: the signs of x, y and z. Handedness without a patient is taken as it is. */
const spaces: Readonly<Record<string, Triple>> = {
  "left-posterior-superior": [1, 1, 1],
  lps: [1, 1, 1],
  "right-anterior-superior": [-1, -1, 1],
  ras: [-1, -1, 1],
  "left-anterior-superior": [1, -1, 1],
  las: [1, -1, 1],
  "scanner-xyz": [1, 1, 1],
  "3d-right-handed": [1, 1, 1],
  "3d-left-handed": [1, 1, 1],
};

/** Kinds of axes along which the values of one voxel lie, not voxels. */
const isDomain = (kind: string | undefined): boolean => kind === undefined || /^(domain|space|time|none|\?\?\?)$/i.test(kind);

/** Where the voxels of an NRRD lie, from NRRD's spaces to LPS. `sizes` are the axes as written, the fastest first. */
export function gridOfNrrd(header: NrrdHeader, path: string, sizes: readonly number[]): Grid {
  const kinds = wordsOf(header, "kinds");
  if (kinds && kinds.length !== sizes.length)
    throw volumeError("Malformed", path, `"kinds" is ${quoted(kinds.join(" "))}, expected ${sizes.length} words`);
  const directions = vectorsOf(header, path, sizes.length, "space directions");
  const signs = signsOf(header, path);
  const axes = voxelAxes(sizes, directions, kinds, path);
  const shape = axes.map((axis) => sizes[axis]!);
  const grid = directions
    ? gridOfVectors(header, path, directions, axes, signs)
    : signs && numbersPerAxis(header, path, sizes.length, "spacings")
      ? undefined
      : gridOfSpacings(header, path, sizes, axes);
  if (!grid) throw volumeError("Malformed", path, 'it has a space and "spacings", expected "space directions"');
  return { shape: [shape[2] ?? 1, shape[1] ?? 1, shape[0]!], ...grid };
}

/** The signs of the named space, or undefined where there is none. */
function signsOf({ fields }: NrrdHeader, path: string): Triple | undefined {
  const space = fields.get("space");
  const dimension = fields.get("space dimension");
  if (dimension !== undefined && dimension !== "3")
    throw volumeError("Unsupported", path, `"space dimension" is ${quoted(dimension)}, expected 3`);
  const units = fields.get("space units");
  const words = (units?.match(/"[^"]*"/g) ?? []).map((word) => word.slice(1, -1).toLowerCase());
  if (!words.every((word) => ["", "???", "mm", "millimeter", "millimeters"].includes(word)))
    throw volumeError("Unsupported", path, `"space units" is ${quoted(units!)}, expected "mm" for every axis`);
  if (space === undefined) return dimension === undefined ? undefined : [1, 1, 1];
  const name = space.toLowerCase();
  if (Object.hasOwn(spaces, name)) return spaces[name];
  throw volumeError("Unsupported", path, `"space" is ${quoted(space)}, expected one of ${Object.keys(spaces).join(", ")}`);
}

/** The two or three axes along which voxels lie; others have to be of size 1. */
function voxelAxes(
  sizes: readonly number[],
  directions: readonly (number[] | null)[] | undefined,
  kinds: readonly string[] | undefined,
  path: string,
): number[] {
  const inSpace = sizes.map((_, axis) => (directions ? directions[axis] !== null : isDomain(kinds?.[axis])));
  const axes = sizes.map((_, axis) => axis).filter((axis) => inSpace[axis]);
  // Beyond three there are only axes of one step, such as a time series of one.
  const kept = axes.slice(0, 3);
  const more = sizes.map((_, axis) => axis).filter((axis) => !kept.includes(axis) && sizes[axis] !== 1);
  if (more.length > 0) {
    const what = more.map((axis) => `axis ${axis}${kinds ? ` (${kinds[axis]})` : ""} of size ${sizes[axis]}`).join(", ");
    throw volumeError("Unsupported", path, `it has several values per voxel or a time series: ${what}, expected size 1`);
  }
  if (kept.length < 2 || (directions && kept.length < 3))
    throw volumeError("Unsupported", path, `it has ${kept.length} axes in space, expected ${directions ? "3" : "2 or 3"}`);
  return kept;
}

function gridOfVectors(
  header: NrrdHeader,
  path: string,
  directions: readonly (number[] | null)[],
  axes: readonly number[],
  signs: Triple = [1, 1, 1],
): Omit<Grid, "shape"> {
  const lps = (vector: readonly number[]): Triple => signs.map((sign, i) => sign * vector[i]! + 0) as Triple;
  const [x, y, z] = axes.map((axis) => lps(directions[axis]!)) as [Triple, Triple, Triple];
  const [dx, dy, dz] = [x, y, z].map((vector) => Math.hypot(...vector)) as Triple;
  const direction = [0, 1, 2].flatMap((row) => [x[row]! / dx, y[row]! / dy, z[row]! / dz]) as Matrix3;
  const origin = vectorsOf(header, path, 1, "space origin")?.[0];
  return { spacingMm: [dz, dy, dx], originMm: lps(origin ?? [0, 0, 0]), direction };
}

/** A grid without a space, as ITK takes it: spacings, or what the axes' ends tell, along the world's axes; a negative spacing turns its axis. */
function gridOfSpacings(header: NrrdHeader, path: string, sizes: readonly number[], axes: readonly number[]): Omit<Grid, "shape"> {
  const spacings = numbersPerAxis(header, path, sizes.length, "spacings");
  const mins = numbersPerAxis(header, path, sizes.length, "axis mins");
  const maxs = numbersPerAxis(header, path, sizes.length, "axis maxs");
  const centerings = wordsOf(header, "centerings");
  const along = [0, 1, 2].map((i) => {
    const axis = axes[i];
    if (axis === undefined) return { spacing: 1, origin: 0, sign: 1 };
    const cell = centerings?.[axis]?.toLowerCase() !== "node";
    const min = mins?.[axis] ?? Number.NaN;
    const steps = cell ? sizes[axis]! : sizes[axis]! - 1;
    const told = spacings?.[axis] ?? Number.NaN;
    const ends = steps > 0 ? ((maxs?.[axis] ?? Number.NaN) - min) / steps : Number.NaN;
    // What a header does not know is 1 mm, as in ITK; zero is left for the check of the grid.
    const step = Number.isFinite(told) ? told : Number.isFinite(ends) ? ends : 1;
    // An axis of cells starts half a cell before its first center.
    const origin = Number.isFinite(min) ? min + (cell ? step / 2 : 0) : 0;
    return { spacing: Math.abs(step), origin, sign: step < 0 ? -1 : 1 };
  });
  const [x, y, z] = along as [(typeof along)[0], (typeof along)[0], (typeof along)[0]];
  return {
    spacingMm: [z.spacing, y.spacing, x.spacing],
    originMm: [x.origin, y.origin, z.origin],
    direction: [x.sign, 0, 0, 0, y.sign, 0, 0, 0, z.sign],
  };
}
