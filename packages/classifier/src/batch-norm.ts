import * as tf from "@tensorflow/tfjs-core";

/** Adds sums of a share of a batch to the same sums of its other shares; every share makes the same calls in the same order. */
export type SumAcross = (sums: Float32Array) => Float32Array;

export interface BatchNormOptions {
  /** Added to the variance; above 0 (default 0.001). */
  epsilon?: number;
  /** What LeakyReLU multiplies numbers below 0 by, 0 to 1: 0.1 in the study's networks, 0 is ReLU, 1 (default) no activation. */
  slope?: number;
  /** Where `x` is a share of a batch, on one of several engines: normalizes by the whole. */
  sumAcross?: SumAcross;
}

/** The statistics of a batch, one number a channel. */
export interface BatchStatistics {
  mean: tf.Tensor1D;
  /** Of the sample: divided by n − 1, or by 1 for a single value. */
  variance: tf.Tensor1D;
}

interface Attributes {
  epsilon: number;
  slope: number;
}
type Arguments = [x: tf.Tensor, gamma: tf.Tensor1D, beta: tf.Tensor1D, save: tf.GradSaveFunc];
interface WithGradient {
  value: tf.Tensor;
  gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => tf.Tensor[];
  statistics: BatchStatistics;
}

/** An operator of its own for each direction, where the engine has them (see the README). */
const fusedKernel = "GleanerBatchNorm";

function fused([x, gamma, beta, save]: Arguments, attributes: Attributes): WithGradient {
  const run = (name: string, inputs: Record<string, tf.Tensor>): tf.Tensor[] =>
    tf.engine().runKernel(name, inputs, attributes as unknown as tf.NamedAttrMap) as tf.Tensor[];
  const [y, mean, variance, first, second] = run(fusedKernel, { x, gamma, beta }) as [tf.Tensor, ...tf.Tensor1D[]];
  save([x, y, gamma, beta, first!, second!]);
  const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor[] => {
    const [x, y, gamma, beta, first, second] = saved as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
    return run(`${fusedKernel}Grad`, { dy, x, y, gamma, beta, first, second });
  };
  return { value: y, gradFunc, statistics: { mean: mean!, variance: variance! } };
}

/** Sums of [n, m, c] over the first two axes, as [1, 1, c]: by a product with ones, since several backends transpose for such a sum. */
function sumRows(x: tf.Tensor3D): tf.Tensor3D {
  const [n, m] = x.shape;
  return tf.sum(tf.matMul(tf.ones([n, 1, m]), x), 0, true);
}

/** Sums of a share, [1, 1, k], and how many values a channel they are of, as those of the whole batch. */
function sumsOfAll(sums: tf.Tensor3D, count: number, sumAcross: SumAcross | undefined): { sums: tf.Tensor3D; count: number } {
  if (!sumAcross) return { sums, count };
  const all = sumAcross(Float32Array.of(...sums.dataSync<"float32">(), count));
  return { sums: tf.tensor3d(all.subarray(0, -1), sums.shape), count: all.at(-1)! };
}

function composed([x, gamma, beta, save]: Arguments, { epsilon, slope }: Attributes, sumAcross?: SumAcross): WithGradient {
  const c = x.shape.at(-1)!;
  const n = x.shape[0]!;
  const here = x.size / c;
  const rows = tf.reshape(x, [n, here / n, c]) as tf.Tensor3D;
  const { sums, count } = sumsOfAll(sumRows(rows), here, sumAcross);
  const mean = tf.div(sums, count);
  // Two passes: with E[x²] − E[x]² a mean far above the deviation would leave nothing of float32.
  const centered = tf.sub(rows, mean) as tf.Tensor3D;
  const { sums: squares } = sumsOfAll(sumRows(tf.square(centered)), here, sumAcross);
  const inverse = tf.rsqrt(tf.add(tf.div(squares, count), epsilon)) as tf.Tensor3D;
  const linear = tf.add(tf.mul(centered, tf.mul(inverse, gamma)), beta) as tf.Tensor3D;
  const y = slope === 1 ? linear : tf.leakyRelu(linear, slope);
  save(slope === 1 ? [centered, inverse, gamma] : [centered, inverse, gamma, y]);
  const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor[] => {
    const [centered, inverse, gamma, y] = saved as [tf.Tensor3D, tf.Tensor3D, tf.Tensor1D, tf.Tensor3D | undefined];
    const d = tf.reshape(dy, centered.shape);
    const behind = y ? tf.mul<tf.Tensor3D>(d, tf.step(y, slope)) : (d as tf.Tensor3D);
    const sumD = sumRows(behind);
    const sumDx = tf.mul<tf.Tensor3D>(sumRows(tf.mul(behind, centered)), inverse);
    // Scale and shift get the sums of this share, as every other weight does; where x goes, the statistics of all shares follow it.
    const [allD, allDx] = tf.split(sumsOfAll(tf.concat([sumD, sumDx], 2), here, sumAcross).sums, 2, 2) as [tf.Tensor3D, tf.Tensor3D];
    // γ · inverse · (d − mean(d) − x̂ · mean(d·x̂)), with x̂ = centered · inverse
    const tilt = tf.mul(centered, tf.div(tf.mul(allDx, inverse), count));
    const dx = tf.mul(tf.sub(behind, tf.add(tilt, tf.div(allD, count))), tf.mul(inverse, gamma));
    return [tf.reshape(dx, dy.shape), tf.reshape(sumDx, [c]), tf.reshape(sumD, [c])];
  };
  const statistics = {
    mean: tf.reshape(mean, [c]) as tf.Tensor1D,
    variance: tf.reshape(tf.div(squares, Math.max(1, count - 1)), [c]) as tf.Tensor1D,
  };
  return { value: tf.reshape(y, x.shape), gradFunc, statistics };
}

/**
 * Batch normalization of a training step, [batch, …, channel], followed by LeakyReLU, with its gradient as one operator.
 *
 * y = max(z, s·z) with z = γ · (x − μ) / √(σ² + ε) + β, mean and variance (divided by n) over everything but the channels
 * (Ioffe & Szegedy, "Batch normalization", ICML 2015). Only the first derivative is defined. Where the engine has the kernel
 * `GleanerBatchNorm`, that is used for a batch that is whole.
 *
 * @param x activations, rank 2 at least, channels last, not empty
 * @param gamma scale, [channels]
 * @param beta shift, [channels]
 * @param observe is given the statistics of the batch, which live until it returns
 */
export function batchNorm<T extends tf.Tensor>(
  x: T,
  gamma: tf.Tensor1D,
  beta: tf.Tensor1D,
  { epsilon = 1e-3, slope = 1, sumAcross }: BatchNormOptions,
  observe: (statistics: BatchStatistics) => void = () => {},
): T {
  const implementation = !sumAcross && tf.getKernel(fusedKernel, tf.getBackend()) ? fused : composed;
  return tf.customGrad((...args) => {
    const { value, gradFunc, statistics } = implementation(args as unknown as Arguments, { epsilon, slope }, sumAcross);
    observe(statistics);
    return { value, gradFunc };
  })(x, gamma, beta) as T;
}
