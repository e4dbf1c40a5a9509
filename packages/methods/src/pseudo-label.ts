import { hardCrossEntropy, rampUp } from "@gleaner/losses";
import type { ClassificationMethod } from "./classification.js";
import { forwardTogether } from "./forward-together.js";
import { makeMethod } from "./make-method.js";
import { createSelection, type FlexOptions, type SelectionOptions } from "./selection.js";

export interface PseudoLabelOptions extends SelectionOptions {
  /** K, steps of the whole training, for the ramp. */
  steps: number;
  /** λ_u after the ramp. Default 1. */
  unsupervisedWeight?: number;
  /** The share of the steps over which the weight rises to λ_u. Default 0.4. */
  rampFraction?: number;
}

/**
 * Pseudo-labeling (Lee, ICML workshop 2013, as the experiments of FixMatch and FlexMatch run it): a network's own confident predictions are
 * its labels.
 *
 * ```
 * L = L_s + λ_u·min(1, t / 0.4K) · 1/μB · Σ_b 1[max q_b ≥ τ] · H(argmax q_b, q_b),   q_b = p(α(u_b))
 * ```
 *
 * The same logits are target (without a gradient) and prediction (with it). The unlabeled images have a forward pass of their own, which
 * leaves running statistics alone. μ is 1 in the studies. Option `threshold`: τ, default 0.95.
 *
 * @throws RangeError for an option out of its range
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { pseudoLabel } from "@gleaner/methods";
 * const method = pseudoLabel({ classes: 2, steps: 100, threshold: 0.7 });
 * const batch = { labeled: tf.zeros([1, 2]), labels: tf.tensor1d([0], "int32"), weak: tf.tensor2d([[0, Math.log(3)], [0, 0]]) };
 * const statistics = await method.observe(method.loss((x) => x, batch, 20));
 * statistics.maskRate; // => 0.5
 * statistics.unsupervised; // => 0.1438
 * statistics.unsupervisedWeight; // => 0.5
 * ```
 */
export function pseudoLabel(options: PseudoLabelOptions): ClassificationMethod {
  const { steps, unsupervisedWeight = 1, rampFraction = 0.4 } = options;
  const selection = createSelection(options);
  return makeMethod({
    name: options.flex ? "flex-pl" : "pl",
    views: ["weak"],
    selection,
    parts(predict, batch, step) {
      const [labeled] = forwardTogether(predict, [batch.labeled]);
      const weak = predict(batch.weak, { updateStatistics: false });
      const { labels, confidences, mask } = selection.choose(weak);
      return {
        supervised: hardCrossEntropy(batch.labels, labeled!),
        unsupervised: hardCrossEntropy(labels, weak, mask),
        unsupervisedWeight: unsupervisedWeight * rampUp(Math.min(step, steps), steps, rampFraction),
        pseudo: { labels, confidences, mask },
      };
    },
  });
}

/**
 * Flex-PL: pseudo-labeling with the thresholds of curriculum pseudo-labeling (Zhang et al., FlexMatch, NeurIPS 2021, section 3).
 *
 * @param options as of `pseudoLabel`, and N and the curriculum's own
 * @throws RangeError for an option out of its range
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { flexPseudoLabel } from "@gleaner/methods";
 * const method = flexPseudoLabel({ classes: 2, steps: 100, unlabeled: 8 });
 * const batch = { labeled: tf.zeros([1, 2]), labels: tf.tensor1d([0], "int32"), weak: tf.tensor2d([[0, 9], [0, 1]]) };
 * (await method.observe(method.loss((x) => x, batch, 0), [3, 5])).maskRate; // => 1
 * method.curriculum.learningEffects(); // => [0, 1]
 * ```
 */
export function flexPseudoLabel(options: Omit<PseudoLabelOptions, "flex"> & FlexOptions): FlexMethod {
  return pseudoLabel({ ...options, flex: options }) as FlexMethod;
}

/** A method whose thresholds follow learning. */
export type FlexMethod = ClassificationMethod & Required<Pick<ClassificationMethod, "curriculum">>;
