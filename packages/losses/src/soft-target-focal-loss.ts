import * as tf from "@tensorflow/tfjs-core";
import { requireAbove, requireFloat, requireSameShape } from "./checks.js";
import { withSlope } from "./with-slope.js";

export interface SoftTargetFocalLossOptions {
  /**
   * The weights [α0, α1] of the two classes: background, object. Default [0.75, 0.25]: RetinaNet's α = .25 (Lin et al., ICCV 2017). FocalMix chose its
   * own by cross-validation and the values are not known to us.
   */
  alpha?: readonly [number, number];
  /** The exponent γ ≥ 0 of |y − p|. Default 2, as in both papers. */
  gamma?: number;
  /** Off: the weight is α1 where y ≥ ½ and α0 elsewhere, as if the target were hard. Default on. */
  softAlpha?: boolean;
  /** Off: the factor is |ŷ − p|^γ with ŷ the nearer of 0 and 1 (½ counts as 1), as if the target were hard. Default on. */
  softBeta?: boolean;
}

/** An operator of its own for value and slope, where the engine has it (@gleaner/native does). */
const fusedKernel = "GleanerSoftTargetFocalLoss";

/**
 * The soft-target focal loss of each element, for binary decisions whose targets are probabilities.
 *
 * ```
 * SFL = [α0 + y·(α1 − α0)] · |y − p|^γ · CE(y, p),   p = σ(logit),   CE = −y·ln p − (1 − y)·ln(1 − p)
 * ```
 *
 * (Wang et al., FocalMix, CVPR 2020, section 3.2.) It is the focal loss of Lin et al. where y is 0 or 1, and 0 where p = y (for γ > 0). Value and first
 * derivative are computed together, from the logit and without cancellation, so both stay finite and accurate at any finite logit. Targets get no
 * gradient. With `softAlpha` or `softBeta` off that factor is the one of a hard target (the paper's ablation; what it puts there instead is not spelled
 * out, the nearer label is our reading).
 *
 * @param targets y in 0..1, any shape
 * @param logits float32 of the same shape
 * @returns a tensor of that shape, ≥ 0; empty for empty input; NaN where an input is NaN
 * @throws RangeError if the shapes differ, γ < 0, or a weight is negative or not finite
 * @throws TypeError if the logits are not float32
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { softTargetFocalLoss } from "@gleaner/losses";
 * const targets = tf.tensor1d([1, 0, 0.5, 0.5]);
 * const logits = tf.tensor1d([0, 0, 0, 2]);
 * softTargetFocalLoss(targets, logits, { alpha: [0.25, 0.75], gamma: 2 }).arraySync(); // => [0.12997, 0.04332, 0, 0.08171]
 * ```
 */
export function softTargetFocalLoss(targets: tf.Tensor, logits: tf.Tensor, options: SoftTargetFocalLossOptions = {}): tf.Tensor {
  const { alpha = [0.75, 0.25], gamma = 2, softAlpha = true, softBeta = true } = options;
  requireSameShape("targets", targets, "logits", logits);
  requireFloat("logits", logits);
  requireAbove("gamma", gamma, 0, true);
  requireAbove("alpha[0]", alpha[0], 0, true);
  requireAbove("alpha[1]", alpha[1], 0, true);

  const fused = tf.getKernel(fusedKernel, tf.getBackend()) != null;
  return withSlope(logits, (x) => {
    const y = tf.cast(targets, "float32");
    if (!fused) return valueAndSlope(y, x, alpha, gamma, softAlpha, softBeta);
    const attributes = { alpha0: alpha[0], alpha1: alpha[1], gamma, softAlpha, softBeta };
    return tf.engine().runKernel(fusedKernel, { targets: y, logits: x }, attributes) as unknown as [tf.Tensor, tf.Tensor];
  });
}

/** The loss and its derivative by the logit. */
function valueAndSlope(
  y: tf.Tensor,
  logit: tf.Tensor,
  [alpha0, alpha1]: readonly [number, number],
  gamma: number,
  softAlpha: boolean,
  softBeta: boolean,
): [tf.Tensor, tf.Tensor] {
  // Everything is symmetric under (logit, y) → (−logit, 1 − y). Folding positive logits onto negative ones makes q = σ(−|logit|) ≤ ½ the probability at
  // hand, and neither q − y nor ln(1 − q) then loses digits when the detector is sure.
  const magnitude = tf.abs(logit);
  const positive = tf.greater(logit, 0);
  const fold = (t: tf.Tensor): tf.Tensor => tf.where(positive, tf.sub(1, t), t);
  const hard = softAlpha && softBeta ? y : tf.cast(tf.greaterEqual(y, 0.5), "float32");
  const target = fold(y);
  const folded = tf.neg(magnitude);
  const q = tf.sigmoid(folded);
  // −ln(1 − q) is softplus of the folded logit. (Not log1p: stock WASM computes ln(1 + x) there, and small q are lost.)
  const crossEntropy = tf.add(tf.mul(magnitude, target), tf.softplus(folded));
  const residual = tf.sub(q, target);
  const distance = softBeta ? residual : tf.sub(q, fold(hard));

  const weight = alpha0 === alpha1 ? tf.scalar(alpha0) : tf.add(tf.mul(softAlpha ? y : hard, alpha1 - alpha0), alpha0);
  // d/dlogit of |distance|^γ is γ·|distance|^γ/distance·q(1 − q), and 0 at distance 0, where for γ < 1 it has a pole and for γ = 1 a kink.
  const sigmoidSlope = tf.mul(q, tf.sub(1, q));
  const factor = gamma === 2 ? tf.square(distance) : tf.pow(tf.abs(distance), gamma);
  const factorSlope = gamma === 2 ? tf.mul(distance, sigmoidSlope) : tf.divNoNan(tf.mul(factor, sigmoidSlope), distance);
  const foldedSlope = tf.add(tf.mul(factor, residual), tf.mul(tf.mul(factorSlope, gamma), crossEntropy));
  const slope = tf.mul(weight, tf.where(positive, tf.neg(foldedSlope), foldedSlope));
  return [tf.mul(weight, tf.mul(factor, crossEntropy)), slope];
}
