import * as tf from "@tensorflow/tfjs-core";
import { requireAbove, requireFloat, requireSameShape } from "./checks.js";
import { withSlope } from "./with-slope.js";

export interface SmoothL1LossOptions {
  /** Below this difference the loss is quadratic. Default 1. */
  beta?: number;
}

/**
 * The smooth L1 loss of each element: quadratic near 0, linear beyond β.
 *
 * ```
 * d = prediction − target;   d²/(2β) for |d| < β,   |d| − β/2 elsewhere
 * ```
 *
 * (Girshick, Fast R-CNN, ICCV 2015, eq. 3, with the β of later detectors.) Targets get no gradient.
 *
 * @param targets any shape
 * @param predictions float32 of the same shape
 * @returns a tensor of that shape, ≥ 0, in the unit of the inputs; empty for empty input; NaN where an input is NaN
 * @throws RangeError if the shapes differ or β is not a finite number above 0
 * @throws TypeError if the predictions are not float32
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { smoothL1Loss } from "@gleaner/losses";
 * smoothL1Loss(tf.tensor1d([0, 0, 0]), tf.tensor1d([0.5, -1, 3]), { beta: 1 }).arraySync(); // => [0.125, 0.5, 2.5]
 * ```
 */
export function smoothL1Loss(targets: tf.Tensor, predictions: tf.Tensor, options: SmoothL1LossOptions = {}): tf.Tensor {
  const { beta = 1 } = options;
  requireSameShape("targets", targets, "predictions", predictions);
  requireFloat("predictions", predictions);
  requireAbove("beta", beta, 0);
  return withSlope(predictions, (x) => {
    const difference = tf.sub(x, targets);
    // With c = clip(d/β, −1, 1), the derivative, both branches are c·(d − βc/2).
    const clipped = tf.clipByValue(tf.div(difference, beta), -1, 1);
    return [tf.mul(clipped, tf.sub(difference, tf.mul(clipped, beta / 2))), clipped];
  });
}
