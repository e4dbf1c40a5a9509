import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { onlyOne } from "./only-one.js";
import { stride2Conv3d } from "./stride-2-conv3d.js";

export interface Conv3dLayerArgs {
  name: string;
  filters: number;
  kernelSize: number;
  /** 1, or 2 with an even kernel; 1 unless told. */
  stride?: 1 | 2;
  /** Standard deviation of the initial weights, from the number of values that one output sees. */
  deviation: (fanIn: number) => number;
  seed: number;
  /** Initial value of a bias; no bias unless told. */
  bias?: number;
}

/**
 * A convolution with padding "same". It differs from tfjs-layers' own in four ways: a 1×1×1 kernel is a matrix product, the bias is added
 * to a matrix and a stride of 2 is one of 1 over blocks (all faster), and the padding is symmetric, so that flips of the input flip the output.
 */
export class Conv3dLayer extends tfl.layers.Layer {
  static className: string = "SymmetricConv3d";
  private readonly args: Conv3dLayerArgs;
  private kernel: tfl.LayerVariable | undefined;
  private bias: tfl.LayerVariable | undefined;

  constructor(args: Conv3dLayerArgs) {
    super({ name: args.name });
    const { kernelSize, stride = 1 } = args;
    if ((kernelSize - stride) % 2 !== 0 || kernelSize < stride) {
      throw new RangeError(`kernelSize ${kernelSize} at stride ${stride}, expected an odd one at stride 1 and an even one at stride 2`);
    }
    this.args = args;
  }

  override build(inputShape: tfl.Shape | tfl.Shape[]): void {
    const { filters, kernelSize: k, deviation, seed, bias } = this.args;
    const channels = onlyOne(inputShape as tfl.Shape[]).at(-1)!;
    const initializer = tfl.initializers.randomNormal({ mean: 0, stddev: deviation(k ** 3 * channels), seed });
    this.kernel = this.addWeight("kernel", [k, k, k, channels, filters], "float32", initializer);
    if (bias !== undefined) this.bias = this.addWeight("bias", [filters], "float32", tfl.initializers.constant({ value: bias }));
    super.build(inputShape);
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    // Nothing but the output outlives the layer: a model outside training frees that as soon as it is used.
    return tf.tidy(() => {
      const x = onlyOne(inputs) as tf.Tensor5D;
      const kernel = this.kernel!.read() as tf.Tensor5D;
      const { kernelSize, filters, stride = 1 } = this.args;
      const channels = x.shape[4];
      const y =
        kernelSize === 1
          ? tf.matMul(tf.reshape(x, [-1, channels]), tf.reshape(kernel, [channels, filters]))
          : stride === 2
            ? stride2Conv3d(x, kernel)
            : tf.conv3d(x, kernel, 1, "same");
      const biased = this.bias ? tf.add(tf.reshape(y, [-1, filters]), this.bias.read()) : y;
      // A convolution's own output has the shape already, and a reshape to the same is still a call forth and one back.
      if (biased.rank === 5) return biased;
      const [n, d, h, w] = x.shape;
      return tf.reshape(biased, [n, d / stride, h / stride, w / stride, filters]);
    });
  }

  override computeOutputShape(inputShape: tfl.Shape | tfl.Shape[]): tfl.Shape {
    const [n, ...rest] = onlyOne<tfl.Shape>(inputShape as tfl.Shape[]) as (number | null)[];
    const { filters, stride = 1 } = this.args;
    return [n!, ...rest.slice(0, 3).map((extent) => (extent === null ? null : extent! / stride)), filters];
  }
}
