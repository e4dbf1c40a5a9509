import * as tf from "@tensorflow/tfjs-core";
import type { Operator } from "./operator.js";

const conv3d = (name: string, x: number[], w: number[], stride: number, pad: "same" | "valid"): Operator => ({
  name: `conv3d ${name}`,
  inputs: [x, w],
  run: (a, b) => tf.conv3d(a! as tf.Tensor5D, b! as tf.Tensor5D, stride, pad),
  hasGradient: true,
});

const conv2d = (name: string, x: number[], w: number[], stride: number, pad: "same" | "valid"): Operator => ({
  name: `conv2d ${name}`,
  inputs: [x, w],
  run: (a, b) => tf.conv2d(a! as tf.Tensor4D, b! as tf.Tensor4D, stride, pad),
  hasGradient: true,
});

const unary = (name: string, run: (x: tf.Tensor) => tf.Tensor, domain?: "positive"): Operator => ({
  name,
  inputs: [[3, 5]],
  run: (x) => run(x!),
  hasGradient: true,
  ...(domain ? { domain } : {}),
});

const binary = (name: string, run: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor, inputs: number[][], domain?: "positive"): Operator => ({
  name,
  inputs,
  run: (a, b) => run(a!, b!),
  hasGradient: true,
  ...(domain ? { domain } : {}),
});

const shaped = (name: string, input: number[], run: (x: tf.Tensor) => tf.Tensor, hasGradient = true): Operator => ({
  name,
  inputs: [input],
  run: (x) => run(x!),
  hasGradient,
});

const channelNorm = (x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor): tf.Tensor => {
  const grouped = tf.reshape(x, [2, 12, 2, 2]);
  const centered = tf.sub(grouped, tf.mean(grouped, [1, 3], true));
  const inverse = tf.rsqrt(tf.add(tf.mean(tf.square(centered), [1, 3], true), 1e-3));
  return tf.add(tf.mul(tf.reshape(tf.mul(centered, inverse), x.shape), gamma), beta);
};

const upsample = (x: tf.Tensor): tf.Tensor => {
  const rows = tf.reshape(x, [12, 2]);
  const wide = tf.reshape(tf.concat([rows, rows], 1), [4, 12]);
  return tf.reshape(tf.tile(tf.reshape(wide, [4, 1, 12]), [1, 2, 1]), [1, 2, 4, 6, 2]);
};

const picks = (): tf.Tensor1D => tf.tensor1d([2, 0, 2, 3], "int32");

