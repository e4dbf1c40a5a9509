import * as tf from "@tensorflow/tfjs-core";
import { type KernelCall, registerOperator, runKernel } from "./operator.js";

const epsilonOf = ({ attrs }: KernelCall): number => (attrs["epsilon"] as number | undefined) ?? 1e-3;
const slopeOf = ({ attrs }: KernelCall): number => (attrs["slope"] as number | undefined) ?? 1;

/**
 * Batch normalization of a training step with an optional LeakyReLU.
 *
 * `GleanerBatchNorm`: inputs x [N, …, C], gamma [C], beta [C]; attributes epsilon and slope (of LeakyReLU for numbers below 0; 1, the default, is no
 * activation); outputs y, mean [C], variance [C] (of the sample: divided by n − 1, as running averages want it), and two that only the
 * gradient reads. It has a gradient; mean and variance pass none. `GleanerBatchNormGrad` takes dy, x, y, gamma, beta and those two, and
 * gives dx, dgamma, dbeta; only on a GPU does it read y.
 */
export function registerBatchNorm(gpu: boolean): void {
  if (gpu) registerForGpu();
  else registerForProcessor();
  if (tf.getGradient("GleanerBatchNorm")) return;
  tf.registerGradient({
    kernelName: "GleanerBatchNorm",
    inputsToSave: ["x", "gamma", "beta"],
    // The output takes part only where the kernel cannot tell from x on which side of 0 it was.
    outputsToSave: [gpu, false, false, true, true],
    gradFunc: (dys, saved, attrs) => {
      const [x, gamma, beta, ...rest] = saved as [tf.Tensor, tf.Tensor, tf.Tensor, ...tf.Tensor[]];
      const [first, second] = rest.slice(-2) as [tf.Tensor, tf.Tensor];
      const inputs = { dy: (dys as tf.Tensor[])[0]!, x, y: rest.length > 2 ? rest[0]! : x, gamma, beta, first, second };
      const [dx, dgamma, dbeta] = runKernel("GleanerBatchNormGrad", inputs, attrs);
      return { x: () => dx!, gamma: () => dgamma!, beta: () => dbeta! };
    },
  });
}

/** Written in C++ beside the binding (native/batch_norm.cc). */
function registerForProcessor(): void {
  registerOperator("GleanerBatchNorm", (call) => {
    const { x, gamma, beta } = call.inputs as Record<"x" | "gamma" | "beta", tf.TensorInfo>;
    const attributes = [call.attribute.float("epsilon", epsilonOf(call)), call.attribute.float("slope", slopeOf(call))];
    return call.run("GleanerBatchNorm", [x, gamma, beta], 5, attributes);
  });
  registerOperator("GleanerBatchNormGrad", (call) => {
    const { dy, x, gamma, beta, first, second } = call.inputs;
    return call.run("GleanerBatchNormGrad", [dy!, x!, gamma!, beta!, first!, second!], 3, [call.attribute.float("slope", slopeOf(call))]);
  });
}

/** TensorFlow's FusedBatchNormV3, at rank 4 and 5, and its LeakyRelu. */
function registerForGpu(): void {
  const attributesOf = (call: KernelCall) => [
    call.attribute.float32("T"),
    call.attribute.float32("U"),
    call.attribute.text("data_format", call.inputs["x"]!.shape.length === 5 ? "NDHWC" : "NHWC"),
    call.attribute.float("epsilon", epsilonOf(call)),
    call.attribute.bool("is_training", true),
  ];
  const activation = (call: KernelCall, op: string, inputs: tf.TensorInfo[]): tf.TensorInfo =>
    call.runOne(op, inputs, [call.attribute.float32("T"), call.attribute.float("alpha", slopeOf(call))]);

  registerOperator("GleanerBatchNorm", (call) => {
    const { x, gamma, beta } = call.inputs as Record<"x" | "gamma" | "beta", tf.TensorInfo>;
    const none = tf.tensor1d([]);
    const attributes = [...attributesOf(call), call.attribute.float("exponential_avg_factor", 1)];
    const [normed, mean, variance, first, second, third] = call.run("FusedBatchNormV3", [x, gamma, beta, none, none], 6, attributes);
    tf.dispose([none, third as tf.Tensor]);
    if (slopeOf(call) === 1) return [normed!, mean!, variance!, first!, second!];
    const y = activation(call, "LeakyRelu", [normed!]);
    tf.dispose(normed as tf.Tensor);
    return [y, mean!, variance!, first!, second!];
  });
  registerOperator("GleanerBatchNormGrad", (call) => {
    const { dy, x, y, gamma, first, second } = call.inputs;
    const none = tf.tensor1d([]);
    // A slope of at least 0 keeps signs, so the output stands for its input.
    const behind = slopeOf(call) === 1 ? dy! : activation(call, "LeakyReluGrad", [dy!, y!]);
    const all = call.run("FusedBatchNormGradV3", [behind, x!, gamma!, first!, second!, none], 5, attributesOf(call));
    tf.dispose([none, ...(all.slice(3) as tf.Tensor[]), ...(behind === dy ? [] : [behind as tf.Tensor])]);
    return all.slice(0, 3);
  });
}
