import type { Tensor2D, Tensor3D, Tensor5D } from "@tensorflow/tfjs-core";

/** What a detector says of a batch of patches, for N anchors in the order of its anchor grid. */
export interface DetectionPredictions {
  /** Logits, `[batch, N, 1]`. */
  logits: Tensor3D;
  /** Box regression in the coder's units, `[batch, N, 6]`. */
  deltas: Tensor3D;
}

/** A detector as the methods see it: patches `[batch, z, y, x, channel]` in, predictions out. Any network or plain function will do. */
export type DetectionPredict = (patches: Tensor5D) => DetectionPredictions;

/** Patches with what is known of their N anchors. */
export type DetectionBatch = {
  /** `[batch, z, y, x, channel]`. */
  patches: Tensor5D;
  /** How much of an object each anchor is, in 0..1, `[batch, N]`: 0 or 1 from annotations, in between from predictions or MixUp. */
  targets: Tensor2D;
  /** 1 where the anchor counts in the classification loss, 0 where it is ignored, `[batch, N]`. */
  weights: Tensor2D;
  /** 1 where the anchor has a box to be regressed to, `[batch, N]`. */
  positives: Tensor2D;
  /** Regression targets, `[batch, N, 6]`; read only where `positives` is 1. */
  deltas: Tensor3D;
};
