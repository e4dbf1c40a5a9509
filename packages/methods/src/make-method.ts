import * as tf from "@tensorflow/tfjs-core";
import type {
  ClassificationBatch,
  ClassificationLoss,
  ClassificationMethod,
  ClassificationStatistics,
  ClassifierPredict,
  PseudoLabeling,
} from "./classification.js";
import type { Selection } from "./selection.js";

/** The parts of a loss as a method's formula gives them. */
interface Parts {
  supervised: tf.Scalar;
  unsupervised?: tf.Scalar;
  unsupervisedWeight?: number;
  pseudo?: PseudoLabeling;
}

interface MethodRecipe {
  name: string;
  views: readonly ("weak" | "strong")[];
  selection?: Selection;
  /** The formula; runs in a tidy. */
  parts(predict: ClassifierPredict, batch: Required<ClassificationBatch>, step: number): Parts;
}

/** What all methods have in common around their formula: checks, the total, the numbers of a step and what is remembered. */
export function makeMethod({ name, views, selection, parts }: MethodRecipe): ClassificationMethod {
  return {
    name,
    views,
    get curriculum() {
      return selection?.curriculum as NonNullable<ClassificationMethod["curriculum"]>;
    },
    loss(predict, batch, step) {
      checkBatch(name, views, batch);
      return tf.tidy(() => {
        const {
          supervised,
          unsupervised = tf.scalar(0),
          unsupervisedWeight = 0,
          pseudo,
        } = parts(predict, batch as Required<ClassificationBatch>, step);
        const total = pseudo ? tf.add<tf.Scalar>(supervised, tf.mul(unsupervised, unsupervisedWeight)) : tf.clone(supervised);
        for (const tensor of [supervised, unsupervised, ...Object.values(pseudo ?? {})]) tf.keep(tensor);
        return { total, supervised, unsupervised, unsupervisedWeight, ...(pseudo && { pseudo }) } as ClassificationLoss &
          tf.TensorContainerObject;
      });
    },
    async observe(loss, indices = [], truth) {
      const { supervised, unsupervised, unsupervisedWeight, pseudo } = loss;
      const read = tf.tidy(() => tf.stack([supervised, unsupervised]));
      try {
        const [values, confidences, labels, mask] = (await Promise.all(
          [read, ...(pseudo ? [pseudo.confidences, pseudo.labels, pseudo.mask] : [])].map((tensor) => tensor.data()),
        )) as [Float32Array, Float32Array | undefined, Int32Array | undefined, Float32Array | undefined];
        const parts = { supervised: values[0]!, unsupervised: values[1]!, unsupervisedWeight };
        const rates = pseudo && selection ? ratesOf(selection, confidences!, labels!, mask!, truth) : noRates;
        if (pseudo && selection?.curriculum) selection.observe(indices, confidences!, labels!);
        return { total: parts.supervised + unsupervisedWeight * parts.unsupervised, ...parts, ...rates };
      } finally {
        tf.dispose([read, supervised, unsupervised, ...Object.values(pseudo ?? {})]);
      }
    },
    snapshot: () => selection?.snapshot() ?? {},
    restore: (snapshot) => selection?.restore(snapshot),
  };
}

type Rates = Pick<ClassificationStatistics, "maskRate" | "confidentRate" | "pseudoLabelAccuracy">;
const noRates: Rates = { maskRate: Number.NaN, confidentRate: Number.NaN, pseudoLabelAccuracy: Number.NaN };

function ratesOf(
  selection: Selection,
  confidences: Float32Array,
  labels: Int32Array,
  mask: Float32Array,
  truth: ArrayLike<number> | undefined,
): Rates {
  let trained = 0;
  let known = 0;
  let right = 0;
  for (let i = 0; i < mask.length; i++) {
    if (mask[i] === 0) continue;
    trained++;
    const label = truth?.[i] ?? -1;
    if (label < 0) continue;
    known++;
    if (label === labels[i]) right++;
  }
  return {
    maskRate: trained / mask.length,
    confidentRate: selection.confidentRate(confidences),
    pseudoLabelAccuracy: right / known,
  };
}

function checkBatch(name: string, views: readonly ("weak" | "strong")[], batch: ClassificationBatch): void {
  const [count] = batch.labeled.shape;
  if (batch.labels.shape[0] !== count)
    throw new RangeError(`labels is [${batch.labels.shape}]; expected [${count}], one for each labeled image`);
  for (const view of views) {
    const images = batch[view];
    if (!images) throw new RangeError(`the batch has no ${view} views; ${name} needs them`);
    if (images.shape.slice(1).join() !== batch.labeled.shape.slice(1).join())
      throw new RangeError(`${view} views are [${images.shape}]; expected images of the labeled ones' size, [${batch.labeled.shape}]`);
  }
  if (views.includes("strong") && batch.weak!.shape[0] !== batch.strong!.shape[0])
    throw new RangeError(`there are ${batch.strong!.shape[0]} strong views; expected ${batch.weak!.shape[0]}, one for each weak view`);
}
