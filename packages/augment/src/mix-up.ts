import * as tf from "@tensorflow/tfjs-core";
import { drawOrder, drawSymmetricBeta } from "./draws.js";

function requireLambda(name: string, lambda: number): void {
  if (!(lambda >= 0 && lambda <= 1)) throw new RangeError(`${name} is ${lambda}; expected a number in 0..1`);
}

/** Throws unless α of Beta(α, α) is a finite number of at least 0. */
export function requireAlpha(alpha: number): void {
  if (!(alpha >= 0 && alpha < Number.POSITIVE_INFINITY)) throw new RangeError(`alpha is ${alpha}; expected a finite number of at least 0`);
}

/**
 * The weighted mean of two tensors, images or targets.
 *
 * ```
 * mixUp(a, b, λ) = λ·a + (1 − λ)·b
 * ```
 *
 * (Zhang et al., mixup, ICLR 2018.) Targets in 0..1 stay there and sums of distributions are kept. λ = 1 gives `a` itself, whatever `b` holds.
 *
 * @param a float32, any shape
 * @param b of the same shape
 * @param lambda λ in 0..1; with `drawMixUpLambda` it is ≥ ½, so that the result stays nearer to `a`
 * @returns a new tensor; differentiable in `a` and `b`
 * @throws RangeError if the shapes differ or λ is not in 0..1
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { mixUp } from "@gleaner/augment";
 * mixUp(tf.tensor1d([0, 1]), tf.tensor1d([1, 0]), 0.75).arraySync(); // => [0.25, 0.75]
 * ```
 */
export function mixUp<T extends tf.Tensor>(a: T, b: T, lambda: number): T {
  requireLambda("lambda", lambda);
  if (a.shape.join() !== b.shape.join()) throw new RangeError(`b is [${b.shape}]; expected the shape of a, [${a.shape}]`);
  if (lambda === 1) return tf.clone(a);
  return tf.tidy(() => tf.add(tf.mul(a, lambda), tf.mul(b, 1 - lambda)));
}

/**
 * A mixing weight that keeps the first of two examples dominant.
 *
 * ```
 * max(λ, 1 − λ),   λ ~ Beta(α, α)
 * ```
 *
 * (Berthelot et al., MixMatch, NeurIPS 2019, eqs. 8 and 9.) The smaller α, the nearer to 1; large α tends to ½. FocalMix's α is not known to us; MixMatch
 * uses 0.75.
 *
 * @param alpha α ≥ 0; 0 is the limit, always 1
 * @param random draws in 0..1, 1 excluded
 * @returns a number in ½..1
 * @throws RangeError if α is negative or not finite
 *
 * @example
 * ```ts
 * import { drawMixUpLambda } from "@gleaner/augment";
 * drawMixUpLambda(0, Math.random); // => 1
 * drawMixUpLambda(0.75, Math.random) >= 0.5; // => true
 * ```
 */
export function drawMixUpLambda(alpha: number, random: () => number): number {
  requireAlpha(alpha);
  if (alpha === 0) return 1;
  const lambda = drawSymmetricBeta(alpha, random);
  return Math.max(lambda, 1 - lambda);
}

/** How each example of a batch is mixed: weight and partner. */
export interface MixPlan {
  /** Weight of the example itself, in 0..1, one an example. */
  lambdas: ArrayLike<number>;
  /** Index of the example it is mixed with. */
  partners: ArrayLike<number>;
}

/**
 * Draws a plan for `mixBatch`: partners from a random order of the batch, a weight of its own for each example.
 *
 * @param count examples of the batch
 * @param alpha α ≥ 0 of `drawMixUpLambda`
 * @param random draws in 0..1, 1 excluded
 * @throws RangeError if `count` is no integer ≥ 0 or α is negative or not finite
 *
 * @example
 * ```ts
 * import { drawMixPlan } from "@gleaner/augment";
 * drawMixPlan(3, 0, () => 0.4); // => { lambdas: [1, 1, 1], partners: [2, 0, 1] }
 * ```
 */
export function drawMixPlan(count: number, alpha: number, random: () => number): MixPlan {
  if (!Number.isInteger(count) || count < 0) throw new RangeError(`count is ${count}; expected an integer of at least 0`);
  const partners = drawOrder(count, random);
  return { lambdas: Float64Array.from(partners, () => drawMixUpLambda(alpha, random)), partners };
}

/**
 * MixUp within a batch: each example mixed with its partner, images and targets alike.
 *
 * ```
 * out[i] = λ_i·tensor[i] + (1 − λ_i)·tensor[partner_i]
 * ```
 *
 * @param tensors float32, each `[batch, …]`: for instance images and targets
 * @param plan as `drawMixPlan` gives it
 * @returns new tensors under the same names; not differentiable
 * @throws RangeError if a batch size differs from the plan's, a λ is not in 0..1, or a partner is no example of the batch
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { mixBatch } from "@gleaner/augment";
 * const images = tf.tensor2d([[8, 0], [0, 4]]);
 * const targets = tf.tensor1d([1, 0]);
 * const mixed = mixBatch({ images, targets }, { lambdas: [0.75, 1], partners: [1, 0] });
 * mixed.images.arraySync(); // => [[6, 1], [0, 4]]
 * mixed.targets.arraySync(); // => [0.75, 0]
 * ```
 */
export function mixBatch<T extends Record<string, tf.Tensor>>(tensors: T, { lambdas, partners }: MixPlan): T {
  const count = lambdas.length;
  if (partners.length !== count)
    throw new RangeError(`partners has ${partners.length} entries; expected ${count}, one for each of lambdas`);
  for (let i = 0; i < count; i++) {
    requireLambda(`lambdas[${i}]`, lambdas[i]!);
    const partner = partners[i]!;
    if (!Number.isInteger(partner) || partner < 0 || partner >= count) {
      throw new RangeError(`partners[${i}] is ${partner}; expected an integer in 0..${count - 1}`);
    }
  }
  for (const [name, { shape }] of Object.entries(tensors)) {
    if (shape[0] !== count) throw new RangeError(`${name} is [${shape}]; expected a batch of ${count}, as the plan has`);
  }
  return tf.tidy(() => {
    const order = tf.tensor1d(Int32Array.from(partners), "int32");
    const own = tf.tensor1d(Float32Array.from(lambdas));
    const other = tf.tensor1d(Float32Array.from(lambdas, (lambda) => 1 - lambda));
    const mixed = Object.entries(tensors).map(([name, tensor]) => {
      const alongBatch = (weights: tf.Tensor1D): tf.Tensor => tf.reshape(weights, [count, ...new Array<number>(tensor.rank - 1).fill(1)]);
      return [name, tf.add(tf.mul(tensor, alongBatch(own)), tf.mul(tf.gather(tensor, order), alongBatch(other)))];
    });
    return Object.fromEntries(mixed) as T;
  });
}
