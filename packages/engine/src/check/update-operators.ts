import * as tf from "@tensorflow/tfjs-core";
import { type Operator, valueOnly } from "./operator.js";

// The updates of the optimizers in @gleaner/training, as an engine's operator over lists of tensors where it has one, put together of others
// where it has none. A list of one is enough here.

const run = (name: string, head: number[], tensors: tf.Tensor[], composed: () => tf.Tensor[]): tf.Tensor => {
  if (tf.getKernel(name, tf.getBackend()) == null) return tf.concat(composed());
  const inputs = [tf.tensor1d(head), ...tensors] as unknown as tf.NamedTensorMap;
  const results = tf.engine().runKernel(name, inputs, { count: 1 }) as unknown as tf.Tensor[];
  return tf.concat(results.map((result) => tf.reshape(result, [-1])));
};

// 1 − β₁, 1 − β₂, the corrected ε, the corrected rate, and what weight decay leaves of a weight.
const [towardMean, towardSquare, epsilon, adamRate, kept] = [0.1, 0.01, 1e-3, 0.05, 0.99];
const [rate, momentum, decay] = [0.1, 0.9, 0.01];
const towardAverage = 0.25;
const limit = 0.5;

const update = (name: string, count: number, apply: (...tensors: tf.Tensor[]) => tf.Tensor): Operator => ({
  name,
  inputs: Array.from({ length: count }, () => [5]),
  domain: "positive",
  run: apply,
  ...valueOnly,
});

/** One step of each optimizer: new weights, and what it remembers. */
export const updateOperators: Operator[] = [
  update("AdamW's update", 4, (weights, gradients, means, squares) =>
    run(
      "GleanerAdamWUpdate",
      [towardMean, towardSquare, epsilon, adamRate, kept],
      [weights!, gradients!, means!, squares!],
      (): tf.Tensor[] => {
        const mean = tf.add(means!, tf.mul(tf.sub(gradients!, means!), towardMean));
        const square = tf.add(squares!, tf.mul(tf.sub(tf.square(gradients!), squares!), towardSquare));
        const step = tf.div(tf.mul(mean, adamRate), tf.add(tf.sqrt(square), epsilon));
        return [tf.sub(tf.mul(weights!, kept), step), mean, square];
      },
    ),
  ),
  update("SGD's update with Nesterov's momentum", 3, (weights, gradients, velocities) =>
    run("GleanerSgdUpdate", [rate, momentum, 1, decay], [weights!, gradients!, velocities!], (): tf.Tensor[] => {
      const gradient = tf.add(gradients!, tf.mul(weights!, decay));
      const velocity = tf.add(tf.mul(velocities!, momentum), gradient);
      return [tf.sub(weights!, tf.mul(tf.add(gradient, tf.mul(velocity, momentum)), rate)), velocity];
    }),
  ),
  update("average of weights", 2, (weights, averages) =>
    run("GleanerEmaUpdate", [towardAverage], [weights!, averages!], () => [
      tf.add(averages!, tf.mul(tf.sub(weights!, averages!), towardAverage)),
    ]),
  ),
  update("clip by the norm of the gradients", 1, (gradients) =>
    run("GleanerClipByGlobalNorm", [limit], [gradients!], () => {
      const norm = tf.sqrt(tf.sum(tf.square(gradients!)));
      return [tf.reshape(norm, [1]), tf.mul(gradients!, tf.minimum(1, tf.div(limit, norm)))];
    }),
  ),
];
