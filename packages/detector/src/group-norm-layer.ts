import type * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { type GroupNormOptions, groupNorm } from "./group-norm.js";

const shapeOfFirst = (shapes: tfl.Shape | tfl.Shape[]): tfl.Shape => (Array.isArray(shapes[0]) ? shapes[0] : shapes) as tfl.Shape;

export interface GroupNormLayerArgs extends Omit<GroupNormOptions, "residual"> {
  name?: string;
}

/**
 * Group normalization as a layer with the weights `gamma` and `beta`; see {@link groupNorm}. A second input is added before the activation. It is
 * not registered for deserialization.
 */
export class GroupNormLayer extends tfl.layers.Layer {
  static className: string = "GroupNorm";
  private readonly options: Omit<GroupNormLayerArgs, "name">;
  private gamma: tfl.LayerVariable | undefined;
  private beta: tfl.LayerVariable | undefined;

  constructor({ name, ...options }: GroupNormLayerArgs) {
    super(name === undefined ? {} : { name });
    this.options = options;
  }

  override build(inputShape: tfl.Shape | tfl.Shape[]): void {
    const channels = shapeOfFirst(inputShape).at(-1)!;
    this.gamma = this.addWeight("gamma", [channels], "float32", tfl.initializers.ones());
    this.beta = this.addWeight("beta", [channels], "float32", tfl.initializers.zeros());
    super.build(inputShape);
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const [x, residual] = Array.isArray(inputs) ? inputs : [inputs];
    const options = { ...this.options, ...(residual && { residual }) };
    return groupNorm(x!, this.gamma!.read() as tf.Tensor1D, this.beta!.read() as tf.Tensor1D, options);
  }

  override computeOutputShape(inputShape: tfl.Shape | tfl.Shape[]): tfl.Shape {
    return shapeOfFirst(inputShape);
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), ...this.options };
  }
}
