import * as tf from "@tensorflow/tfjs-core";
import { requireSymmetry, type Symmetry } from "./symmetry.js";
import { requireShape, type Triple } from "./triple.js";

/** Where the anchors of a patch lie: level by level, locations in C order over z, y, x, and the anchors of a location innermost. */
export interface AnchorGrid {
  readonly levels: readonly {
    /** Locations along [z, y, x]. */
    readonly shape: Triple;
    /** Sizes [dz, dy, dx] in voxels of the anchors at each location. */
    readonly anchors: readonly Triple[];
  }[];
}

/**
 * Which anchor of a patch each anchor of its view is.
 *
 * Anchors of the view are counted on the grid as the view has it: axes of its levels are permuted like those of the voxels, and the sizes at a location keep
 * their order. It needs a grid that the symmetry maps onto itself: centers symmetric in the patch (stride s at i·s + (s − 1)/2, patch sizes that are
 * multiples of the largest stride) and, where axes are permuted, a list of sizes that is closed under the permutation, as cubes are.
 *
 * @param grid of the patch before the symmetry
 * @returns `permutation` with view[k] = original[permutation[k]] for N anchors
 * @throws RangeError if the list of sizes of a level is not closed under the permutation, or the grid or the symmetry is malformed
 *
 * @example
 * ```ts
 * import { anchorPermutation } from "@gleaner/augment";
 * const grid = { levels: [{ shape: [1, 2, 2], anchors: [[4, 4, 4], [8, 8, 8]] }] };
 * anchorPermutation(grid, { axes: [0, 1, 2], flips: [false, false, true] }); // => [2, 3, 0, 1, 6, 7, 4, 5]
 * ```
 */
export function anchorPermutation(grid: AnchorGrid, symmetry: Symmetry): Int32Array {
  requireSymmetry(symmetry);
  const { axes, flips } = symmetry;
  let count = 0;
  for (const [i, { shape, anchors }] of grid.levels.entries()) {
    requireShape(`levels[${i}].shape`, shape);
    count += shape[0] * shape[1] * shape[2] * anchors.length;
  }
  const permutation = new Int32Array(count);
  let next = 0;
  let first = 0;
  for (const [i, { shape, anchors }] of grid.levels.entries()) {
    const sources = sourcesOfSizes(i, anchors, symmetry);
    const inputStrides = [shape[1] * shape[2], shape[2], 1];
    const size = axes.map((axis) => shape[axis]);
    // Original location = start + Σ step·(location in the view).
    const steps = axes.map((axis, k) => (flips[k] ? -1 : 1) * inputStrides[axis]!);
    const start = axes.reduce<number>((sum, axis, k) => sum + (flips[k] ? (shape[axis] - 1) * inputStrides[axis]! : 0), 0);
    for (let z = 0; z < size[0]!; z++) {
      for (let y = 0; y < size[1]!; y++) {
        for (let x = 0; x < size[2]!; x++) {
          const location = start + z * steps[0]! + y * steps[1]! + x * steps[2]!;
          for (const source of sources) permutation[next++] = first + location * anchors.length + source;
        }
      }
    }
    first = next;
  }
  return permutation;
}

/** For each size of the view's list, the one of the original list that becomes it; equal sizes are paired in their order. */
function sourcesOfSizes(level: number, anchors: readonly Triple[], { axes }: Symmetry): number[] {
  const free = anchors.map((size, source) => ({ source, size: axes.map((axis) => size[axis]).join(" × ") }));
  return anchors.map((size) => {
    const wanted = size.join(" × ");
    const found = free.findIndex((candidate) => candidate.size === wanted);
    if (found < 0) {
      const list = anchors.map((each) => each.join(" × ")).join(", ");
      throw new RangeError(`levels[${level}].anchors are ${list}; expected a list that the order [${axes}] of the axes maps onto itself`);
    }
    return free.splice(found, 1)[0]!.source;
  });
}

/**
 * Values of anchors brought into the order of a permutation: result[b, k, …] = values[b, permutation[k], …].
 *
 * Its gradient is the inverse permutation, so it needs no scattering and is right on backends that have none.
 *
 * @param values `[batch, N, …]`
 * @param permutation each of 0..N−1 once, as `anchorPermutation` gives it
 * @returns a new tensor of the same shape and type
 * @throws RangeError if it is no permutation of the N anchors
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { applyAnchorPermutation } from "@gleaner/augment";
 * applyAnchorPermutation(tf.tensor2d([[10, 20, 30]]), Int32Array.of(2, 0, 1)).arraySync(); // => [[30, 10, 20]]
 * ```
 */
export function applyAnchorPermutation<T extends tf.Tensor>(values: T, permutation: Int32Array): T {
  const count = values.shape[1];
  if (count === undefined || count !== permutation.length) {
    throw new RangeError(`values is [${values.shape}]; expected [batch, ${permutation.length}, …], an entry for each of the permutation`);
  }
  const inverse = new Int32Array(count).fill(-1);
  for (const [k, source] of permutation.entries()) {
    if (inverse[source] !== -1) throw new RangeError(`permutation[${k}] is ${source}; expected each of 0..${count - 1} once`);
    inverse[source] = k;
  }
  const reorder = tf.customGrad((x) => ({
    value: gatherAnchors(x as T, permutation),
    gradFunc: (dy: T) => gatherAnchors(dy, inverse),
  }));
  return reorder(values) as T;
}

const gatherAnchors = <T extends tf.Tensor>(x: T, order: Int32Array): T => tf.tidy(() => tf.gather(x, tf.tensor1d(order, "int32"), 1));
