import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { onlyOne } from "./only-one.js";

/** [batch, z, y, x, anchors · values] as [batch, z · y · x · anchors, values]: the order of an AnchorGrid. */
export class FlattenAnchorsLayer extends tfl.layers.Layer {
  static className: string = "FlattenAnchors";
  private readonly values: number;

  constructor({ name, values }: { name: string; values: number }) {
    super({ name });
    this.values = values;
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const x = onlyOne(inputs);
    return tf.reshape(x, [x.shape[0]!, -1, this.values]);
  }

  override computeOutputShape(inputShape: tfl.Shape | tfl.Shape[]): tfl.Shape {
    return [onlyOne<tfl.Shape>(inputShape as tfl.Shape[])[0]!, null, this.values];
  }
}
