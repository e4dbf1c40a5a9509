import { hardCrossEntropy } from "@gleaner/losses";
import type { ClassificationMethod } from "./classification.js";
import { forwardTogether } from "./forward-together.js";
import { makeMethod } from "./make-method.js";

/**
 * Supervised training: cross-entropy on the labeled images. With all labels it is the fully supervised reference of the studies, with few
 * what semi-supervised methods have to beat.
 *
 * ```
 * L = 1/B · Σ_b H(y_b, p(α(x_b)))
 * ```
 *
 * @returns a method that looks at no unlabeled image
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { supervised } from "@gleaner/methods";
 * const method = supervised();
 * const batch = { labeled: tf.tensor2d([[0, 0], [0, Math.log(3)]]), labels: tf.tensor1d([0, 1], "int32") };
 * const loss = method.loss((x) => x, batch, 0); // the "network" passes its input on
 * (await method.observe(loss)).supervised; // => 0.4904
 * ```
 */
export function supervised(): ClassificationMethod {
  return makeMethod({
    name: "supervised",
    views: [],
    parts(predict, batch) {
      const [labeled] = forwardTogether(predict, [batch.labeled]);
      return { supervised: hardCrossEntropy(batch.labels, labeled!) };
    },
  });
}
