import * as tf from "@tensorflow/tfjs-core";
import { requireSymmetry, type Symmetry } from "./symmetry.js";

/**
 * A batch of volumes seen through a symmetry.
 *
 * @param volumes `[batch, z, y, x, channel]`, any type
 * @param symmetry acts on z, y, x; sizes are permuted with the axes
 * @returns a new tensor `[batch, …, channel]`; differentiable
 * @throws RangeError if `axes` is no order of 0, 1, 2, or for another rank
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { transformVolume } from "@gleaner/augment";
 * const volume = tf.tensor5d([1, 2, 3, 4, 5, 6], [1, 1, 2, 3, 1]);
 * const turned = transformVolume(volume, { axes: [0, 2, 1], flips: [false, true, false] });
 * turned.shape; // => [1, 1, 3, 2, 1]
 * turned.dataSync(); // => [3, 6, 2, 5, 1, 4]
 * ```
 */
export function transformVolume(volumes: tf.Tensor5D, symmetry: Symmetry): tf.Tensor5D {
  requireSymmetry(symmetry);
  if (volumes.rank !== 5) throw new RangeError(`volumes is [${volumes.shape}]; expected [batch, z, y, x, channel]`);
  const { axes, flips } = symmetry;
  return tf.tidy(() => {
    const moved = axes.some((axis, i) => axis !== i);
    let out = moved ? tf.transpose(volumes, [0, axes[0] + 1, axes[1] + 1, axes[2] + 1, 4]) : tf.clone(volumes);
    // Not every backend reverses tensors of rank 5, but all do of rank 3: neighboring axes that are both flipped are one axis reversed.
    for (const [from, to] of runs(flips)) {
      const { shape } = out;
      const flat = tf.reshape(out, [
        product(shape.slice(0, from + 1)),
        product(shape.slice(from + 1, to + 1)),
        product(shape.slice(to + 1)),
      ]);
      out = tf.reshape(tf.reverse(flat, 1), shape);
    }
    return out;
  });
}

const product = (sizes: readonly number[]): number => sizes.reduce((a, b) => a * b, 1);

/** The runs [from, to) of consecutive axes that are flipped. */
function runs(flips: readonly boolean[]): [number, number][] {
  const found: [number, number][] = [];
  for (const [axis, flip] of flips.entries()) {
    const last = found.at(-1);
    if (flip && last?.[1] === axis) last[1]++;
    else if (flip) found.push([axis, axis + 1]);
  }
  return found;
}