/** What the training steps of both tasks use, each small enough to be checked number by number. */
export const operators: Operator[] = [
  conv3d("1×1×1", [2, 2, 3, 2, 3], [1, 1, 1, 3, 4], 1, "same"),
  conv3d("3×3×3", [1, 3, 4, 5, 2], [3, 3, 3, 2, 3], 1, "same"),
  conv3d("3×3×3, batch 2, valid", [2, 4, 3, 4, 2], [3, 3, 3, 2, 2], 1, "valid"),
  conv3d("3×3×3, stride 2, odd sizes", [1, 5, 3, 5, 2], [3, 3, 3, 2, 3], 2, "same"),
  conv3d("3×3×3, stride 2, valid", [2, 4, 3, 5, 2], [3, 3, 3, 2, 2], 2, "valid"),
  conv3d("4×4×4, stride 2", [1, 4, 4, 6, 1], [4, 4, 4, 1, 3], 2, "same"),
  conv3d("2×2×2, stride 2", [2, 2, 4, 4, 2], [2, 2, 2, 2, 3], 2, "valid"),
  conv2d("1×1, stride 1", [2, 4, 3, 3], [1, 1, 3, 4], 1, "same"),
  conv2d("3×3", [2, 4, 5, 3], [3, 3, 3, 2], 1, "same"),
  conv2d("3×3, stride 2", [2, 5, 6, 2], [3, 3, 2, 3], 2, "same"),
  {
    name: "group norm of composed operators",
    inputs: [[2, 2, 2, 3, 4], [4], [4]],
    run: (x, gamma, beta) => channelNorm(x!, gamma!, beta!),
    hasGradient: true,
  },
  {
    name: "batch norm over a batch",
    inputs: [[3, 2, 2, 3], [3], [3]],
    run: (x, gamma, beta) => {
      const { mean, variance } = tf.moments(x! as tf.Tensor4D, [0, 1, 2]);
      return tf.batchNorm(
        x! as tf.Tensor4D,
        mean as tf.Tensor1D,
        variance as tf.Tensor1D,
        beta! as tf.Tensor1D,
        gamma! as tf.Tensor1D,
        1e-3,
      );
    },
    hasGradient: true,
  },
  shaped("nearest upsampling by reshape, concat and tile", [1, 2, 2, 3, 2], upsample),
  shaped("max pool 3D of values below zero", [1, 5, 4, 6, 2], (x) => tf.maxPool3d(tf.sub(x, 1) as tf.Tensor5D, 2, 2, "same")),
  shaped("average pool 3D", [1, 4, 4, 6, 2], (x) => tf.avgPool3d(x as tf.Tensor5D, 2, 2, "valid")),
  shaped("max pool 2D", [2, 5, 6, 2], (x) => tf.maxPool(x as tf.Tensor4D, 3, 2, "same")),
  shaped("average pool 2D", [2, 4, 6, 2], (x) => tf.avgPool(x as tf.Tensor4D, 2, 2, "valid")),
  unary("relu", tf.relu),
  unary("leakyRelu", (x) => tf.leakyRelu(x, 0.1)),
  unary("sigmoid", tf.sigmoid),
  unary("tanh", tf.tanh),
  unary("softplus", tf.softplus),
  unary("exp", tf.exp),
  unary("log", tf.log, "positive"),
  unary("log1p", tf.log1p, "positive"),
  unary("sqrt", tf.sqrt, "positive"),
  unary("rsqrt", tf.rsqrt, "positive"),
  unary("square", tf.square),
  unary("abs", tf.abs),
  unary("neg", tf.neg),
  unary("clipByValue", (x) => tf.clipByValue(x, -0.3, 0.4)),
  unary("softmax", (x) => tf.softmax(x)),
  unary("logSoftmax", (x) => tf.logSoftmax(x)),
  unary("logSumExp", (x) => tf.logSumExp(x, 1)),
  binary("add, broadcast", tf.add, [[2, 3, 4], [4]]),
  binary("sub, broadcast", tf.sub, [
    [2, 3, 4],
    [3, 1],
  ]),
  binary("mul, broadcast", tf.mul, [
    [2, 3, 4],
    [2, 1, 4],
  ]),
  binary("div, broadcast", tf.div, [[2, 3, 4], [4]], "positive"),
  binary(
    "pow",
    tf.pow,
    [
      [2, 3],
      [2, 3],
    ],
    "positive",
  ),
  binary("maximum", tf.maximum, [
    [3, 4],
    [3, 4],
  ]),
  binary("minimum", tf.minimum, [
    [3, 4],
    [3, 4],
  ]),
  binary("where", (a, b) => tf.where(tf.tensor2d([1, 0, 0, 1, 1, 0], [2, 3], "bool"), a, b), [
    [2, 3],
    [2, 3],
  ]),
  binary("matMul", (a, b) => tf.matMul(a, b), [
    [5, 7],
    [7, 3],
  ]),
  binary("matMul, batch, first transposed", (a, b) => tf.matMul(a, b, true, false), [
    [2, 4, 3],
    [2, 4, 5],
  ]),
  binary("matMul, batch, second transposed", (a, b) => tf.matMul(a, b, false, true), [
    [2, 4, 3],
    [2, 5, 3],
  ]),
  binary("concat", (a, b) => tf.concat([a, b], 1), [
    [2, 3, 4],
    [2, 2, 4],
  ]),
  binary("stack", (a, b) => tf.stack([a, b], 1), [
    [2, 3],
    [2, 3],
  ]),
  shaped("split", [4, 6], (x) => tf.split(x, [1, 2, 3], 1)[2]!),
  shaped("slice, rank 3", [3, 4, 5], (x) => tf.slice(x, [1, 0, 2], [2, 3, 3])),
  shaped("slice, rank 4", [2, 3, 4, 3], (x) => tf.slice(x, [0, 1, 0, 2], [2, 2, 3, 1])),
  shaped("slice, rank 5", [1, 3, 4, 3, 2], (x) => tf.slice(x, [0, 1, 0, 1, 1], [1, 2, 3, 2, 1])),
  shaped("pad, rank 5", [1, 2, 2, 3, 2], (x) =>
    tf.pad(x, [
      [0, 0],
      [1, 0],
      [0, 1],
      [1, 1],
      [0, 0],
    ]),
  ),
  shaped("transpose, rank 5", [1, 2, 3, 4, 2], (x) => tf.transpose(x, [0, 3, 1, 2, 4])),
  shaped("reverse, rank 5", [1, 2, 3, 4, 2], (x) => tf.reverse(x, [1, 3])),
  shaped("tile", [2, 3], (x) => tf.tile(x, [2, 3])),
  shaped("broadcastTo", [3, 1, 4], (x) => tf.broadcastTo(x, [2, 3, 2, 4])),
  shaped("gather, first axis", [4, 3], (x) => tf.gather(x, picks())),
  shaped("gather, middle axis", [2, 4, 3], (x) => tf.gather(x, picks(), 1)),
  shaped("gather, batched", [3, 6, 4], (x) => tf.gather(x, tf.tensor2d([0, 2, 1, 1, 5, 0], [3, 2], "int32"), 1, 1), false),
  shaped("unsortedSegmentSum", [4, 3], (x) => tf.unsortedSegmentSum(x as tf.Tensor2D, picks(), 4)),
  shaped("sum over the last axis", [3, 4, 5], (x) => tf.sum(x, 2)),
  shaped("sum over the first axes", [3, 4, 5], (x) => tf.sum(x, [0, 1])),
  shaped("sum over everything", [3, 4, 5], (x) => tf.sum(x)),
  shaped("mean over outer axes", [3, 4, 5], (x) => tf.mean(x, [0, 2])),
  shaped("max", [3, 4, 5], (x) => tf.max(x, 1)),
  shaped("argMax", [4, 6], (x) => tf.argMax(x, 1), false),
  shaped("topk", [3, 6], (x) => tf.topk(x, 3).values, false),
  shaped("oneHot", [5], (x) => tf.oneHot(tf.cast(tf.floor(tf.mul(tf.add(x, 1), 2)), "int32"), 4), false),
  shaped("comparison and cast", [3, 4], (x) => tf.cast(tf.logicalAnd(tf.greater(x, -0.5), tf.lessEqual(x, 0.5)), "float32"), false),
];
