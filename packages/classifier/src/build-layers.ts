import type { SymbolicTensor } from "@tensorflow/tfjs-layers";
import * as tfl from "@tensorflow/tfjs-layers";
import type { SumAcross } from "./batch-norm.js";
import { BatchNormLayer } from "./batch-norm-layer.js";

/** [height, width, channels] of one image. */
export type ImageShape = readonly [height: number, width: number, channels: number];

interface ConvOptions {
  filters: number;
  kernel: 1 | 3;
  stride?: number;
  bias?: boolean;
}

/** The layers of the study's networks by name, each with weights of its own from one seed. */
export interface LayerBuilder {
  conv(name: string, x: SymbolicTensor, options: ConvOptions): SymbolicTensor;
  /** Batch normalization, then LeakyReLU with a slope of 0.1. */
  normActivate(name: string, x: SymbolicTensor, epsilon: number): SymbolicTensor;
  dense(name: string, x: SymbolicTensor, units: number): SymbolicTensor;
}

const slope = 0.1;

export function createLayerBuilder(seed: number, normMomentum: number, sumAcross?: SumAcross): LayerBuilder {
  let drawn = 0;
  // Two layers never share a seed, within a model or between models of two seeds; and none is 0, which tfjs takes for "no seed".
  const normal = (variance: number) => tfl.initializers.randomNormal({ mean: 0, stddev: Math.sqrt(variance), seed: seed * 1024 + ++drawn });

  return {
    conv(name, x, { filters, kernel, stride = 1, bias = false }) {
      // One pixel on each side, as PyTorch pads. tfjs's "same" pads a strided convolution below and to the right only, which shifts it
      // against the shortcut, and gives a strided 1 × 1 convolution an offset that differs between engines.
      const padded = kernel === 3 && stride > 1 ? (tfl.layers.zeroPadding2d({ name: `${name}.pad` }).apply(x) as SymbolicTensor) : x;
      return tfl.layers
        .conv2d({
          name,
          filters,
          kernelSize: kernel,
          strides: stride,
          padding: kernel === 3 && stride === 1 ? "same" : "valid",
          useBias: bias,
          kernelInitializer: normal(2 / (kernel * kernel * filters)),
        })
        .apply(padded) as SymbolicTensor;
    },
    normActivate(name, x, epsilon) {
      return new BatchNormLayer({ name, momentum: normMomentum, epsilon, slope, ...(sumAcross && { sumAcross }) }).apply(
        x,
      ) as SymbolicTensor;
    },
    dense(name, x, units) {
      const inputs = x.shape.at(-1)!;
      return tfl.layers.dense({ name, units, kernelInitializer: normal(2 / (inputs + units)) }).apply(x) as SymbolicTensor;
    },
  };
}

/** Throws unless the value is an integer of at least `low`. */
export function checkInteger(name: string, value: number, low: number): void {
  if (!Number.isSafeInteger(value) || value < low) throw new RangeError(`${name} must be an integer of at least ${low}, got ${value}`);
}

export interface SharedOptions {
  inputShape: ImageShape;
  classes: number;
  seed: number;
  normMomentum: number;
}

/** Throws for what no classifier can be built with. */
export function checkShared({ inputShape, classes, seed, normMomentum }: SharedOptions): void {
  if (inputShape.length !== 3) throw new RangeError(`inputShape must be [height, width, channels], got [${inputShape}]`);
  for (const size of inputShape) checkInteger("each size of inputShape", size, 1);
  checkInteger("classes", classes, 1);
  checkInteger("seed", seed, 0);
  // Layers multiply it, and their seeds must stay exact.
  if (seed >= 2 ** 32) throw new RangeError(`seed must be below 2^32, got ${seed}`);
  if (!(normMomentum >= 0 && normMomentum < 1)) throw new RangeError(`normMomentum must be in [0, 1), got ${normMomentum}`);
}
