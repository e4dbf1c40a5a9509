import * as tf from "@tensorflow/tfjs-core";

export interface GroupNormOptions {
  /** Number of groups; divides the number of channels. */
  groups: number;
  /** Added to the variance; 1e-5 unless told. */
  epsilon?: number;
  /** What is applied to the result in the same step; "linear" unless told. */
  activation?: "linear" | "relu";
}

/** Sums over the middle axis of [n, m, c], as [n, 1, c]: a product with ones, since several backends transpose for a sum that is not innermost. */
function sumRows(x: tf.Tensor3D): tf.Tensor3D {
  const [n, m] = x.shape;
  return tf.matMul(tf.ones([n, 1, m]), x);
}

/** Means of `perChannel` ([n, 1, c], sums over m values each) within groups, repeated for each channel. */
function groupMeans(perChannel: tf.Tensor3D, groups: number, m: number): tf.Tensor3D {
  const [n, , c] = perChannel.shape;
  const size = c / groups;
  const means = tf.div(tf.sum(tf.reshape(perChannel, [n, groups, size]), 2, true), m * size);
  return tf.reshape(tf.broadcastTo(means, [n, groups, size]), [n, 1, c]);
}

/**
 * Group normalization of [batch, …, channel] with its gradient as one operator, optionally followed by ReLU.
 *
 * y = γ · (x − μ) / √(σ² + ε) + β, with mean and variance over the voxels and the channels of a group (Wu and He, ECCV 2018).
 * Only the first derivative is defined. Forward and backward take two reductions each, over a matrix of voxels × channels.
 *
 * @param x activations, rank 2 at least, channels last
 * @param gamma scale, [channels]
 * @param beta shift, [channels]
 * @throws RangeError if the groups do not divide the channels
 * @example
 * ```ts
 * import "@tensorflow/tfjs";
 * import * as tf from "@tensorflow/tfjs-core";
 * import { groupNorm } from "@gleaner/detector";
 * await tf.ready();
 * const x = tf.tensor3d([1, 10, 3, 30], [1, 2, 2]);
 * groupNorm(x, tf.ones([2]), tf.zeros([2]), { groups: 2 }); // => [[[-1.000, -1.000], [1.000, 1.000]]]
 * groupNorm(x, tf.ones([2]), tf.zeros([2]), { groups: 2, activation: "relu" }); // => [[[0, 0], [1.000, 1.000]]]
 * ```
 */
export function groupNorm<T extends tf.Tensor>(x: T, gamma: tf.Tensor1D, beta: tf.Tensor1D, options: GroupNormOptions): T {
  const { groups, epsilon = 1e-5, activation = "linear" } = options;
  const n = x.shape[0]!;
  const c = x.shape[x.shape.length - 1]!;
  if (!(Number.isInteger(groups) && groups > 0 && c % groups === 0))
    throw new RangeError(`groups ${groups}, expected a divisor of the ${c} channels`);
  const m = x.size / (n * c);
  const relu = activation === "relu";
  const op = tf.customGrad((...args) => {
    const [input, scale, shift, save] = args as unknown as [tf.Tensor, tf.Tensor1D, tf.Tensor1D, tf.GradSaveFunc];
    const rows = tf.reshape(input, [n, m, c]) as tf.Tensor3D;
    // Two passes: with E[x²] − E[x]² a mean far above the deviation would leave nothing of float32.
    const centered = tf.sub(rows, groupMeans(sumRows(rows), groups, m)) as tf.Tensor3D;
    const inverse = tf.rsqrt(tf.add(groupMeans(sumRows(tf.square(centered)), groups, m), epsilon));
    const linear = tf.add(tf.mul(centered, tf.mul(inverse, scale)), shift);
    const value = relu ? tf.relu(linear) : linear;
    save(relu ? [centered, inverse, scale, value] : [centered, inverse, scale]);

    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor[] => {
      const [xc, inv, g, y] = saved as [tf.Tensor3D, tf.Tensor3D, tf.Tensor1D, tf.Tensor3D | undefined];
      const dyRows = tf.reshape(dy, [n, m, c]) as tf.Tensor3D;
      const d = y ? tf.mul<tf.Tensor3D>(dyRows, tf.step(y)) : dyRows;
      const sumD = sumRows(d);
      const sumDx = tf.mul<tf.Tensor3D>(sumRows(tf.mul(d, xc)), inv);
      const meanD = groupMeans(tf.mul(sumD, g), groups, m);
      const meanDx = groupMeans(tf.mul(sumDx, g), groups, m);
      // inv · (γ·d − mean(γ·d) − x̂ · mean(γ·d·x̂)), with x̂ = xc · inv
      const dx = tf.sub(tf.mul(d, tf.mul(inv, g)), tf.add(tf.mul(xc, tf.mul(tf.square(inv), meanDx)), tf.mul(inv, meanD)));
      const overBatch = (t: tf.Tensor3D): tf.Tensor => tf.sum(tf.reshape(t, [n, c]), 0);
      return [tf.reshape(dx, input.shape), overBatch(sumDx), overBatch(sumD)];
    };
    return { value: tf.reshape(value, input.shape), gradFunc };
  });
  return op(x, gamma, beta) as T;
}
