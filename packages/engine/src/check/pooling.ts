import * as tf from "@tensorflow/tfjs-core";
import { type Operator, unary } from "./operator.js";

/** Pooling, and nearest upsampling as the detector composes it where an engine has no operator for it. */
export const pooling: Operator[] = [
  unary("max pool 3D of values below zero", [1, 5, 4, 6, 2], (x) => tf.maxPool3d(tf.sub(x, 1) as tf.Tensor5D, 2, 2, "same")),
  unary("average pool 3D", [1, 4, 4, 6, 2], (x) => tf.avgPool3d(x as tf.Tensor5D, 2, 2, "valid")),
  unary("max pool 2D", [2, 5, 6, 2], (x) => tf.maxPool(x as tf.Tensor4D, 3, 2, "same")),
  unary("max pool 2D, 2×2", [2, 4, 6, 2], (x) => tf.maxPool(tf.sub(x, 1) as tf.Tensor4D, 2, 2, "valid")),
  unary("average pool 2D", [2, 4, 6, 2], (x) => tf.avgPool(x as tf.Tensor4D, 2, 2, "valid")),
  unary("global average pool 2D", [2, 3, 4, 3], (x) => tf.mean(x, [1, 2])),
  unary("nearest upsampling by reshape, concat and tile", [1, 2, 2, 3, 2], (x) => {
    const rows = tf.reshape(x, [12, 2]);
    const wide = tf.reshape(tf.concat([rows, rows], 1), [4, 12]);
    return tf.reshape(tf.tile(tf.reshape(wide, [4, 1, 12]), [1, 2, 1]), [1, 2, 4, 6, 2]);
  }),
];
