import type * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { averagePool3d } from "./average-pool-3d.js";
import { onlyOne } from "./only-one.js";

/** The mean of every 2×2×2 voxels as a layer; see {@link averagePool3d}. It is not registered for deserialization. */
export class AveragePool3dLayer extends tfl.layers.Layer {
  static className: string = "SymmetricAveragePool3d";

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return averagePool3d(onlyOne(inputs) as tf.Tensor5D);
  }

  override computeOutputShape(inputShape: tfl.Shape | tfl.Shape[]): tfl.Shape {
    const [n, d, h, w, c] = onlyOne<tfl.Shape>(inputShape as tfl.Shape[]) as (number | null)[];
    return [n!, ...[d, h, w].map((extent) => (extent === null ? null : extent! / 2)), c!];
  }
}
