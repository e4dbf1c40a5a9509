import * as tf from "@tensorflow/tfjs-core";
import type { Operator } from "./operator.js";

const channelNorm = (x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor): tf.Tensor => {
  const grouped = tf.reshape(x, [2, 12, 2, 2]);
  const centered = tf.sub(grouped, tf.mean(grouped, [1, 3], true));
  const inverse = tf.rsqrt(tf.add(tf.mean(tf.square(centered), [1, 3], true), 1e-3));
  return tf.add(tf.mul(tf.reshape(tf.mul(centered, inverse), x.shape), gamma), beta);
};

/** Group and batch norm of TensorFlow.js's own operators; those of Gleaner's are in own-operators.ts. */
export const normalizations: Operator[] = [
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
];
