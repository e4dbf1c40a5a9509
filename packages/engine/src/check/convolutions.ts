import * as tf from "@tensorflow/tfjs-core";
import { binary, type Operator, valueOnly } from "./operator.js";

type Pad = "same" | "valid";

const conv3d = (name: string, x: number[], w: number[], stride: number, pad: Pad): Operator =>
  binary(`conv3d ${name}`, x, w, (a, b) => tf.conv3d(a as tf.Tensor5D, b as tf.Tensor5D, stride, pad));

const conv2d = (name: string, x: number[], w: number[], stride: number, pad: Pad): Operator =>
  binary(`conv2d ${name}`, x, w, (a, b) => tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, stride, pad));

const depthwise = (name: string, x: number[], w: number[], stride: number, pad: Pad): Operator =>
  binary(`depthwise conv2d ${name}`, x, w, (a, b) => tf.depthwiseConv2d(a as tf.Tensor4D, b as tf.Tensor4D, stride, pad));

/** Convolutions of volumes and images, with the strides, pads and odd sizes that occur, and dense layers. */
export const convolutions: Operator[] = [
  conv3d("1×1×1", [2, 2, 3, 2, 3], [1, 1, 1, 3, 4], 1, "same"),
  conv3d("3×3×3", [1, 3, 4, 5, 2], [3, 3, 3, 2, 3], 1, "same"),
  conv3d("3×3×3, batch 2", [2, 3, 2, 4, 2], [3, 3, 3, 2, 2], 1, "same"),
  conv3d("3×3×3, batch 2, valid", [2, 4, 3, 4, 2], [3, 3, 3, 2, 2], 1, "valid"),
  conv3d("3×3×3, stride 2, batch 2", [2, 4, 4, 6, 1], [3, 3, 3, 1, 2], 2, "same"),
  conv3d("3×3×3, stride 2, odd sizes", [1, 5, 3, 5, 2], [3, 3, 3, 2, 3], 2, "same"),
  conv3d("3×3×3, stride 2, valid", [2, 4, 3, 5, 2], [3, 3, 3, 2, 2], 2, "valid"),
  conv3d("4×4×4, stride 2", [1, 4, 4, 6, 1], [4, 4, 4, 1, 3], 2, "same"),
  conv3d("2×2×2, stride 2", [2, 2, 4, 4, 2], [2, 2, 2, 2, 3], 2, "valid"),
  conv3d("1×1×1, stride 2", [2, 4, 3, 4, 2], [1, 1, 1, 2, 3], 2, "valid"),
  conv2d("1×1, stride 1", [2, 4, 3, 3], [1, 1, 3, 4], 1, "same"),
  conv2d("1×1, stride 2", [2, 4, 5, 3], [1, 1, 3, 4], 2, "valid"),
  conv2d("3×3", [2, 4, 5, 3], [3, 3, 3, 2], 1, "same"),
  conv2d("3×3, stride 2", [2, 5, 6, 2], [3, 3, 2, 3], 2, "same"),
  conv2d("3×3, stride 2, valid", [2, 6, 5, 2], [3, 3, 2, 3], 2, "valid"),
  depthwise("3×3", [2, 4, 3, 2], [3, 3, 2, 1], 1, "same"),
  depthwise("3×3, stride 2, two of each channel", [1, 5, 6, 2], [3, 3, 2, 2], 2, "same"),
  // Engines have other paths for channels by fours, and sums that are longer than a block.
  binary(
    "conv2d of 20 channels",
    [1, 4, 4, 20],
    [3, 3, 20, 8],
    (a, b) => tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, 1, "valid"),
    valueOnly,
  ),
  binary(
    "conv3d of 20 channels",
    [1, 3, 4, 3, 20],
    [3, 3, 3, 20, 8],
    (a, b) => tf.conv3d(a as tf.Tensor5D, b as tf.Tensor5D, 1, "valid"),
    valueOnly,
  ),
  {
    name: "conv2d with a bias and ReLU",
    inputs: [[2, 4, 3, 2], [3, 3, 2, 3], [3]],
    run: (x, filter, bias) =>
      tf.fused.conv2d({
        x: x! as tf.Tensor4D,
        filter: filter! as tf.Tensor4D,
        bias: bias!,
        strides: 1,
        pad: "same",
        activation: "relu",
      }),
    hasGradient: true,
  },
  {
    name: "dense layer with a bias",
    inputs: [[4, 5], [5, 3], [3]],
    run: (a, b, bias) => tf.fused.matMul({ a: a!, b: b!, bias: bias! }),
    hasGradient: true,
  },
];
