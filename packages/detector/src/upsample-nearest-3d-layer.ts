import type * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { onlyOne } from "./only-one.js";
import { upsampleNearest3d } from "./upsample-nearest-3d.js";

/** Nearest-neighbor upsampling by two as a layer; see {@link upsampleNearest3d}. It is not registered for deserialization. */
export class UpsampleNearest3dLayer extends tfl.layers.Layer {
  static className: string = "UpsampleNearest3d";

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return upsampleNearest3d(onlyOne(inputs) as tf.Tensor5D);
  }

  override computeOutputShape(inputShape: tfl.Shape | tfl.Shape[]): tfl.Shape {
    const [n, d, h, w, c] = onlyOne<tfl.Shape>(inputShape as tfl.Shape[]) as [
      number | null,
      number | null,
      number | null,
      number | null,
      number,
    ];
    return [n, ...[d, h, w].map((extent) => (extent === null ? null : 2 * extent)), c];
  }
}
