import * as tf from "@tensorflow/tfjs-core";
import { hasKernel, registerOperator, runKernel, wrapKernel } from "./operator.js";

/** Whether `bias` holds one number for each channel (the last axis) of `x`, and nothing for its other axes. */
const isBias = (bias: tf.TensorInfo, x: tf.TensorInfo): boolean => {
  const channels = x.shape.at(-1)!;
  return (
    x.dtype === "float32" &&
    bias.dtype === "float32" &&
    x.shape.length >= 2 &&
    bias.shape.length >= 1 &&
    bias.shape.length <= x.shape.length &&
    bias.shape.at(-1) === channels &&
    channels > 1 &&
    bias.shape.slice(0, -1).every((extent) => extent === 1)
  );
};

/**
 * The addition of one number to each channel, and the sum of its gradient over everything else, as TensorFlow's BiasAdd and BiasAddGrad.
 *
 * tfjs makes them of a broadcast Add and of a Sum that does not end at the innermost axis. Here Add itself and its gradient recognise the
 * shapes, so layers and networks need not know.
 */
export function registerBiasAdd(): void {
  registerOperator("BiasAddGrad", ({ inputs, runOne, attribute }) =>
    runOne("BiasAddGrad", [inputs["dy"]!], [attribute.float32("T"), attribute.text("data_format", "NHWC")]),
  );
  wrapKernel("Add", ({ inputs, runOne, attribute }) => {
    const { a, b } = inputs as { a: tf.TensorInfo; b: tf.TensorInfo };
    const [x, bias] = isBias(b, a) ? [a, b] : isBias(a, b) ? [b, a] : [];
    // The operator wants a vector; to reshape one that is not would cost as much as it saves.
    if (!x || !bias || bias.shape.length > 1) return undefined;
    return runOne("BiasAdd", [x, bias], [attribute.float32("T"), attribute.text("data_format", "NHWC")]);
  });
  const stock = tf.getGradient("Add");
  if (!stock) return;
  tf.unregisterGradient("Add");
  tf.registerGradient({
    ...stock,
    gradFunc: (dy, saved, attrs) => {
      const d = dy as tf.Tensor;
      const gradients = stock.gradFunc(dy, saved, attrs);
      if (!hasKernel("BiasAddGrad")) return gradients;
      for (const [name, input] of Object.entries({ a: saved[0]!, b: saved[1]! })) {
        if (isBias(input, d)) gradients[name] = () => tf.reshape(runKernel("BiasAddGrad", { dy: d })[0]!, input.shape);
      }
      return gradients;
    },
  });
}
