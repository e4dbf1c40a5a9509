import * as tf from "@tensorflow/tfjs-core";
import { binary, type Operator, unary, valueOnly } from "./operator.js";

/** Sums and what else makes fewer numbers of many, and matrix products. */
export const reductions: Operator[] = [
  unary("sum over the last axis", [3, 4, 5], (x) => tf.sum(x, 2)),
  unary("sum over the first axes", [3, 4, 5], (x) => tf.sum(x, [0, 1])),
  unary("sum over a middle axis, kept", [3, 4, 5], (x) => tf.sum(x, 1, true)),
  unary("sum over the inner axes of volumes", [2, 2, 3, 2, 3], (x) => tf.sum(x, [1, 2, 3])),
  unary("sum over everything", [3, 4, 5], (x) => tf.sum(x)),
  // Longer than what engines add up at once.
  unary("sum of 10,000 numbers", [10_000], (x) => tf.sum(x), valueOnly),
  unary("mean over outer axes", [3, 4, 5], (x) => tf.mean(x, [0, 2])),
  unary("mean over everything", [3, 4, 5], (x) => tf.mean(x)),
  unary("mean of 3,000 rows", [3000, 3], (x) => tf.mean(x, 0), valueOnly),
  unary("max", [3, 4, 5], (x) => tf.max(x, 1)),
  unary("max over everything", [3, 4, 5], (x) => tf.max(x)),
  unary("argMax", [4, 6], (x) => tf.argMax(x, 1), valueOnly),
  unary("topk", [3, 6], (x) => tf.topk(x, 3).values, valueOnly),
  unary("topk, indices", [3, 6], (x) => tf.topk(x, 3).indices, valueOnly),
  unary("softmax", [3, 5], (x) => tf.softmax(x)),
  unary("logSoftmax", [3, 5], (x) => tf.logSoftmax(x)),
  unary("logSoftmax of −100 to 100", [3, 5], (x) => tf.logSoftmax(tf.mul(x, 100))),
  unary("logSumExp", [3, 5], (x) => tf.logSumExp(x, 1)),
  binary("matMul", [5, 7], [7, 3], (a, b) => tf.matMul(a, b)),
  binary("matMul, sums of 300", [6, 300], [300, 4], (a, b) => tf.matMul(a, b), valueOnly),
  binary("matMul, 40 × 40", [40, 9], [9, 40], (a, b) => tf.matMul(a, b), valueOnly),
  binary("matMul, batch", [2, 3, 4], [2, 4, 5], (a, b) => tf.matMul(a, b)),
  binary("matMul, batch, first transposed", [2, 4, 3], [2, 4, 5], (a, b) => tf.matMul(a, b, true, false)),
  binary("matMul, batch, second transposed", [2, 4, 3], [2, 5, 3], (a, b) => tf.matMul(a, b, false, true)),
];
