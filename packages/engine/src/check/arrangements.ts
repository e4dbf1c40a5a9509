import * as tf from "@tensorflow/tfjs-core";
import { binary, type Operator, unary, valueOnly } from "./operator.js";

const picks = (): tf.Tensor1D => tf.tensor1d([2, 0, 2, 3], "int32");

/** What moves numbers without changing them, and adds up those that come together. */
export const arrangements: Operator[] = [
  binary("concat", [2, 3, 4], [2, 2, 4], (a, b) => tf.concat([a, b], 1)),
  binary("concat of channels, rank 5", [1, 2, 1, 2, 3], [1, 2, 1, 2, 2], (a, b) => tf.concat([a, b], 4)),
  binary("stack", [2, 3], [2, 3], (a, b) => tf.stack([a, b], 1)),
  unary("split", [4, 6], (x) => tf.split(x, [1, 2, 3], 1)[2]!),
  unary("unstack", [4, 3], (x) => tf.unstack(x, 1)[1]!),
  unary("slice, rank 2", [4, 5], (x) => tf.slice(x, [1, 2], [2, 3])),
  unary("slice, rank 3", [3, 4, 5], (x) => tf.slice(x, [1, 0, 2], [2, 3, 3])),
  unary("slice, rank 4", [2, 3, 4, 3], (x) => tf.slice(x, [0, 1, 0, 2], [2, 2, 3, 1])),
  unary("slice, rank 5", [1, 3, 4, 3, 2], (x) => tf.slice(x, [0, 1, 0, 1, 1], [1, 2, 3, 2, 1])),
  unary("pad, rank 4", [2, 2, 3, 2], (x) =>
    tf.pad(x, [
      [0, 0],
      [1, 1],
      [1, 1],
      [0, 0],
    ]),
  ),
  unary("pad, rank 5", [1, 2, 2, 3, 2], (x) =>
    tf.pad(x, [
      [0, 0],
      [1, 0],
      [0, 1],
      [1, 1],
      [0, 0],
    ]),
  ),
  unary("transpose, rank 2", [3, 5], (x) => tf.transpose(x)),
  unary("transpose, rank 4", [2, 3, 2, 4], (x) => tf.transpose(x, [0, 2, 1, 3])),
  unary("transpose, rank 5", [1, 2, 3, 4, 2], (x) => tf.transpose(x, [0, 3, 1, 2, 4])),
  unary("reverse, rank 5", [1, 2, 3, 4, 2], (x) => tf.reverse(x, [1, 3])),
  unary("tile", [2, 3], (x) => tf.tile(x, [2, 3])),
  unary("broadcastTo", [3, 1, 4], (x) => tf.broadcastTo(x, [2, 3, 2, 4])),
  unary("gather, first axis", [4, 3], (x) => tf.gather(x, picks())),
  unary("gather, first axis, rank 5", [4, 1, 2, 2, 3], (x) => tf.gather(x, picks())),
  unary("gather, middle axis", [2, 4, 3], (x) => tf.gather(x, picks(), 1)),
  unary("gather, batched", [3, 6, 4], (x) => tf.gather(x, tf.tensor2d([0, 2, 1, 1, 5, 0], [3, 2], "int32"), 1, 1), valueOnly),
  unary("unsortedSegmentSum", [4, 3], (x) => tf.unsortedSegmentSum(x as tf.Tensor2D, picks(), 4)),
  unary("oneHot", [5], (x) => tf.oneHot(tf.cast(tf.floor(tf.mul(tf.add(x, 1), 2)), "int32"), 4), valueOnly),
];
