import * as tf from "@tensorflow/tfjs-core";
import { type KernelCall, registerOperator, runKernel } from "./operator.js";

const attributesOf = ({ inputs, attrs, attribute }: KernelCall) => [
  attribute.float32("T"),
  attribute.float32("U"),
  attribute.text("data_format", inputs["x"]!.shape.length === 5 ? "NDHWC" : "NHWC"),
  attribute.float("epsilon", (attrs["epsilon"] as number | undefined) ?? 1e-3),
  attribute.bool("is_training", true),
];

/**
 * Batch normalization of a training step at rank 4 and 5, as TensorFlow's FusedBatchNormV3.
 *
 * `GleanerBatchNorm`: inputs x [N, …, C], gamma [C], beta [C]; attribute epsilon; outputs y, mean [C], variance [C] (of the sample: divided by
 * n − 1, as running averages want it), and two that only the gradient reads. It has a gradient; mean and variance pass none.
 */
export function registerBatchNorm(): void {
  registerOperator("GleanerBatchNorm", (call) => {
    const { x, gamma, beta } = call.inputs as Record<"x" | "gamma" | "beta", tf.TensorInfo>;
    const none = tf.tensor1d([]);
    const attributes = [...attributesOf(call), call.attribute.float("exponential_avg_factor", 1)];
    const [y, mean, variance, first, second, third] = call.run("FusedBatchNormV3", [x, gamma, beta, none, none], 6, attributes);
    none.dispose();
    tf.dispose(third as tf.Tensor);
    return [y!, mean!, variance!, first!, second!];
  });
  registerOperator("GleanerBatchNormGrad", (call) => {
    const { dy, x, gamma, first, second } = call.inputs;
    const none = tf.tensor1d([]);
    const all = call.run("FusedBatchNormGradV3", [dy!, x!, gamma!, first!, second!, none], 5, attributesOf(call));
    none.dispose();
    tf.dispose(all.slice(3) as tf.Tensor[]);
    return all.slice(0, 3);
  });
  if (tf.getGradient("GleanerBatchNorm")) return;
  tf.registerGradient({
    kernelName: "GleanerBatchNorm",
    inputsToSave: ["x", "gamma"],
    outputsToSave: [false, false, false, true, true],
    gradFunc: (dys, saved, attrs) => {
      const [x, gamma, first, second] = saved as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
      const [dx, dgamma, dbeta] = runKernel("GleanerBatchNormGrad", { dy: (dys as tf.Tensor[])[0]!, x, gamma, first, second }, attrs);
      return { x: () => dx!, gamma: () => dgamma!, beta: () => dbeta! };
    },
  });
}
