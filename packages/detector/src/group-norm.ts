import * as tf from "@tensorflow/tfjs-core";

export interface GroupNormOptions {
  /** Number of groups; divides the number of channels. */
  groups: number;
  /** Added to the variance; 1e-5 unless told. */
  epsilon?: number;
  /** What is applied to the result in the same step; "linear" unless told. */
  activation?: "linear" | "relu";
  /** Added to the normalized values before the activation, of x's shape: the end of a residual block. Nothing unless told. */
  residual?: tf.Tensor;
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

/** Operators of their own for both directions, where the engine has them (see the README). */
const fusedKernel = "GleanerGroupNorm";
const fusedAddKernel = "GleanerGroupNormAddRelu";
const hasKernel = (name: string): boolean => tf.getKernel(name, tf.getBackend()) != null;
const runKernel = (name: string, inputs: Record<string, tf.Tensor>, attributes: object): tf.Tensor[] =>
  tf.engine().runKernel(name, inputs, attributes as tf.NamedAttrMap) as tf.Tensor[];

interface Attributes {
  groups: number;
  epsilon: number;
  relu: boolean;
}
type Arguments = [x: tf.Tensor, gamma: tf.Tensor1D, beta: tf.Tensor1D, save: tf.GradSaveFunc];
interface WithGradient {
  value: tf.Tensor;
  gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => tf.Tensor[];
}

function fused([x, gamma, beta, save]: Arguments, attributes: Attributes): WithGradient {
  const [y, statistics] = runKernel(fusedKernel, { x, gamma, beta }, attributes);
  save([x, gamma, beta, statistics!]);
  const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor[] => {
    const [x, gamma, beta, statistics] = saved as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
    return runKernel(`${fusedKernel}Grad`, { dy, x, gamma, beta, statistics }, attributes);
  };
  return { value: y!, gradFunc };
}

/** ReLU(norm(x) + residual) as one operator. */
function fusedAddRelu(inputs: tf.Tensor[], attributes: Omit<Attributes, "relu">): tf.Tensor {
  const op = tf.customGrad((...args) => {
    const [x, gamma, beta, residual, save] = args as unknown as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.GradSaveFunc];
    const [y, statistics] = runKernel(fusedAddKernel, { x, gamma, beta, residual }, attributes);
    save([x, gamma, beta, statistics!, y!]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor[] => {
      const [x, gamma, beta, statistics, y] = saved as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
      return runKernel(`${fusedAddKernel}Grad`, { dy, x, gamma, beta, statistics, y }, attributes);
    };
    return { value: y!, gradFunc };
  });
  return op(...inputs);
}

function composed([x, gamma, beta, save]: Arguments, { groups, epsilon, relu }: Attributes): WithGradient {
  const n = x.shape[0]!;
  const c = x.shape[x.rank - 1]!;
  const m = x.size / (n * c);
  const rows = tf.reshape(x, [n, m, c]) as tf.Tensor3D;
  // Two passes: with E[x²] − E[x]² a mean far above the deviation would leave nothing of float32.
  const centered = tf.sub(rows, groupMeans(sumRows(rows), groups, m)) as tf.Tensor3D;
  const inverse = tf.rsqrt(tf.add(groupMeans(sumRows(tf.square(centered)), groups, m), epsilon));
  const linear = tf.add(tf.mul(centered, tf.mul(inverse, gamma)), beta);
  const y = relu ? tf.relu(linear) : linear;
  save(relu ? [centered, inverse, gamma, y] : [centered, inverse, gamma]);
  const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor[] => {
    const [centered, inverse, gamma, y] = saved as [tf.Tensor3D, tf.Tensor3D, tf.Tensor1D, tf.Tensor3D | undefined];
    const rows = tf.reshape(dy, [n, m, c]) as tf.Tensor3D;
    const d = y ? tf.mul<tf.Tensor3D>(rows, tf.step(y)) : rows;
    const sumD = sumRows(d);
    const sumDx = tf.mul<tf.Tensor3D>(sumRows(tf.mul(d, centered)), inverse);
    const meanD = groupMeans(tf.mul(sumD, gamma), groups, m);
    const meanDx = groupMeans(tf.mul(sumDx, gamma), groups, m);
    // inverse · (γ·d − mean(γ·d) − x̂ · mean(γ·d·x̂)), with x̂ = centered · inverse
    const slope = tf.mul(tf.square(inverse), meanDx);
    const dx = tf.sub(tf.mul(d, tf.mul(inverse, gamma)), tf.add(tf.mul(centered, slope), tf.mul(inverse, meanD)));
    const overBatch = (t: tf.Tensor3D): tf.Tensor => tf.sum(tf.reshape(t, [n, c]), 0);
    return [tf.reshape(dx, x.shape), overBatch(sumDx), overBatch(sumD)];
  };
  return { value: tf.reshape(y, x.shape), gradFunc };
}

/**
 * Group normalization of [batch, …, channel] with its gradient as one operator, optionally followed by an addition and by ReLU.
 *
 * y = γ · (x − μ) / √(σ² + ε) + β, with mean and variance over the voxels and the channels of a group (Wu and He, ECCV 2018).
 * Only the first derivative is defined. Where the engine has the kernels `GleanerGroupNorm` and `GleanerGroupNormAddRelu`, those are used.
 *
 * @param x activations, rank 2 at least, channels last
 * @param gamma scale, [channels]
 * @param beta shift, [channels]
 * @throws RangeError if the groups do not divide the channels, or the residual has another shape
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
  const { groups, epsilon = 1e-5, activation = "linear", residual } = options;
  const c = x.shape[x.rank - 1]!;
  if (!(Number.isInteger(groups) && groups > 0 && c % groups === 0))
    throw new RangeError(`groups ${groups}, expected a divisor of the ${c} channels`);
  if (residual && residual.shape.join() !== x.shape.join())
    throw new RangeError(`residual of shape [${residual.shape.join(", ")}], expected x's [${x.shape.join(", ")}]`);
  if (residual && activation === "relu" && hasKernel(fusedAddKernel))
    return fusedAddRelu([x, gamma, beta, residual], { groups, epsilon }) as T;
  const attributes: Attributes = { groups, epsilon, relu: activation === "relu" && !residual };
  const implementation = hasKernel(fusedKernel) ? fused : composed;
  return tf.tidy(() => {
    const y = tf.customGrad((...args) => implementation(args as unknown as Arguments, attributes))(x, gamma, beta);
    if (!residual) return y as T;
    const sum = tf.add(y, residual);
    return (activation === "relu" ? tf.relu(sum) : sum) as T;
  });
}
