import type { Tensor } from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";

/**
 * Passes its input on and holds the scale and the shift of a batch normalization that is not used.
 *
 * In the programs of FlexMatch, the first block of the later groups computes its first normalization and throws it away. Without its
 * weights a model would have another number of parameters than the paper's, and saved ones would not match; computing it has no effect.
 */
export class IdleNormLayer extends tfl.layers.Layer {
  static className: string = "IdleNorm";

  override build(inputShape: tfl.Shape | tfl.Shape[]): void {
    const channels = (inputShape as tfl.Shape).at(-1)!;
    this.addWeight("gamma", [channels], "float32", tfl.initializers.ones());
    this.addWeight("beta", [channels], "float32", tfl.initializers.zeros());
    this.built = true;
  }

  override call(inputs: Tensor | Tensor[]): Tensor {
    return Array.isArray(inputs) ? inputs[0]! : inputs;
  }
}
