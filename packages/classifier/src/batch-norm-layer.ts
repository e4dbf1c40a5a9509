import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { type BatchNormOptions, batchNorm, type SumAcross } from "./batch-norm.js";

type Normalization = Required<Omit<BatchNormOptions, "sumAcross">>;

export interface BatchNormLayerArgs extends Normalization {
  name?: string;
  /** How much of the running statistics a training step keeps, in [0, 1). */
  momentum: number;
  /** Where several engines share each batch: normalizes by the whole of it in training. It is no part of the layer's JSON. */
  sumAcross?: SumAcross;
}

const only = <T>(one: T | T[]): T => (Array.isArray(one) ? one[0]! : one);

/**
 * Batch normalization followed by LeakyReLU, with the weights of Keras' layer: `gamma`, `beta` and, not trained, `moving_mean` and
 * `moving_variance`. Called with `training: true` it normalizes by the batch and lets the running statistics follow, the variance with
 * the factor n/(n−1) as PyTorch's and TensorFlow's do; else it uses those. It is not registered for deserialization.
 *
 * @throws RangeError if the momentum is not in [0, 1), epsilon not above 0, or the slope not in [0, 1]
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { BatchNormLayer } from "@gleaner/classifier";
 * const layer = new BatchNormLayer({ momentum: 0.9, epsilon: 1e-3, slope: 0.1 });
 * const y = layer.apply(tf.tensor2d([[1], [3]]), { training: true }) as tf.Tensor;
 * y; // => [[-0.09995], [0.9995]]
 * ```
 */
export class BatchNormLayer extends tfl.layers.Layer {
  static className: string = "BatchNormLeakyReLU";
  private readonly options: Normalization;
  private readonly momentum: number;
  private readonly sumAcross: SumAcross | undefined;
  private gamma: tfl.LayerVariable | undefined;
  private beta: tfl.LayerVariable | undefined;
  private mean: tfl.LayerVariable | undefined;
  private variance: tfl.LayerVariable | undefined;

  constructor({ name, momentum, epsilon, slope, sumAcross }: BatchNormLayerArgs) {
    super(name === undefined ? {} : { name });
    if (!(momentum >= 0 && momentum < 1)) throw new RangeError(`momentum must be in [0, 1), got ${momentum}`);
    if (!(epsilon > 0)) throw new RangeError(`epsilon must be above 0, got ${epsilon}`);
    if (!(slope >= 0 && slope <= 1)) throw new RangeError(`slope must be in [0, 1], got ${slope}`);
    this.options = { epsilon, slope };
    this.momentum = momentum;
    this.sumAcross = sumAcross;
  }

  override build(inputShape: tfl.Shape | tfl.Shape[]): void {
    const shape = [(inputShape as tfl.Shape).at(-1)!];
    const [zeros, ones] = [tfl.initializers.zeros(), tfl.initializers.ones()];
    this.gamma = this.addWeight("gamma", shape, "float32", ones);
    this.beta = this.addWeight("beta", shape, "float32", zeros);
    this.mean = this.addWeight("moving_mean", shape, "float32", zeros, undefined, false);
    this.variance = this.addWeight("moving_variance", shape, "float32", ones, undefined, false);
    this.built = true;
  }

  override call(inputs: tf.Tensor | tf.Tensor[], { training = false }: { training?: boolean } = {}): tf.Tensor {
    const x = only(inputs);
    const [gamma, beta] = [this.gamma!.read(), this.beta!.read()] as [tf.Tensor1D, tf.Tensor1D];
    if (!training) return tf.tidy(() => this.infer(x, gamma, beta));
    const options = this.sumAcross ? { ...this.options, sumAcross: this.sumAcross } : this.options;
    return batchNorm(x, gamma, beta, options, ({ mean, variance }) => {
      this.follow(this.mean!, mean);
      this.follow(this.variance!, variance);
    });
  }

  /** One multiplication and one addition a value, by the running statistics. */
  private infer(x: tf.Tensor, gamma: tf.Tensor1D, beta: tf.Tensor1D): tf.Tensor {
    const { epsilon, slope } = this.options;
    const scale = tf.mul(gamma, tf.rsqrt(tf.add(this.variance!.read(), epsilon)));
    const y = tf.add(tf.mul(x, scale), tf.sub(beta, tf.mul(this.mean!.read(), scale)));
    return slope === 1 ? y : tf.leakyRelu(y, slope);
  }

  private follow(running: tfl.LayerVariable, now: tf.Tensor): void {
    tf.tidy(() => {
      const before = running.read();
      running.write(tf.add(before, tf.mul(tf.sub(now, before), 1 - this.momentum)));
    });
  }

  override computeOutputShape(inputShape: tfl.Shape | tfl.Shape[]): tfl.Shape | tfl.Shape[] {
    return inputShape;
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), ...this.options, momentum: this.momentum };
  }
}
