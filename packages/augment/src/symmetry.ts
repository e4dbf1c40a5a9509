type Axis = 0 | 1 | 2;

/**
 * One of the 48 symmetries of the cube, as an action on the axes [z, y, x]: axes are permuted first, then output axes are flipped. Output axis i is input
 * axis `axes[i]`, reversed if `flips[i]`.
 */
export interface Symmetry {
  readonly axes: readonly [Axis, Axis, Axis];
  readonly flips: readonly [boolean, boolean, boolean];
}

const orders: readonly (readonly [Axis, Axis, Axis])[] = [
  [0, 1, 2],
  [0, 2, 1],
  [1, 0, 2],
  [1, 2, 0],
  [2, 0, 1],
  [2, 1, 0],
];

/** Throws unless the axes are a permutation of 0, 1, 2. */
export function requireSymmetry({ axes, flips }: Symmetry): void {
  if ([...axes].sort().join() !== "0,1,2") throw new RangeError(`axes is [${axes}]; expected an order of 0, 1, 2`);
  if (flips.length !== 3) throw new RangeError(`flips has ${flips.length} entries; expected 3`);
}

/**
 * All 48 symmetries of the cube, the identity first; the first 8 permute no axes.
 *
 * A mirror image of a lung is as good a lung to a detector of nodules, and so are its turns by 90°: they are the views that FocalMix averages over
 * (Wang et al., CVPR 2020, section 3.3).
 *
 * @returns a new array each time
 *
 * @example
 * ```ts
 * import { cubeSymmetries } from "@gleaner/augment";
 * cubeSymmetries().length; // => 48
 * cubeSymmetries()[0]; // => { axes: [0, 1, 2], flips: [false, false, false] }
 * ```
 */
export function cubeSymmetries(): Symmetry[] {
  return orders.flatMap((axes) =>
    Array.from({ length: 8 }, (_, bits): Symmetry => ({ axes, flips: [(bits & 4) !== 0, (bits & 2) !== 0, (bits & 1) !== 0] })),
  );
}

/**
 * A symmetry drawn uniformly: one of the 48, or with `permute: false` one of the 8 that only flip.
 *
 * Axes may be permuted where a patch is a cube of cubic voxels; flips are always allowed.
 *
 * @param random draws in 0..1, 1 excluded; called once
 *
 * @example
 * ```ts
 * import { randomSymmetry } from "@gleaner/augment";
 * randomSymmetry(() => 0.99, { permute: false }); // => { axes: [0, 1, 2], flips: [true, true, true] }
 * ```
 */
export function randomSymmetry(random: () => number, options: { permute?: boolean } = {}): Symmetry {
  const { permute = true } = options;
  const all = cubeSymmetries();
  const count = permute ? all.length : 8;
  return all[Math.min(count - 1, Math.floor(random() * count))]!;
}

/**
 * The symmetry that undoes another, on either side.
 *
 * @throws RangeError if `axes` is no order of 0, 1, 2
 *
 * @example
 * ```ts
 * import { inverseSymmetry } from "@gleaner/augment";
 * inverseSymmetry({ axes: [1, 2, 0], flips: [true, false, false] }); // => { axes: [2, 0, 1], flips: [false, true, false] }
 * ```
 */
export function inverseSymmetry(symmetry: Symmetry): Symmetry {
  requireSymmetry(symmetry);
  const axes: [Axis, Axis, Axis] = [0, 0, 0];
  const flips: [boolean, boolean, boolean] = [false, false, false];
  for (const output of [0, 1, 2] as const) {
    const input = symmetry.axes[output];
    axes[input] = output;
    flips[input] = symmetry.flips[output];
  }
  return { axes, flips };
}

/**
 * The one symmetry that does what `first` and after it `second` do.
 *
 * @throws RangeError if the axes of either are no order of 0, 1, 2
 *
 * @example
 * ```ts
 * import { composeSymmetries, inverseSymmetry } from "@gleaner/augment";
 * const turn = { axes: [0, 2, 1], flips: [false, true, false] };
 * composeSymmetries(turn, turn); // => { axes: [0, 1, 2], flips: [false, true, true] }
 * composeSymmetries(turn, inverseSymmetry(turn)); // => { axes: [0, 1, 2], flips: [false, false, false] }
 * ```
 */
export function composeSymmetries(first: Symmetry, second: Symmetry): Symmetry {
  requireSymmetry(first);
  requireSymmetry(second);
  const axisOf = (i: Axis): Axis => first.axes[second.axes[i]];
  const flipOf = (i: Axis): boolean => first.flips[second.axes[i]] !== second.flips[i];
  return { axes: [axisOf(0), axisOf(1), axisOf(2)], flips: [flipOf(0), flipOf(1), flipOf(2)] };
}
