import * as tf from "@tensorflow/tfjs-core";
import { type KernelCall, registerOperator, runKernel } from "./operator.js";

const attributesOf = ({ attrs, attribute }: KernelCall) => [
  attribute.int("groups", attrs["groups"] as number),
  attribute.float("epsilon", (attrs["epsilon"] as number | undefined) ?? 1e-5),
  attribute.bool("relu", (attrs["relu"] as boolean | undefined) ?? false),
];

/**
 * Group normalization with an optional ReLU as one operator, written in C++ beside the binding (native/group_norm.cc).
 *
 * `GleanerGroupNorm`: inputs x [N, …, C], gamma [C], beta [C]; attributes groups, epsilon, relu; outputs y and the statistics [N, groups, 2] (mean
 * and 1 / standard deviation). `GleanerGroupNormGrad`: inputs dy, x, gamma, beta, statistics; the same attributes; outputs dx, dgamma, dbeta.
 */
export function registerGroupNorm(): void {
  registerOperator("GleanerGroupNorm", (call) => {
    const { x, gamma, beta } = call.inputs;
    return call.run("GleanerGroupNorm", [x!, gamma!, beta!], 2, attributesOf(call));
  });
  registerOperator("GleanerGroupNormGrad", (call) => {
    const { dy, x, gamma, beta, statistics } = call.inputs;
    return call.run("GleanerGroupNormGrad", [dy!, x!, gamma!, beta!, statistics!], 3, attributesOf(call));
  });
  if (tf.getGradient("GleanerGroupNorm")) return;
  tf.registerGradient({
    kernelName: "GleanerGroupNorm",
    inputsToSave: ["x", "gamma", "beta"],
    outputsToSave: [false, true],
    gradFunc: (dys, saved, attrs) => {
      const [x, gamma, beta, statistics] = saved as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
      // All three come out of one pass over dy and x. It must not run inside the functions below: tfjs frees what each of them leaves.
      const [dx, dgamma, dbeta] = runKernel("GleanerGroupNormGrad", { dy: (dys as tf.Tensor[])[0]!, x, gamma, beta, statistics }, attrs);
      return { x: () => dx!, gamma: () => dgamma!, beta: () => dbeta! };
    },
  });
}
