import type * as tf from "@tensorflow/tfjs-core";
import type { MeanPredictions } from "./average-views.js";

/** What a teacher takes for objects in one patch. */
export interface TeacherObjects {
  /** One box an object, `[z0, y0, x0, z1, y1, x1]` in voxels of the patch, flat. */
  boxes: ArrayLike<number>;
  /** The anchors that are confident of an object, by their places in the anchor grid; several may speak of the same one. */
  anchors: ArrayLike<number>;
}

/**
 * Which predictions count as objects: a rule that knows the anchors and its thresholds.
 *
 * @param probabilities of the N anchors of one patch, the mean over its views, not sharpened
 * @param deltas six numbers an anchor, in the coder's units
 * @param patch the place of the patch among the unlabeled ones of the step
 */
export type FindObjects = (probabilities: Float32Array, deltas: Float32Array, patch: number) => TeacherObjects;

/**
 * What a teacher takes for objects in each of several patches: the rule, asked about one patch after the other.
 *
 * @param predictions means over the views of P patches, as of `averagePredictions`: probabilities [P, N], deltas [P, N, 6]; they stay the caller's
 * @returns P answers in the order of the patches; none for no patch. A NaN is handed to the rule as it is
 * @throws what the rule throws
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { findObjectsOf } from "@gleaner/methods";
 * const mean = { probabilities: tf.tensor2d([[0.1, 0.9], [0.2, 0.3]]), deltas: tf.zeros([2, 2, 6]) as tf.Tensor3D };
 * const sure = (probabilities: Float32Array) => [...probabilities.keys()].filter((anchor) => probabilities[anchor]! > 0.5);
 * const found = findObjectsOf(mean, (probabilities) => ({ boxes: [], anchors: sure(probabilities) }));
 * found.map(({ anchors }) => anchors); // => [[1], []]
 * ```
 */
export function findObjectsOf({ probabilities, deltas }: MeanPredictions, findObjects: FindObjects): TeacherObjects[] {
  const [count, anchors] = probabilities.shape;
  const [p, d] = [probabilities, deltas].map((tensor: tf.Tensor) => tensor.dataSync() as Float32Array) as [Float32Array, Float32Array];
  return Array.from({ length: count }, (_, i) =>
    findObjects(p.subarray(i * anchors, (i + 1) * anchors), d.subarray(6 * i * anchors, 6 * (i + 1) * anchors), i),
  );
}
