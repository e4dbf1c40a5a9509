import * as tf from "@tensorflow/tfjs-core";
import { hasKernel, registerOperator, runKernel } from "./operator.js";

/** An activation, the operator of its gradient, and the order of that operator's inputs. */
interface Activation {
  name: "Relu" | "Sigmoid";
  gradient: "ReluGrad" | "SigmoidGrad";
  order: readonly ["dy", "y"] | readonly ["y", "dy"];
}

const activations: readonly Activation[] = [
  { name: "Relu", gradient: "ReluGrad", order: ["dy", "y"] },
  { name: "Sigmoid", gradient: "SigmoidGrad", order: ["y", "dy"] },
];

/**
 * Gradients of ReLU and of the logistic function as one operator instead of three.
 *
 * Both are functions of the output, so that is what is kept: with ReLU the input, which stock tfjs keeps, can be freed. On a backend without
 * the operator the stock gradient is used; for ReLU it gets the output in the input's place, which has the same sign.
 */
export function registerActivationGradients(): void {
  for (const { name, gradient, order } of activations) {
    registerOperator(gradient, ({ inputs, runOne, attribute }) =>
      runOne(gradient, [inputs[order[0]]!, inputs[order[1]]!], [attribute.float32("T")]),
    );
    const stock = tf.getGradient(name);
    if (stock) tf.unregisterGradient(name);
    tf.registerGradient({
      kernelName: name,
      inputsToSave: [],
      outputsToSave: [true],
      gradFunc: (dy, saved, attrs) => {
        const [d, y] = [dy as tf.Tensor, saved[0]!];
        if (d.dtype === "float32" && hasKernel(gradient)) return { x: () => runKernel(gradient, { dy: d, y })[0]! };
        return stock.gradFunc(dy, saved, attrs);
      },
    });
  }
}
