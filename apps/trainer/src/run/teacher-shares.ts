import { type Symmetry, transformVolume } from "@gleaner/augment";
import type { DetectionPredict } from "@gleaner/methods";
import { evenShares } from "@gleaner/training";
import * as tf from "@tensorflow/tfjs";
import { partOf, type TensorData } from "./tensor-data.js";

/** What a detector says of some patches, as plain data. */
export interface PredictionData {
  logits: TensorData;
  deltas: TensorData;
}

/** The patches under each view, view by view, in at most `parts` shares; all views of a cube have its shape. */
export function shareViews(patches: tf.Tensor5D, views: readonly Symmetry[], parts: number): TensorData[] {
  const all = tf.tidy(() =>
    tf.concat(
      views.map((view) => transformVolume(patches, view)),
      0,
    ),
  );
  const values = all.dataSync<"float32">();
  all.dispose();
  return evenShares(all.shape[0], parts).map((share) => partOf(all.shape, values, share));
}

/** Predicts patches, at most `atOnce` in one forward pass: memory is for one view, however many there are. */
export function predictShare(predict: DetectionPredict, { shape, values }: TensorData, atOnce: number): PredictionData {
  const pieces = evenShares(shape[0]!, Math.ceil(shape[0]! / atOnce)).map((share): PredictionData => {
    const piece = partOf(shape, values, share);
    const { logits, deltas } = tf.tidy(() => ({
      ...predict(tf.tensor5d(piece.values, piece.shape as [number, number, number, number, number])),
    }));
    const said = { logits: dataOf(logits), deltas: dataOf(deltas) };
    tf.dispose([logits, deltas]);
    return said;
  });
  return joinPredictions(pieces);
}

const dataOf = (tensor: tf.Tensor): TensorData => ({ shape: tensor.shape, values: tensor.dataSync<"float32">() });

/** The predictions of shares that follow each other. */
export function joinPredictions(pieces: readonly PredictionData[]): PredictionData {
  const joined = (name: keyof PredictionData): TensorData => {
    const tensors = pieces.map((piece) => piece[name]);
    const values = new Float32Array(tensors.reduce((sum, tensor) => sum + tensor.values.length, 0));
    let at = 0;
    for (const tensor of tensors) {
      values.set(tensor.values, at);
      at += tensor.values.length;
    }
    return { shape: [tensors.reduce((sum, { shape }) => sum + shape[0]!, 0), ...tensors[0]!.shape.slice(1)], values };
  };
  return { logits: joined("logits"), deltas: joined("deltas") };
}

/** A detector that has said everything already: it answers for the next patches of `shareViews`, in their order, whatever it is shown. */
export function replay({ logits, deltas }: PredictionData): DetectionPredict {
  let next = 0;
  return (patches) => {
    const share = { from: next, to: next + patches.shape[0] };
    if (share.to > logits.shape[0]!) throw new RangeError(`the teacher was asked about ${share.to} patches; expected ${logits.shape[0]}`);
    next = share.to;
    const tensorOf = ({ shape, values }: TensorData): tf.Tensor3D => {
      const part = partOf(shape, values, share);
      return tf.tensor3d(part.values, part.shape as [number, number, number]);
    };
    return { logits: tensorOf(logits), deltas: tensorOf(deltas) };
  };
}
