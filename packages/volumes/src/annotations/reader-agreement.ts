import type { Finding } from "../boxes.js";
import { voxelToWorld } from "../geometry.js";
import { determinant, type Grid, gridFault, type Triple } from "../volume.js";
import { clusterPoints } from "./cluster.js";
import { type LidcReading, type LidcScan, sliceOf } from "./lidc.js";
import { momentsOf } from "./lidc-mask.js";

/** LIDC had four readers a scan. */
const mostReaders = 4;
/** No scan of LIDC has more than some hundred readings; pairs of them are compared. */
const readingLimit = 4096;

/** A nodule that one reader or several outlined. */
export interface LidcNodule {
  /** The average of the readers' centers of mass, in mm. */
  readonly x: number;
  readonly y: number;
  readonly z: number;
  /** The average of the readers' diameters: of each the diameter of the sphere of the same volume. */
  readonly diameterMm: number;
  /** How many readers outlined it: sessions where the file tells them, else readings. */
  readonly readers: number;
  readonly readings: readonly LidcReading[];
}

/** What counts as one nodule. */
export interface NoduleOptions {
  /** Readings whose outlines come as near as this are of one nodule; the distance of the slices unless told. */
  readonly toleranceMm?: number;
  /**
   * "mean" weighs all readings the same, the default. "successive" starts with the last reading and goes on with the average of what there
   * is and the one before: this gives LUNA16's own numbers, in which the first reading weighs a half, the next a quarter, and so on.
   */
  readonly average?: "mean" | "successive";
}

/** Which nodules count as findings. */
export interface ReadingFindingOptions extends NoduleOptions {
  /** How many readers have to agree, 3 of 4 unless told. */
  readonly minReaders?: number;
  /** The least diameter in mm, 3 unless told. */
  readonly minDiameterMm?: number;
  /** The name of the scan in the findings; its SeriesInstanceUID unless told. */
  readonly scan?: string;
}

/**
 * The nodules of a scan that its readers outlined: readings whose outlines come near each other are of one nodule.
 *
 * Two readings belong together where the least distance of their outlines' pixels is `toleranceMm` or less, or others join them; while more
 * than four are together, the tolerance shrinks by a tenth, down to 0.1 mm: pylidc's rule, in mm on all three axes. Center and volume of a
 * reading are those of its mask (see `maskOfReading`). Readings whose outlines enclose no voxel are left out, no readings give no nodules.
 *
 * Throws a RangeError where the readings do not fit the lattice (see `maskOfReading`), for a tolerance that is not positive, and for more
 * than 4096 readings. References: M. C. Hancock and J. F. Magnan, Journal of Medical Imaging 3 (4), 2016; A. A. A. Setio et al., Medical
 * Image Analysis 42, 2017.
 *
 * @example
 * ```ts
 * import { createVolume, nodulesOfReadings } from "@gleaner/volumes";
 *
 * const scan = createVolume({ data: new Int16Array(4 * 100), shape: [4, 10, 10] });
 * const outline = (x: number) => [{ zMm: 2, inclusion: true, pixels: Int32Array.of(x, 2, x + 4, 2, x + 4, 6, x, 6) }];
 * const readings = [2, 3, 2].map((x, session) => ({ kind: "nodule" as const, id: "1", session, contours: outline(x) }));
 * const [nodule] = nodulesOfReadings({ seriesUid: "1.2.3", studyUid: "1.2", readings }, scan);
 * nodule?.readers; // => 3
 * [nodule?.x, nodule?.y, nodule?.z]; // => [4.333, 4, 2]
 * nodule?.diameterMm; // => 2.581
 * ```
 */
export function nodulesOfReadings({ readings }: LidcScan, grid: Grid, options: NoduleOptions = {}): LidcNodule[] {
  const { toleranceMm = grid.spacingMm[0], average = "mean" } = options;
  const fault = gridFault(grid);
  if (fault) throw new RangeError(`nodulesOfReadings: ${fault}`);
  if (!(toleranceMm > 0 && Number.isFinite(toleranceMm)))
    throw new RangeError(`nodulesOfReadings: toleranceMm is ${toleranceMm}, expected a positive number of mm`);
  if (!Object.hasOwn(averages, average))
    throw new RangeError(`nodulesOfReadings: average is ${JSON.stringify(average)}, expected "mean" or "successive"`);
  if (readings.length > readingLimit)
    throw new RangeError(`nodulesOfReadings: there are ${readings.length} readings, expected at most ${readingLimit}`);
  const measured = readings.flatMap((reading) => measuresOf(reading, grid));
  const outlines = measured.map(({ reading }) => outlinePoints(reading, grid));
  return clusterPoints(outlines, toleranceMm, mostReaders).map((group) => {
    const members = group.map((i) => measured[i]!);
    const averageOf = (of: (member: Measured) => number): number => averages[average](members.map(of));
    return {
      x: averageOf(({ center }) => center[0]),
      y: averageOf(({ center }) => center[1]),
      z: averageOf(({ center }) => center[2]),
      diameterMm: averageOf(({ diameterMm }) => diameterMm),
      readers: new Set(members.map(({ reading }, i) => reading.session ?? `reading ${i}`)).size,
      readings: members.map(({ reading }) => reading),
    };
  });
}

