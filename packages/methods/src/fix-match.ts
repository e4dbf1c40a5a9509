import { hardCrossEntropy, sharpen, softCrossEntropy } from "@gleaner/losses";
import * as tf from "@tensorflow/tfjs-core";
import type { ClassificationMethod } from "./classification.js";
import { forwardTogether } from "./forward-together.js";
import { makeMethod } from "./make-method.js";
import type { FlexMethod } from "./pseudo-label.js";
import { createSelection, type FlexOptions, type SelectionOptions } from "./selection.js";

export interface FixMatchOptions extends SelectionOptions {
  /** Whether the target is the likeliest class (default) or the distribution softmax(z/T). */
  hardLabels?: boolean;
  /** T of soft targets. Default 0.5. */
  temperature?: number;
  /** λ_u. Default 1. */
  unsupervisedWeight?: number;
}

/**
 * FixMatch (Sohn et al., NeurIPS 2020, eqs. 3 and 4): the strong view is to be predicted as the confident prediction on the weak view.
 *
 * ```
 * L = L_s + λ_u · 1/μB · Σ_b 1[max q_b ≥ τ] · H(argmax q_b, p(A(u_b))),   q_b = p(α(u_b))
 * ```
 *
 * The mean is over all μB images: those that the mask leaves out count as 0 and still divide. Option `threshold`: τ, default 0.95.
 *
 * @throws RangeError for an option out of its range
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { fixMatch } from "@gleaner/methods";
 * const method = fixMatch({ classes: 2, threshold: 0.7 });
 * const batch = {
 *   labeled: tf.zeros([1, 2]), labels: tf.tensor1d([0], "int32"),
 *   weak: tf.tensor2d([[0, Math.log(3)], [0, 0]]), strong: tf.tensor2d([[0, 0], [9, 0]]), // the second is not sure enough
 * };
 * const statistics = await method.observe(method.loss((x) => x, batch, 0), [], [1, 0]);
 * statistics.unsupervised; // => 0.3466
 * [statistics.maskRate, statistics.pseudoLabelAccuracy]; // => [0.5, 1]
 * ```
 */
export function fixMatch(options: FixMatchOptions): ClassificationMethod {
  const { hardLabels = true, temperature = 0.5, unsupervisedWeight = 1 } = options;
  if (!(temperature > 0 && Number.isFinite(temperature))) throw new RangeError(`temperature is ${temperature}; expected a number above 0`);
  const selection = createSelection(options);
  return makeMethod({
    name: options.flex ? "flexmatch" : "fixmatch",
    views: ["weak", "strong"],
    selection,
    parts(predict, batch) {
      const [labeled, weak, strong] = forwardTogether(predict, [batch.labeled, batch.weak, batch.strong]) as [
        tf.Tensor2D,
        tf.Tensor2D,
        tf.Tensor2D,
      ];
      const { probabilities, labels, confidences, mask } = selection.choose(weak);
      const soft = (): tf.Tensor2D =>
        (options.alignment ? sharpen(probabilities, temperature) : tf.softmax(tf.div(weak, temperature))) as tf.Tensor2D;
      return {
        supervised: hardCrossEntropy(batch.labels, labeled),
        unsupervised: hardLabels ? hardCrossEntropy(labels, strong, mask) : softCrossEntropy(soft(), strong, mask),
        unsupervisedWeight,
        pseudo: { labels, confidences, mask },
      };
    },
  });
}

/**
 * FlexMatch (Zhang et al., NeurIPS 2021): FixMatch whose threshold follows, for each class, how well it is learnt.
 *
 * ```
 * 1[max q_b ≥ T(argmax q_b)],   T(c) = M(β_c)·τ
 * ```
 *
 * Two thresholds are at work: the FIXED τ decides what the curriculum counts as learnt, the FLEXIBLE T(c) what is trained on. A batch is counted
 * after its own mask was made (`observe`), so that no image has a part in its own threshold. At the first step T is 0 and all images are used.
 *
 * @param options as of `fixMatch`, and N and the curriculum's own
 * @throws RangeError for an option out of its range
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { flexMatch } from "@gleaner/methods";
 * const method = flexMatch({ classes: 2, unlabeled: 4 });
 * const batch = {
 *   labeled: tf.zeros([1, 2]), labels: tf.tensor1d([0], "int32"),
 *   weak: tf.tensor2d([[0, 9], [2, 0]]), strong: tf.zeros([2, 2]),
 * };
 * const first = await method.observe(method.loss((x) => x, batch, 0), [2, 3]);
 * [first.maskRate, first.confidentRate]; // => [1, 0.5]
 * method.curriculum.thresholds(); // => [0, 0.19]
 * ```
 */
export function flexMatch(options: Omit<FixMatchOptions, "flex"> & FlexOptions): FlexMethod {
  return fixMatch({ ...options, flex: options }) as FlexMethod;
}
