import type { LayersModel, SymbolicTensor } from "@tensorflow/tfjs-layers";
import * as tfl from "@tensorflow/tfjs-layers";
import type { SumAcross } from "./batch-norm.js";
import { checkInteger, checkShared, createLayerBuilder, type ImageShape, type LayerBuilder } from "./build-layers.js";
import { IdleNormLayer } from "./idle-norm-layer.js";

/**
 * Whose Wide ResNet it is: `"torchssl"` that of FlexMatch's own program, `"usb"` that of its successor, `"clean"` the latter without the
 * raw input of later groups (see `createWideResNet`).
 */
export type WideResNetVariant = "torchssl" | "usb" | "clean";

export interface WideResNetOptions {
  /** [height, width, channels] of an image (default [32, 32, 3]). */
  inputShape?: ImageShape;
  classes: number;
  /** 6n + 4 with n blocks a group (default 28). */
  depth?: number;
  /** How many times wider than 16, 32, 64 the groups are (default 2). */
  widen?: number;
  /** Default `"torchssl"`. */
  variant?: WideResNetVariant;
  /** 3 (default), or 4 for the network for STL-10. */
  groups?: number;
  /** The stride of the first group: 1 (default), or 2 for STL-10. */
  firstStride?: number;
  /** How much of the running statistics a step keeps (default 0.999); less for runs of few thousand steps. */
  normMomentum?: number;
  /** Of the initial weights: an integer from 0 (default) to 2³² − 1. */
  seed?: number;
  /**
   * For a network that is trained on shares of batches, beside copies of it on other engines: adds sums of this share to those of the others,
   * so that every normalization sees the whole batch.
   */
  sumAcross?: SumAcross;
}

interface Plan {
  convBias: boolean;
  blockEpsilon: number;
  lastEpsilon: number;
  /** Whether the first block of each later group convolves its raw input and leaves its first normalization unused. */
  rawInput: boolean;
}
const plans: Record<WideResNetVariant, Plan> = {
  torchssl: { convBias: true, blockEpsilon: 1e-3, lastEpsilon: 1e-3, rawInput: true },
  usb: { convBias: false, blockEpsilon: 1e-5, lastEpsilon: 1e-3, rawInput: true },
  clean: { convBias: false, blockEpsilon: 1e-5, lastEpsilon: 1e-3, rawInput: false },
};

interface BlockOptions {
  filters: number;
  stride: number;
  firstGroup: boolean;
}

/** Two 3 × 3 convolutions, each after its normalization, and what they are added to. */
function residualBlock(build: LayerBuilder, name: string, x: SymbolicTensor, plan: Plan, options: BlockOptions): SymbolicTensor {
  const { filters, stride, firstGroup } = options;
  const bias = plan.convBias;
  const changesShape = x.shape.at(-1) !== filters || stride > 1;
  const idle = changesShape && !firstGroup && plan.rawInput;
  const entry = idle
    ? (new IdleNormLayer({ name: `${name}.norm1` }).apply(x) as SymbolicTensor)
    : build.normActivate(`${name}.norm1`, x, plan.blockEpsilon);
  const middle = build.conv(`${name}.conv1`, entry, { filters, kernel: 3, stride, bias });
  const active = build.normActivate(`${name}.norm2`, middle, plan.blockEpsilon);
  const residual = build.conv(`${name}.conv2`, active, { filters, kernel: 3, bias });
  const shortcut = changesShape ? build.conv(`${name}.shortcut`, entry, { filters, kernel: 1, stride, bias }) : x;
  return tfl.layers.add({ name: `${name}.sum` }).apply([shortcut, residual]) as SymbolicTensor;
}

/**
 * A Wide ResNet for small images, from [batch, height, width, channels] to logits [batch, classes]
 * (Zagoruyko & Komodakis, "Wide residual networks", BMVC 2016), as FlexMatch's experiments use it: LeakyReLU of 0.1, one average over the
 * image, one dense layer.
 *
 * Trainable parameters, the papers' to the last one: WRN-28-2 for 10 classes 1,469,642 (`"torchssl"`) and 1,467,626 (`"usb"`, `"clean"`);
 * WRN-28-8 for 100 classes 23,409,092 and 23,401,028; the network for STL-10 (`groups: 4, firstStride: 2`, images of 96 × 96)
 * 5,933,770 and 5,929,450.
 *
 * `"torchssl"` has a bias in every convolution and ε = 0.001 in every normalization; `"usb"` has a bias in the first convolution only and
 * ε = 0.00001 in the blocks. In both, the first block of each later group convolves its raw input (in their programs the normalized one is
 * computed and thrown away): its scale and shift, `groupG.block1.norm1`, are weights that get no gradient. `"clean"` normalizes there too.
 *
 * Initial weights: convolutions N(0, 2/(k²·filters)), the dense layer N(0, 2/(inputs + classes)), biases 0. Weights are named
 * `group2.block1.conv1/kernel`; in training, decay those that end in `kernel`.
 *
 * @throws RangeError if the depth is not 6n + 4 or a number is out of its range
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { countParameters, createWideResNet } from "@gleaner/classifier";
 * const model = createWideResNet({ classes: 10, depth: 10, widen: 1, seed: 1 });
 * countParameters(model); // => 78186
 * (model.predict(tf.zeros([1, 32, 32, 3])) as tf.Tensor).shape; // => [1, 10]
 * ```
 */
export function createWideResNet(options: WideResNetOptions): LayersModel {
  const { inputShape = [32, 32, 3], classes, depth = 28, widen = 2, variant = "torchssl" } = options;
  const { groups = 3, firstStride = 1, normMomentum = 0.999, seed = 0, sumAcross } = options;
  checkShared({ inputShape, classes, seed, normMomentum });
  for (const [name, value] of Object.entries({ widen, groups, firstStride })) checkInteger(name, value, 1);
  if (!Number.isInteger(depth) || depth < 10 || (depth - 4) % 6 !== 0)
    throw new RangeError(`depth must be 10, 16, 22, 28 … (6n + 4), got ${depth}`);
  const plan = plans[variant];
  if (!plan) throw new RangeError(`variant must be one of ${Object.keys(plans).join(", ")}, got ${variant}`);

  const build = createLayerBuilder(seed, normMomentum, sumAcross);
  const input = tfl.input({ shape: [...inputShape], name: "image" });
  let x = build.conv("stem", input, { filters: 16, kernel: 3, bias: true });
  const blocks = (depth - 4) / 6;
  for (let group = 1; group <= groups; group++) {
    const filters = 8 * 2 ** group * widen;
    for (let block = 1; block <= blocks; block++) {
      const stride = block > 1 ? 1 : group === 1 ? firstStride : 2;
      x = residualBlock(build, `group${group}.block${block}`, x, plan, { filters, stride, firstGroup: group === 1 });
    }
  }
  x = build.normActivate("norm", x, plan.lastEpsilon);
  x = tfl.layers.globalAveragePooling2d({ name: "average" }).apply(x) as SymbolicTensor;
  return tfl.model({ inputs: input, outputs: build.dense("head", x, classes), name: `wrn-${depth}-${widen}` });
}
