import type * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { type GroupNormOptions, groupNorm } from "./group-norm.js";
import { onlyOne } from "./only-one.js";

export interface GroupNormLayerArgs extends GroupNormOptions {
  name?: string;
}

/** Group normalization as a layer with the weights `gamma` and `beta`; see {@link groupNorm}. It is not registered for deserialization. */
export class GroupNormLayer extends tfl.layers.Layer {
  static className: string = "GroupNorm";
  private readonly options: GroupNormOptions;
  private gamma: tfl.LayerVariable | undefined;
  private beta: tfl.LayerVariable | undefined;

  constructor({ name, ...options }: GroupNormLayerArgs) {
    super(name === undefined ? {} : { name });
    this.options = options;
  }

  override build(inputShape: tfl.Shape | tfl.Shape[]): void {
    const channels = onlyOne(inputShape as tfl.Shape[]).at(-1)!;
    this.gamma = this.addWeight("gamma", [channels], "float32", tfl.initializers.ones());
    this.beta = this.addWeight("beta", [channels], "float32", tfl.initializers.zeros());
    super.build(inputShape);
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return groupNorm(onlyOne(inputs), this.gamma!.read() as tf.Tensor1D, this.beta!.read() as tf.Tensor1D, this.options);
  }

  override computeOutputShape(inputShape: tfl.Shape | tfl.Shape[]): tfl.Shape | tfl.Shape[] {
    return inputShape;
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), ...this.options };
  }
}
