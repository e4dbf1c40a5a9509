/** Three numbers: `[z, y, x]` for what counts voxels, `[x, y, z]` for what is in the world. */
export type Triple = [number, number, number];

/** A 3×3 matrix, row by row. */
export type Matrix3 = [number, number, number, number, number, number, number, number, number];

/** The arrays that hold voxels. */
export type VoxelArray = Int8Array | Uint8Array | Int16Array | Uint16Array | Int32Array | Uint32Array | Float32Array | Float64Array;

/** Where voxels lie: a lattice in the world. World coordinates are in mm, LPS (x to the patient's left, y to the back, z to the head). */
export interface Grid {
  /** Voxels along `[z, y, x]`. */
  shape: Triple;
  /** Distance between neighbors along `[z, y, x]`, in mm. */
  spacingMm: Triple;
  /** World position `[x, y, z]` of the center of the first voxel, in mm. */
  originMm: Triple;
  /** Columns are the world directions of the x, y and z index axes, each of length 1, as in ITK. */
  direction: Matrix3;
}

/** A volume: voxels in C order (x fastest) and where they lie. CT values are Hounsfield units until `windowHu` maps them to 0..1. */
export interface Volume<Data extends VoxelArray = VoxelArray> extends Grid {
  data: Data;
}

/** A box of voxels: the first one `[z, y, x]` and how many along each axis. It may reach outside of a volume. */
export interface Region {
  start: Triple;
  shape: Triple;
}

/** The direction of axes that run to the patient's left, back and head. */
const identityDirection = (): Matrix3 => [1, 0, 0, 0, 1, 0, 0, 0, 1];

/**
 * Makes a volume and checks it: spacing 1 mm, origin 0 and axes along the world's where they are left out.
 *
 * The voxels are not copied. Throws a RangeError for a shape that is not of positive integers or does not match the number of voxels,
 * a spacing that is not positive, numbers that are not finite, or a direction whose columns are not of length 1 or lie in one plane.
 *
 * @example
 * ```ts
 * import { createVolume } from "@gleaner/volumes";
 *
 * const volume = createVolume({ data: new Int16Array(24), shape: [2, 3, 4], spacingMm: [2.5, 0.7, 0.7] });
 * volume.originMm; // => [0, 0, 0]
 * volume.direction; // => [1, 0, 0, 0, 1, 0, 0, 0, 1]
 * ```
 */
export function createVolume<Data extends VoxelArray>(
  parts: { data: Data; shape: readonly [number, number, number] } & {
    spacingMm?: readonly [number, number, number];
    originMm?: readonly [number, number, number];
    direction?: Readonly<Matrix3>;
  },
): Volume<Data> {
  const { data, shape, spacingMm = [1, 1, 1], originMm = [0, 0, 0], direction = identityDirection() } = parts;
  const volume: Volume<Data> = { data, shape: [...shape], spacingMm: [...spacingMm], originMm: [...originMm], direction: [...direction] };
  const fault = gridFault(volume);
  if (fault) throw new RangeError(`createVolume: ${fault}`);
  if (data.length !== voxelCount(shape)) {
    throw new RangeError(`createVolume: a shape of ${shape.join(" x ")} needs ${voxelCount(shape)} voxels, the data have ${data.length}`);
  }
  return volume;
}

/** How many voxels a shape has. */
export const voxelCount = (shape: readonly [number, number, number]): number => shape[0] * shape[1] * shape[2];

/** The determinant of a 3×3 matrix. */
export function determinant(m: Readonly<Matrix3>): number {
  return m[0] * (m[4] * m[8] - m[5] * m[7]) - m[1] * (m[3] * m[8] - m[5] * m[6]) + m[2] * (m[3] * m[7] - m[4] * m[6]);
}

/** What is wrong with a grid, in words, or undefined where it is right. */
export function gridFault({ shape, spacingMm, originMm, direction }: Grid): string | undefined {
  if (shape.length !== 3 || !shape.every((n) => Number.isSafeInteger(n) && n > 0))
    return `the shape is [${shape}], expected three positive integers`;
  if (!Number.isSafeInteger(voxelCount(shape))) return `the shape is [${shape}], more voxels than can be counted`;
  if (spacingMm.length !== 3 || !spacingMm.every((s) => Number.isFinite(s) && s > 0))
    return `the spacing is [${spacingMm}] mm, expected three positive numbers`;
  if (originMm.length !== 3 || !originMm.every(Number.isFinite)) return `the origin is [${originMm}] mm, expected three finite numbers`;
  if (direction.length !== 9 || !direction.every(Number.isFinite)) return `the direction is [${direction}], expected nine finite numbers`;
  for (const column of [0, 1, 2]) {
    const length = Math.hypot(direction[column]!, direction[column + 3]!, direction[column + 6]!);
    if (Math.abs(length - 1) > 0.01) return `column ${column} of the direction [${direction}] has length ${length}, expected 1`;
  }
  if (Math.abs(determinant(direction)) < 0.01) return `the axes of the direction [${direction}] lie in one plane`;
  return undefined;
}
