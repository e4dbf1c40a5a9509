import * as tf from "@tensorflow/tfjs-core";
import type { AnchorSet, Triple } from "./anchors.js";
import { type BoxWeights, unitWeights } from "./box-coder.js";
import { meanOfViews, type PatchView, prepareView } from "./views.js";

/** Logits [batch, anchors, classes] and deltas [batch, anchors, 6] of patches [batch, z, y, x, channels]. */
export type Predict = (x: tf.Tensor5D) => { logits: tf.Tensor3D; deltas: tf.Tensor3D };

/** Answers for a batch of patches: plain arrays, patch by patch. */
export interface Answers {
  logits: Float32Array;
  deltas: Float32Array;
  classes: number;
}

/** Runs the network on patches and gives its answers as plain arrays; no tensor survives. */
async function predictPatches(
  predict: Predict,
  patches: Float32Array,
  shape: [number, number, number, number, number],
  count: number,
): Promise<Answers> {
  const { logits, deltas } = tf.tidy(() => predict(tf.tensor5d(patches, shape)));
  try {
    if (logits.shape[1] !== count || deltas.shape[1] !== count) {
      throw new RangeError(`predict answered for ${logits.shape[1]} and ${deltas.shape[1]} anchors, expected ${count} as anchors says`);
    }
    const [logitValues, deltaValues] = await Promise.all([logits.data<"float32">(), deltas.data<"float32">()]);
    return { logits: logitValues, deltas: deltaValues, classes: logits.shape[2] };
  } finally {
    tf.dispose([logits, deltas]);
  }
}

interface PredictorOptions {
  anchors: AnchorSet;
  patchShape: Triple;
  views?: readonly PatchView[];
  weights?: BoxWeights;
}

/** Predicts patches under every view, or as they are without one. */
export function patchPredictor(
  predict: Predict,
  { anchors, patchShape, views, weights = unitWeights }: PredictorOptions,
): (patches: Float32Array, batch: number, channels: number, signal?: AbortSignal) => Promise<Answers> {
  const ask = (patches: Float32Array, batch: number, channels: number): Promise<Answers> =>
    predictPatches(predict, patches, [batch, ...patchShape, channels], anchors.count);
  if (!views) return ask;
  const prepared = views.map((view) => prepareView(view, patchShape, anchors, weights));
  return async (patches, batch, channels, signal) => {
    const mean = meanOfViews(prepared.length, batch, anchors.count);
    const size = patches.length / batch;
    for (const view of prepared) {
      signal?.throwIfAborted();
      const turned = new Float32Array(patches.length);
      for (let i = 0; i < batch; i++) view.voxels(patches, i * size, channels, turned);
      mean.add(await ask(turned, batch, channels), view);
    }
    return mean.result();
  };
}
