import type { LayersModel, SymbolicTensor } from "@tensorflow/tfjs-layers";
import * as tfl from "@tensorflow/tfjs-layers";
import type { SumAcross } from "./batch-norm.js";
import { checkShared, createLayerBuilder, type ImageShape } from "./build-layers.js";

export interface SmallCnnOptions {
  /** [height, width, channels] of an image, at least 2 × 2. */
  inputShape: ImageShape;
  classes: number;
  /**
   * How much of the running statistics a step keeps (default 0.99, for runs of 1000 steps and more). K steps keep normMomentumᴷ of the
   * variances they start with, 1, where those of the layers may be 0.05: a run of 300 steps needs 0.95.
   */
  normMomentum?: number;
  /**
   * Whether a second maximum over 2 × 2 follows the first convolution: by default where the shorter side has 16 pixels or more. An image
   * of 28 × 28 then costs about 3 times one of 8 × 8 instead of 12; the number of parameters is the same.
   */
  poolEarly?: boolean;
  /** Of the initial weights: an integer from 0 (default) to 2³² − 1. */
  seed?: number;
  /**
   * For a network that is trained on shares of batches, beside copies of it on other engines: adds sums of this share to those of the others,
   * so that every normalization sees the whole batch.
   */
  sumAcross?: SumAcross;
}

const epsilon = 1e-3;

/**
 * A small network for small images, from [batch, height, width, channels] to logits [batch, classes]: 3 × 3 convolutions of 32 and 32
 * channels, a maximum over 2 × 2, a convolution of 64, an average over the image, a dense layer; each convolution is followed by batch
 * normalization and LeakyReLU of 0.1. It trains on 8 × 8 digits within minutes on a processor. Images from 16 × 16 on are also halved by a
 * maximum after the first convolution (see `poolEarly`).
 *
 * Initial weights are drawn as those of `createWideResNet`; convolutions have no bias, which the normalization would take away.
 *
 * @throws RangeError if a number is out of its range
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { countParameters, createSmallCnn } from "@gleaner/classifier";
 * const model = createSmallCnn({ inputShape: [8, 8, 1], classes: 10, seed: 1 });
 * countParameters(model); // => 28842
 * (model.predict(tf.zeros([4, 8, 8, 1])) as tf.Tensor).shape; // => [4, 10]
 * ```
 */
export function createSmallCnn(options: SmallCnnOptions): LayersModel {
  const { inputShape, classes, normMomentum = 0.99, seed = 0, sumAcross } = options;
  checkShared({ inputShape, classes, seed, normMomentum });
  const [height, width] = inputShape;
  const { poolEarly = Math.min(height, width) >= 16 } = options;
  const smallest = poolEarly ? 4 : 2;
  if (height < smallest || width < smallest) {
    throw new RangeError(
      `images must be at least ${smallest} × ${smallest}${poolEarly ? " to be pooled early" : ""}, got ${height} × ${width}`,
    );
  }

  const build = createLayerBuilder(seed, normMomentum, sumAcross);
  const block = (index: number, x: SymbolicTensor, filters: number): SymbolicTensor =>
    build.normActivate(`norm${index}`, build.conv(`conv${index}`, x, { filters, kernel: 3 }), epsilon);
  const pool = (name: string, x: SymbolicTensor): SymbolicTensor =>
    tfl.layers.maxPooling2d({ name, poolSize: 2, strides: 2 }).apply(x) as SymbolicTensor;
  const input = tfl.input({ shape: [...inputShape], name: "image" });
  let x = block(1, input, 32);
  if (poolEarly) x = pool("pool1", x);
  x = pool("pool", block(2, x, 32));
  x = tfl.layers.globalAveragePooling2d({ name: "average" }).apply(block(3, x, 64)) as SymbolicTensor;
  return tfl.model({ inputs: input, outputs: build.dense("head", x, classes), name: "small-cnn" });
}