/**
 * The readings of a scan as LUNA16 lists them: nodules that enough readers outlined as `findings`, and all else that a reader marked as
 * `excluded`, the irrelevant findings, on which a detector's mark is neither right nor wrong.
 *
 * Excluded are nodules of fewer readers or a smaller diameter, and with diameter -1 (unknown) each nodule below 3 mm and each non-nodule of
 * each reader. With `average: "successive"` most findings of LUNA16's scans equal its own to all digits (the package's README has the
 * numbers); LUNA16 also lists single readings of its nodules as excluded, which are left out here. Throws a RangeError as `nodulesOfReadings` does, and for `minReaders` that is not a whole number from 1 to 4.
 *
 * @example
 * ```ts
 * import { createVolume, findingsOfReadings } from "@gleaner/volumes";
 *
 * const scan = createVolume({ data: new Int16Array(4 * 100), shape: [4, 10, 10], spacingMm: [1, 2, 2] });
 * const contours = [{ zMm: 2, inclusion: true, pixels: Int32Array.of(2, 2, 6, 2, 6, 6, 2, 6) }];
 * const readings = [0, 1, 2].map((session) => ({ kind: "nodule" as const, id: "1", session, contours }));
 * const { findings } = findingsOfReadings({ seriesUid: "1.2.3", studyUid: "1.2", readings }, scan);
 * findings; // => [{ scan: "1.2.3", x: 8, y: 8, z: 2, diameterMm: 4.097 }]
 * findingsOfReadings({ seriesUid: "1.2.3", studyUid: "1.2", readings }, scan, { minReaders: 4 }).findings; // => []
 * ```
 */
export function findingsOfReadings(
  scan: LidcScan,
  grid: Grid,
  options: ReadingFindingOptions = {},
): { findings: Finding[]; excluded: Finding[] } {
  const { minReaders = 3, minDiameterMm = 3, scan: name = scan.seriesUid } = options;
  if (!(Number.isInteger(minReaders) && minReaders >= 1 && minReaders <= mostReaders))
    throw new RangeError(`findingsOfReadings: minReaders is ${minReaders}, expected a whole number from 1 to ${mostReaders}`);
  const findings: Finding[] = [];
  const excluded: Finding[] = [];
  for (const { x, y, z, diameterMm, readers } of nodulesOfReadings(scan, grid, options))
    (readers >= minReaders && diameterMm >= minDiameterMm ? findings : excluded).push({ scan: name, x, y, z, diameterMm });
  for (const reading of scan.readings) {
    if (reading.kind === "nodule") continue;
    const points = outlinePoints(reading, grid);
    const [x, y, z] = [0, 1, 2].map((axis) => points.reduce((sum, point) => sum + point[axis]!, 0) / points.length) as Triple;
    excluded.push({ scan: name, x, y, z, diameterMm: -1 });
  }
  return { findings, excluded };
}

const averages = {
  mean: (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length,
  successive: (values: readonly number[]): number => values.reduceRight((sum, value) => (sum + value) / 2),
};

interface Measured {
  readonly reading: LidcReading;
  readonly center: Triple;
  readonly diameterMm: number;
}

function measuresOf(reading: LidcReading, grid: Grid): Measured[] {
  const { voxels, sums } = momentsOf(reading, grid);
  if (voxels === 0) return [];
  const [dz, dy, dx] = grid.spacingMm;
  const volumeMm3 = voxels * dz * dy * dx * Math.abs(determinant(grid.direction));
  const center = voxelToWorld(grid, sums.map((sum) => sum / voxels) as Triple);
  return [{ reading, center, diameterMm: Math.cbrt((6 * volumeMm3) / Math.PI) }];
}

/** The places of the pixels that outlines are made of. */
function outlinePoints({ contours }: LidcReading, grid: Grid): Triple[] {
  return contours.flatMap(({ zMm, pixels }) => {
    const slice = sliceOf(zMm, grid);
    return Array.from({ length: pixels.length / 2 }, (_, i) => voxelToWorld(grid, [slice, pixels[2 * i + 1]!, pixels[2 * i]!]));
  });
}
