import * as tf from "@tensorflow/tfjs-core";
import { type KernelCall, registerOperator, runKernel } from "./operator.js";

const groupsOf = ({ attrs, attribute }: KernelCall) => [
  attribute.int("groups", attrs["groups"] as number),
  attribute.float("epsilon", (attrs["epsilon"] as number | undefined) ?? 1e-5),
];
const attributesOf = (call: KernelCall) => [
  ...groupsOf(call),
  call.attribute.bool("relu", (call.attrs["relu"] as boolean | undefined) ?? false),
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

/**
 * The end of a residual block, ReLU(norm(x) + residual), as one operator (native/group_norm.cc).
 *
 * `GleanerGroupNormAddRelu`: inputs x [N, …, C], gamma [C], beta [C], residual of x's shape; attributes groups and epsilon; outputs y and the statistics.
 * `GleanerGroupNormAddReluGrad`: inputs dy, x, gamma, beta, statistics, y; outputs dx, dgamma, dbeta, dresidual.
 */
export function registerGroupNormAddRelu(): void {
  registerOperator("GleanerGroupNormAddRelu", (call) => {
    const { x, gamma, beta, residual } = call.inputs;
    return call.run("GleanerGroupNormAddRelu", [x!, gamma!, beta!, residual!], 2, groupsOf(call));
  });
  registerOperator("GleanerGroupNormAddReluGrad", (call) => {
    const { dy, x, gamma, beta, statistics, y } = call.inputs;
    return call.run("GleanerGroupNormAddReluGrad", [dy!, x!, gamma!, beta!, statistics!, y!], 4, groupsOf(call));
  });
  if (tf.getGradient("GleanerGroupNormAddRelu")) return;
  tf.registerGradient({
    kernelName: "GleanerGroupNormAddRelu",
    inputsToSave: ["x", "gamma", "beta"],
    outputsToSave: [true, true],
    gradFunc: (dys, saved, attrs) => {
      const [x, gamma, beta, y, statistics] = saved as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
      const inputs = { dy: (dys as tf.Tensor[])[0]!, x, gamma, beta, statistics, y };
      const [dx, dgamma, dbeta, dresidual] = runKernel("GleanerGroupNormAddReluGrad", inputs, attrs);
      return { x: () => dx!, gamma: () => dgamma!, beta: () => dbeta!, residual: () => dresidual! };
    },
  });
}
