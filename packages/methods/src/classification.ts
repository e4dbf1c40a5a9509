import type { Curriculum, CurriculumSnapshot } from "@gleaner/curriculum";
import type { Scalar, Tensor, Tensor1D, Tensor2D } from "@tensorflow/tfjs-core";

/**
 * A classifier as the methods see it: images `[batch, …]` in, logits `[batch, classes]` out. Any `tf.LayersModel` or plain function will do.
 *
 * `updateStatistics: false` asks a network with batch normalization to normalize by the batch, as in training, but to leave its running
 * statistics alone; a network without may ignore it.
 */
export type ClassifierPredict = (images: Tensor, options?: { updateStatistics?: boolean }) => Tensor2D;

/** The images of one step. */
export interface ClassificationBatch {
  /** Weak views of labeled images, `[B, …]`. */
  labeled: Tensor;
  /** Their classes, int32 `[B]`. */
  labels: Tensor1D;
  /** Weak views of unlabeled images, `[μB, …]`; for the methods that ask for them. */
  weak?: Tensor;
  /** Strong views of the same images in the same order, `[μB, …]`. */
  strong?: Tensor;
}

/** What a network says of the weak views, and which of it is trained on; each `[μB]`, without a gradient. */
export interface PseudoLabeling {
  /** The likeliest class of each, int32. */
  labels: Tensor1D;
  /** Its probability. */
  confidences: Tensor1D;
  /** 1 where it reaches the threshold in force: the fixed τ, or the flexible one of its class. */
  mask: Tensor1D;
}

/** A loss and its parts. All but `total` live on after the tape, until `observe` has read them. */
export interface ClassificationLoss {
  /** supervised + weight · unsupervised. */
  total: Scalar;
  supervised: Scalar;
  /** 0 for supervised training. */
  unsupervised: Scalar;
  /** λ_u of this step, ramps included. */
  unsupervisedWeight: number;
  /** Absent in supervised training. */
  pseudo?: PseudoLabeling;
}

/** A step in numbers. Rates are NaN where there is nothing to take them of. */
export interface ClassificationStatistics {
  total: number;
  supervised: number;
  unsupervised: number;
  unsupervisedWeight: number;
  /** The share of the unlabeled batch that was trained on: the mean of the mask. (TorchSSL logs 1 − this as `mask_ratio`.) */
  maskRate: number;
  /** The share that reaches the fixed τ, which is what the curriculum counts. */
  confidentRate: number;
  /** Of those trained on, the share whose pseudo-label is the truth, where the truth was given. */
  pseudoLabelAccuracy: number;
}

/** What a method has to remember between steps, as plain data; its `labels` apart, it is small. */
export interface ClassificationMethodSnapshot {
  curriculum?: CurriculumSnapshot;
  /** The moving mean of predictions of distribution alignment, `[classes]`. */
  meanPrediction?: number[];
}

/** A way of learning from few labels: how a step's loss is made, and what it remembers. */
export interface ClassificationMethod {
  readonly name: string;
  /** The views of the unlabeled images that `loss` needs; none in supervised training. */
  readonly views: readonly ("weak" | "strong")[];
  /** The thresholds that follow learning, of the Flex methods. */
  readonly curriculum?: Curriculum;
  /**
   * The loss of a step. Call it inside `tf.variableGrads` (or `lossGradients` of `@gleaner/training`) and give `total` back from there.
   *
   * @param step counts from 0
   * @throws RangeError if a view that the method needs is missing, or the parts of the batch do not fit each other
   */
  loss(predict: ClassifierPredict, batch: ClassificationBatch, step: number): ClassificationLoss;
  /**
   * Reads what a step found, lets the curriculum count it and frees the tensors of `loss`, `total` apart. Call it once after each `loss`.
   *
   * @param indices which unlabeled images the batch held, 0..N−1; only the Flex methods need them
   * @param truth their classes where known, for `pseudoLabelAccuracy`; −1 where not
   */
  observe(loss: ClassificationLoss, indices?: ArrayLike<number>, truth?: ArrayLike<number>): Promise<ClassificationStatistics>;
  /** A copy of what it remembers. */
  snapshot(): ClassificationMethodSnapshot;
  /**
   * Goes on from a snapshot of a method with the same options.
   *
   * @throws RangeError if it is of another number of classes or images
   */
  restore(snapshot: ClassificationMethodSnapshot): void;
}
