import { hardCrossEntropy, klDivergence, sharpen, softCrossEntropy, type TsaOptions, tsaThreshold } from "@gleaner/losses";
import * as tf from "@tensorflow/tfjs-core";
import type { ClassificationMethod } from "./classification.js";
import { forwardTogether } from "./forward-together.js";
import { makeMethod } from "./make-method.js";
import type { FlexMethod } from "./pseudo-label.js";
import { createSelection, type FlexOptions, type SelectionOptions } from "./selection.js";

export interface UdaOptions extends SelectionOptions {
  /** T of the targets, softmax(z/T). Default 0.4; 1 leaves them as they are (as USB's program does). */
  temperature?: number;
  /** "cross-entropy" (default, as in the programs of FlexMatch) or "kl", the divergence of the paper; their gradients are the same. */
  divergence?: "cross-entropy" | "kl";
  /** λ_u. Default 1. */
  unsupervisedWeight?: number;
  /** Training signal annealing: how its threshold rises, and over how many steps. Default none, as in every published configuration. */
  tsa?: { schedule: NonNullable<TsaOptions["schedule"]>; steps: number };
}

/**
 * Unsupervised data augmentation (Xie et al., UDA, NeurIPS 2020, as the experiments of FlexMatch run it): the strong view is to be predicted
 * as the sharpened prediction on the weak view.
 *
 * ```
 * L = L_s + λ_u · 1/μB · Σ_b 1[max q_b ≥ τ] · H(softmax(z_b / T), p(A(u_b))),   q_b = softmax(z_b) = p(α(u_b))
 * ```
 *
 * The mask looks at q, not at the sharpened targets. With `tsa`, labeled images of which the network is surer than η are left out of L_s, which
 * still divides by B. Option `threshold`: τ, default 0.8.
 *
 * @throws RangeError for an option out of its range
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { uda } from "@gleaner/methods";
 * const method = uda({ classes: 2, threshold: 0.7, temperature: 0.5 });
 * const batch = {
 *   labeled: tf.zeros([1, 2]), labels: tf.tensor1d([0], "int32"),
 *   weak: tf.tensor2d([[0, Math.log(3)]]), strong: tf.tensor2d([[0, 0]]), // q = (¼, ¾), sharpened (0.1, 0.9)
 * };
 * (await method.observe(method.loss((x) => x, batch, 0))).unsupervised; // => 0.6931
 * ```
 */
export function uda(options: UdaOptions): ClassificationMethod {
  const { classes, threshold = 0.8, temperature = 0.4, divergence = "cross-entropy", unsupervisedWeight = 1, tsa } = options;
  if (!(temperature > 0 && Number.isFinite(temperature))) throw new RangeError(`temperature is ${temperature}; expected a number above 0`);
  if (divergence !== "cross-entropy" && divergence !== "kl")
    throw new RangeError(`divergence is ${divergence}; expected "cross-entropy" or "kl"`);
  const consistency = divergence === "kl" ? klDivergence : softCrossEntropy;
  const selection = createSelection({ ...options, threshold });

  const sharpened = (logits: tf.Tensor2D, aligned: tf.Tensor2D): tf.Tensor2D =>
    (options.alignment ? sharpen(aligned, temperature) : tf.softmax(tf.div(logits, temperature))) as tf.Tensor2D;
  /** 1 for the labeled images that are still trained on. */
  const unsure = (logits: tf.Tensor2D, step: number): tf.Tensor1D | undefined => {
    if (!tsa) return undefined;
    const eta = tsaThreshold(Math.min(step, tsa.steps), { total: tsa.steps, classes, schedule: tsa.schedule });
    return tf.cast(tf.lessEqual(tf.max(tf.softmax(logits), 1), eta), "float32") as tf.Tensor1D;
  };

  return makeMethod({
    name: options.flex ? "flex-uda" : "uda",
    views: ["weak", "strong"],
    selection,
    parts(predict, batch, step) {
      const [labeled, weak, strong] = forwardTogether(predict, [batch.labeled, batch.weak, batch.strong]) as [
        tf.Tensor2D,
        tf.Tensor2D,
        tf.Tensor2D,
      ];
      const { probabilities, labels, confidences, mask } = selection.choose(weak);
      const targets = sharpened(weak, probabilities);
      return {
        supervised: hardCrossEntropy(batch.labels, labeled, unsure(labeled, step)),
        unsupervised: consistency(targets, strong, mask),
        unsupervisedWeight,
        pseudo: { labels, confidences, mask },
      };
    },
  });
}

/**
 * Flex-UDA: UDA with the thresholds of curriculum pseudo-labeling (Zhang et al., FlexMatch, NeurIPS 2021, section 3).
 *
 * @param options as of `uda`, and N and the curriculum's own
 * @throws RangeError for an option out of its range
 *
 * @example
 * ```ts
 * import { flexUda } from "@gleaner/methods";
 * const method = flexUda({ classes: 10, unlabeled: 50_000 });
 * method.name; // => "flex-uda"
 * method.curriculum.threshold; // => 0.8
 * ```
 */
export function flexUda(options: Omit<UdaOptions, "flex"> & FlexOptions): FlexMethod {
  return uda({ ...options, flex: options }) as FlexMethod;
}
